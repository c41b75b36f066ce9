"""Draw an image's frames with contours and ids of nuclei, small ones for the report; and ROIs."""

from typing import Any

from immunostain.czi.apart import for_an_image
from immunostain.exports.rois import write_rois
from immunostain.images.facts import read_facts
from immunostain.images.skipped_images import readable, skipping
from immunostain.measuring.columns import read_track_ids
from immunostain.pictures.of_frames import draw_image
from immunostain.shared.files import whole_folder
from immunostain.shared.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], snakemake.wildcards.image) as log:
    with (
        whole_folder(snakemake.output.pictures) as folder,
        whole_folder(snakemake.output.thumbnails) as thumbnails,
    ):
        tracks = {}
        for table in snakemake.input.tracks:  # one or none
            tracks = read_track_ids(table)
        with skipping(log) as step:
            chunks = [(labels, readable(read_facts(labels))) for labels in snakemake.input.labels]
            for_an_image(
                draw_image,
                snakemake.input.czi,
                snakemake.wildcards.image,
                chunks,
                tracks,
                snakemake.params.z_projection,
                folder,
                thumbnails,
                snakemake.output.rois,
                snakemake.threads,
            )
        if step.facts.unreadable:
            for picture in [*folder.iterdir(), *thumbnails.iterdir()]:
                picture.unlink()
            write_rois(snakemake.output.rois, [])
        log.info("%d pictures", len(list(folder.iterdir())))
