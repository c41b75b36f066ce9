"""Write the report: one HTML page that shows what came out and what needs attention."""

from pathlib import Path
from typing import Any

from immunostain.report import material, page
from immunostain.shared.files import whole_file
from immunostain.shared.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], "report.html") as log:
    given, wanted = snakemake.input, snakemake.params
    here = Path(snakemake.output.html).parent
    gathered = material.gather(
        tables=given.tables,
        provenance=given.provenance,
        nuclei=given.nuclei,
        verification=dict(zip(wanted.images, given.pictures, strict=True)),
        thumbnails=dict(zip(wanted.images, given.thumbnails, strict=True)),
        plots=[given.population, *given.plots],
        crops=given.crops,
        movement=given.movement,
        sample_columns=wanted.sample_columns,
        design=(wanted.design["condition"], wanted.design["replicate"]),
        here=here,
    )
    html = page.render(wanted.page, gathered, here)
    with whole_file(snakemake.output.html) as partial:
        partial.write_text(html, encoding="utf-8")
    log.info("%d characters", len(html))
