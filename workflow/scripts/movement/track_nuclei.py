"""Follow the nuclei of an image over time, if it has more than one frame."""

from typing import Any

from immunostain.czi.apart import for_an_image
from immunostain.images.facts import of_all_chunks, read_facts
from immunostain.measuring.columns import write_no_tracks
from immunostain.shared.errors import ImageError
from immunostain.shared.files import whole_folder
from immunostain.shared.logs import job_log, say

snakemake: Any

with job_log(snakemake.log[0], snakemake.wildcards.image) as log:
    facts = of_all_chunks([read_facts(folder) for folder in snakemake.input.labels])
    with whole_folder(snakemake.output.movement) as folder:
        if len({frame.frame for frame in facts.frames}) < 2:
            log.info("not a timelapse: nothing to track")
            write_no_tracks(snakemake.output.tracks)
        else:
            # Seconds to import, so only where there is something to track.
            from immunostain.movement.follow import follow_nuclei
            from immunostain.tracking.settings import tracking_settings

            try:
                for_an_image(
                    follow_nuclei,
                    snakemake.input.czi,
                    snakemake.wildcards.image,
                    facts,
                    snakemake.input.labels,
                    tracking_settings(snakemake.params.tracking),
                    snakemake.params.z_projection,
                    folder,
                    snakemake.output.tracks,
                    snakemake.threads,
                )
            except ImageError as error:  # counts and stains of the image are good all the same
                write_no_tracks(snakemake.output.tracks)
                note = f"{snakemake.wildcards.image} was not tracked: {error}"
                told = folder / f"{snakemake.wildcards.image}_not_tracked.txt"
                told.write_text(f"{note}\n", encoding="utf-8")
                log.exception("%s", note)
                say(note)
