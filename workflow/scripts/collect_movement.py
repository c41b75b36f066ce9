"""Put what users see of all tracks into one folder, and compare the images."""

from pathlib import Path
from typing import Any

from immunostain import sample_sheet
from immunostain.files import link_all, whole_folder
from immunostain.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], "movement_tracking") as log:
    images = snakemake.params.images
    sheet = sample_sheet.read_if_any(snakemake.input.sample_sheet, images)
    with whole_folder(snakemake.output.folder) as folder:
        for source in snakemake.input.movement:
            for file in link_all(Path(source), folder):
                log.info("%s", file)
        places = zip(images, snakemake.input.movement, strict=True)
        tracked = {
            image: place
            for image, place in places
            if (Path(place) / f"{image}_motility.csv").exists()
        }
        if tracked:
            # A second to import, so only where there are tracks.
            from immunostain.motility_files import write_motility

            write_motility(folder, tracked, sheet)
