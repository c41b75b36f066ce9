"""Gather the nuclei of all images in one tidy table."""

from pathlib import Path
from typing import Any

from immunostain import sample_sheet, tables
from immunostain.inventory import by_image
from immunostain.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], "nuclei.csv") as log:
    chunks = snakemake.params.chunks
    abouts = tables.read_abouts(by_image(snakemake.input.about, chunks))
    nuclei = tables.nuclei_table(
        {
            image: files
            for image, files in by_image(snakemake.input.nuclei, chunks).items()
            if image in abouts
        },
        {Path(file).name.removesuffix(".csv"): file for file in snakemake.input.tracks},
        tables.all_channels(abouts),
        sample_sheet.read_if_any(snakemake.input.sample_sheet, chunks),
    )
    tables.write_csv(snakemake.output.csv, nuclei)
    tables.write_parquet(snakemake.output.parquet, nuclei)
    log.info("%d nuclei in %d images", len(nuclei), len(abouts))
