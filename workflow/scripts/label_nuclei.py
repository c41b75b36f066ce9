"""Find the nuclei in a chunk's frames and write label images."""

from typing import Any

from immunostain.errors import ImageError
from immunostain.files import whole_folder
from immunostain.frames import read_about, unreadable, write_about
from immunostain.logs import job_log
from immunostain.segment import segment_by_threshold

snakemake: Any

with job_log(snakemake.log[0], snakemake.wildcards.image) as log:
    about = read_about(snakemake.input.frames)
    with whole_folder(snakemake.output.labels) as folder:
        try:
            segment_by_threshold(
                snakemake.input.frames,
                folder,
                about,
                snakemake.params.level,
                snakemake.params.minimum_area,
                snakemake.params.separate_touching,
                snakemake.params.exclude_border,
                log,
            )
        except ImageError as error:
            log.exception("left out: %s", error)
            about = unreadable(str(error))
        write_about(folder, about)
