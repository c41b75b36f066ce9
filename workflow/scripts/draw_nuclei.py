"""Draw the contours and ids of an image's nuclei on all of its frames."""

from typing import Any

from immunostain.files import whole_folder
from immunostain.frames import read_about
from immunostain.inventory import read_image
from immunostain.logs import job_log
from immunostain.verification import draw_image

snakemake: Any

with job_log(snakemake.log[0], snakemake.wildcards.image) as log:
    with whole_folder(snakemake.output.pictures) as folder:
        if read_image(snakemake.input.about)["unreadable"]:
            log.info("left out")
        else:
            draw_image(
                snakemake.input.czi,
                snakemake.wildcards.image,
                [(labels, read_about(labels)) for labels in snakemake.input.labels],
                snakemake.params.z_projection,
                folder,
                snakemake.threads,
            )
            log.info("%d pictures", len(list(folder.iterdir())))
