"""Cut out the dimmest, the median and the brightest nuclei of each channel."""

from typing import Any

import pandas as pd

from immunostain.inputs.chunks import by_image
from immunostain.pictures.crops import crops_of_images, write_crops
from immunostain.pictures.nuclei_to_show import columns_needed, nuclei_to_show
from immunostain.results.images_analysed import all_channels, read_analysed
from immunostain.shared.files import whole_folder
from immunostain.shared.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], "crops") as log:
    given, params = snakemake.input, snakemake.params
    facts, renamed = read_analysed(by_image(given.facts, params.chunks))
    channels = all_channels(facts)
    shown = []
    for channel in channels:
        nuclei = pd.read_parquet(given.nuclei, columns=columns_needed(channel))
        shown += nuclei_to_show(nuclei, channel, None)
    crops = crops_of_images(
        dict(zip(params.images, given.czi, strict=True)),
        by_image(given.labels, params.chunks),
        shown,
        {name: name for name in channels} | {new: old for old, new in renamed.items()},
        params.z_projection,
        log,
    )
    with whole_folder(snakemake.output.folder) as folder:
        write_crops(folder, shown, crops)
    log.info("%d nuclei of %d channels", len(crops) - crops.count(None), len(channels))
