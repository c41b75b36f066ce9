"""Measure the nuclei of a chunk in every channel."""

from typing import Any

from immunostain.czi.apart import for_an_image
from immunostain.images.facts import read_facts
from immunostain.images.skipped_images import readable, skipping
from immunostain.measuring.measure_chunk import measure_chunk, write_chunk
from immunostain.shared.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], snakemake.wildcards.image) as log:
    rows = []
    with skipping(log) as step:
        rows, step.facts = for_an_image(
            measure_chunk,
            snakemake.input.czi,
            snakemake.input.labels,
            readable(read_facts(snakemake.input.labels)),
            *snakemake.params.how.values(),
            log,
        )
    write_chunk(snakemake.output.nuclei, snakemake.output.facts, rows, step.facts)
