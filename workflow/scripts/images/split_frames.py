"""Write the nuclear channel of a chunk's frames as pictures."""

from typing import Any

from immunostain.czi.apart import for_an_image
from immunostain.images.facts import FACTS_FILE, write_facts
from immunostain.images.skipped_images import skipping
from immunostain.images.splitting import split_frames
from immunostain.shared.files import whole_folder
from immunostain.shared.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], snakemake.wildcards.image) as log:
    with whole_folder(snakemake.output.frames, temporary=True) as folder:
        with skipping(log) as step:
            step.facts = for_an_image(
                split_frames,
                snakemake.input.czi,
                folder,
                snakemake.wildcards.chunk,
                *snakemake.params.how.values(),
                log,
            )
        write_facts(folder / FACTS_FILE, step.facts)
