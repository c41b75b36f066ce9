"""Write the inventory: what each file is, and what became of it."""

from typing import Any

from immunostain.czi.standard_view import standard_views
from immunostain.images.facts import read_image
from immunostain.inputs.chunks import by_image
from immunostain.results.inventory import analysed, inventory_rows, write_inventory
from immunostain.shared.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], "inventory.tsv") as log:
    params = snakemake.params
    files = by_image(snakemake.input.facts, params.chunks)
    measured = {image: read_image(files[image]) for image in params.images}
    rows = inventory_rows(params.images, measured, params.refused)
    known = analysed(rows)
    views = standard_views([row["file"] for row in known])
    for row, view in zip(known, views, strict=True):
        row["aicsimageio"] = view
    for row in rows:
        if row["reason"]:
            log.info("skipped: %s: %s", row["file"], row["reason"])
    write_inventory(snakemake.output.inventory, rows)
