"""Measure the nuclei of a chunk in every channel."""

from typing import Any

from immunostain.czi.apart import for_an_image
from immunostain.images.facts import read_about, unreadable
from immunostain.measuring.measure_chunk import measure_chunk, write_chunk
from immunostain.shared.errors import ImageError
from immunostain.shared.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], snakemake.wildcards.image) as log:
    rows, about = [], read_about(snakemake.input.labels)
    if about["unreadable"]:
        log.info("left out: %s", about["unreadable"])
    else:
        try:
            rows, about = for_an_image(
                measure_chunk,
                snakemake.input.czi,
                snakemake.input.labels,
                about,
                snakemake.params.z_projection,
                snakemake.params.perinuclear_width,
                snakemake.params.background,
                log,
            )
        except ImageError as error:
            log.exception("left out: %s", error)
            about = unreadable(str(error))
    write_chunk(snakemake.output.nuclei, snakemake.output.about, rows, about)
