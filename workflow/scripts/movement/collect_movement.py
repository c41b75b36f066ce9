"""Put what users see of all tracks into one folder, and compare the images."""

from pathlib import Path
from typing import Any

from immunostain.movement.distinct_names import distinct_names
from immunostain.samples.sample_sheet import read_if_any
from immunostain.shared.files import link_all, whole_folder
from immunostain.shared.logs import job_log, say

snakemake: Any

with job_log(snakemake.log[0], "movement_tracking") as log:
    images = snakemake.params.images
    sheet = read_if_any(snakemake.input.sample_sheet, images)
    places = dict(zip(images, map(Path, snakemake.input.movement), strict=True))
    renamed = distinct_names(places)
    for image in (image for image in images if renamed[image]):
        say(f'files of "{image}" whose name another one has are called {image}_image...')
    with whole_folder(snakemake.output.folder) as folder:
        for image, place in places.items():
            for file in link_all(place, folder, renamed[image]):
                log.info("%s", file)
        tracked = {
            image: str(place)
            for image, place in places.items()
            if (place / f"{image}_motility.csv").exists()
        }
        if tracked:
            # A second to import, so only where there are tracks.
            from immunostain.movement.write import write_motility

            write_motility(folder, tracked, sheet, snakemake.params.condition)
