"""Make the neural network ready for processors."""

from pathlib import Path
from typing import Any

from immunostain.network.prepared import prepare
from immunostain.shared.files import whole_folder
from immunostain.shared.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], "preparing the neural network") as log:
    # Where a model lies is no param: it doesn't change what comes out.
    model = snakemake.config["segmentation"]["unet"]["model"]
    with whole_folder(snakemake.output.networks) as folder:
        prepare(model, Path(folder))
    log.info("prepared: %s", model)
