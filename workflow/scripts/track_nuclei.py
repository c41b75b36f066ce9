"""Follow the nuclei of an image over time, if it has more than one frame."""

from typing import Any

from immunostain.files import whole_file, whole_folder
from immunostain.inventory import read_image
from immunostain.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], snakemake.wildcards.image) as log:
    about = read_image(snakemake.input.about)
    with whole_folder(snakemake.output.movement) as folder:
        if len({frame["frame"] for frame in about["frames"]}) < 2:
            log.info("not a timelapse: nothing to track")
            with whole_file(snakemake.output.tracks) as partial:
                partial.write_text("scene,frame,nucleus_id,track_id,parent_track_id\n")
        else:
            # Seconds to import, so only where there is something to track.
            from immunostain.movement import follow_nuclei

            follow_nuclei(
                snakemake.input.czi,
                snakemake.wildcards.image,
                about,
                snakemake.input.nuclei,
                snakemake.params.search_range,
                snakemake.params.memory,
                snakemake.params.z_projection,
                folder,
                snakemake.output.tracks,
            )
