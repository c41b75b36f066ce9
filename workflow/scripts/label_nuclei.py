"""Find the nuclei of a chunk's frames and write label images."""

from typing import Any

from immunostain.about import read_about, unreadable, write_about
from immunostain.errors import ImageError
from immunostain.files import whole_folder
from immunostain.logs import job_log

snakemake: Any

if "probability" in snakemake.params.nucleus:
    from immunostain.segment_unet import segment_by_unet as segment
else:
    from immunostain.segment import segment_by_threshold as segment

with job_log(snakemake.log[0], snakemake.wildcards.image) as log:
    about = read_about(snakemake.input[0])
    with whole_folder(snakemake.output.labels) as folder:
        try:
            about["too_small"] = segment(
                snakemake.input[0],
                folder,
                about,
                *snakemake.params.nucleus.values(),
                snakemake.params.minimum_area,
                snakemake.params.separate_touching,
                snakemake.params.exclude_border,
                log,
            )
        except ImageError as error:
            log.exception("left out: %s", error)
            about = unreadable(str(error))
        write_about(folder, about)
