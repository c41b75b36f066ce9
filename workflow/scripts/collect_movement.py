"""Put what users see of all tracks into one folder."""

import os
import shutil
from pathlib import Path
from typing import Any

from immunostain.errors import ImageError
from immunostain.files import whole_folder
from immunostain.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], "movement_tracking") as log:
    with whole_folder(snakemake.output[0]) as folder:
        for source in snakemake.input:
            for file in sorted(Path(source).glob("[!.]*")):
                if (folder / file.name).exists():
                    raise ImageError(f"two images would write {file.name}; rename one of them")
                try:
                    os.link(file, folder / file.name)  # costs neither time nor space
                except OSError:  # a file system without links
                    shutil.copy2(file, folder / file.name)
                log.info("%s", file.name)
