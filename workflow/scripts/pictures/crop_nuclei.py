"""Cut out the dimmest, the median and the brightest nuclei, and those near the positive level."""

from typing import Any

import pandas as pd

from immunostain.inputs.chunks import by_image
from immunostain.pictures.crops import crops_of_images, write_crops
from immunostain.pictures.nuclei_to_show import columns_needed, nuclei_to_show
from immunostain.results.images_analysed import all_channels, read_analysed
from immunostain.results.inventory import read_table
from immunostain.shared.files import whole_folder
from immunostain.shared.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], "crops") as log:
    given, params = snakemake.input, snakemake.params
    facts, renamed = read_analysed(by_image(given.facts, params.chunks))
    channels = all_channels(facts)
    with_level = {row["channel"] for row in read_table(given.levels, ",")}
    shown = []
    for channel in channels:
        columns = columns_needed(channel, channel in with_level)
        shown += nuclei_to_show(pd.read_parquet(given.nuclei, columns=columns), channel)
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
