"""Write the report: one HTML page that shows what there is."""

from pathlib import Path
from typing import Any

from immunostain.results.inventory import read_table
from immunostain.results.report import render
from immunostain.shared.files import whole_file
from immunostain.shared.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], "report.html") as log:
    page = render(
        snakemake.params.template,
        read_table(snakemake.input.inventory, "\t"),
        read_table(snakemake.input.population, ","),
        Path(snakemake.input.plot).read_bytes(),
        Path(snakemake.input.provenance).read_text(encoding="utf-8"),
        {
            image: sorted(Path(folder).glob("*_color_t-0.png"))
            for image, folder in zip(snakemake.params.images, snakemake.input.pictures, strict=True)
        },
        [
            file
            for folder in snakemake.input.movement
            for file in sorted(Path(folder).iterdir())
            if file.suffix in (".png", ".mp4")
        ],
        Path(snakemake.output.html).parent,
    )
    with whole_file(snakemake.output.html) as partial:
        partial.write_text(page, encoding="utf-8")
    log.info("%d characters", len(page))
