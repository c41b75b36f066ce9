"""Write the inventory: what each file is, and what became of it."""

import csv
from typing import Any

from immunostain.czi.standard_view import standard_views
from immunostain.images.facts import MeasuredFile, read_image
from immunostain.inputs.chunks import by_image
from immunostain.results import inventory
from immunostain.results.formulas import defused
from immunostain.shared.files import whole_file
from immunostain.shared.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], "inventory.tsv") as log:
    params = snakemake.params
    parts = by_image(snakemake.input.facts, params.chunks)
    rows = []
    for image, path in params.images.items():
        rows.append(inventory.inventory_row(image, path, read_image(parts[image])))
    analysed = [row for row in rows if row["status"] == "ok"]
    views = standard_views([row["file"] for row in analysed])
    for row, view in zip(analysed, views, strict=True):
        row["aicsimageio"] = view
    for file, reason in params.refused.items():
        rows.append(inventory.inventory_row("", file, MeasuredFile(unreadable=reason)))
    for row in rows:
        if row["reason"]:
            log.info("skipped: %s: %s", row["file"], row["reason"])
    with whole_file(snakemake.output.inventory) as partial:
        with partial.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, inventory.COLUMNS, delimiter="\t", lineterminator="\n")
            writer.writeheader()
            for row in rows:
                writer.writerow({name: defused(value) for name, value in row.items()})
