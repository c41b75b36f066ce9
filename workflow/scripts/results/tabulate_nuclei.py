"""Gather the nuclei of all images in one tidy table."""

from pathlib import Path
from typing import Any

from immunostain.inputs.chunks import by_image
from immunostain.measuring import positive
from immunostain.results import images_analysed, nuclei_table, writers
from immunostain.samples import sample_sheet
from immunostain.shared.logs import job_log, say

snakemake: Any

with job_log(snakemake.log[0], "nuclei.csv") as log:
    chunks = snakemake.params.chunks
    facts, renamed = images_analysed.read_analysed(by_image(snakemake.input.facts, chunks))
    files = by_image(snakemake.input.nuclei, chunks)
    sheet = sample_sheet.read_if_any(snakemake.input.sample_sheet, chunks)
    levels = nuclei_table.positive_levels(snakemake.params.positive, files, facts, sheet)
    parts = nuclei_table.nuclei_tables(
        {image: files[image] for image in facts},
        {Path(file).name.removesuffix(".csv"): file for file in snakemake.input.tracks},
        facts,
        sheet,
        levels,
    )
    output, count = snakemake.output, 0
    with (
        writers.csv_file(output.csv, for_programs=True) as to_csv,
        writers.parquet_file(output.parquet) as to_parquet,
    ):
        for nuclei in parts:
            to_csv(nuclei)
            to_parquet(nuclei)
            count += len(nuclei)
    writers.write_csv(output.levels, positive.as_table(levels))
    for level in levels:
        log.info("%s", positive.in_words(level))
        if level.level is None:
            say(positive.in_words(level))
    for channel, name in renamed.items():
        note = f'the tables call the channel {channel} "{name}": another has columns of its name'
        log.info("%s", note)
        say(note)
    log.info("%d nuclei in %d images", count, len(facts))
