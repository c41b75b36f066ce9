"""Find the nuclei of a chunk's frames and write label images."""

from typing import Any

from immunostain.images.facts import read_about, unreadable, write_about
from immunostain.shared.errors import ImageError
from immunostain.shared.files import whole_folder
from immunostain.shared.logs import job_log

snakemake: Any

if "probability" in snakemake.params.nucleus:
    from immunostain.nuclei.by_network import segment_by_unet as segment
else:
    from immunostain.nuclei.by_threshold import segment_by_threshold as segment

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
