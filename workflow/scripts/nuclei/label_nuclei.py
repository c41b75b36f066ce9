"""Find the nuclei of a chunk's frames and write label images."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from immunostain.czi.apart import for_an_image
from immunostain.images.facts import FACTS_FILE, read_facts, write_facts
from immunostain.images.skipped_images import readable, skipping
from immunostain.images.splitting import split_frames
from immunostain.nuclei.by_network import segment_by_unet
from immunostain.nuclei.by_threshold import segment_by_threshold
from immunostain.shared.files import whole_folder
from immunostain.shared.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], snakemake.wildcards.image) as log:
    with whole_folder(snakemake.output.labels) as folder:
        with skipping(log) as step, TemporaryDirectory(dir=folder) as frames:
            segment, source, repair = segment_by_unet, snakemake.input[0], None
            if snakemake.params.how:  # the file itself, whose frames no other step needs
                how = (snakemake.wildcards.chunk, *snakemake.params.how.values(), log)
                facts = for_an_image(split_frames, source, Path(frames), *how)
                segment, source = segment_by_threshold, frames
            else:
                facts = readable(read_facts(source))
            if snakemake.params.repair_over_time and len({f.frame for f in facts.frames}) > 1:
                # Seconds to import, so not for stills.
                from immunostain.repair.over_time import repair_scene as repair
            step.facts = segment(
                source,
                folder,
                facts,
                *snakemake.params.nucleus.values(),
                **snakemake.params.kept,
                repair=repair,
                log=log,
            )
        write_facts(folder / FACTS_FILE, step.facts)
