"""See what is in the input folder, and write the frames that the preview shows."""

from dataclasses import replace
from typing import Any

from immunostain.preview.choose import candidates, choose, frames_to_show
from immunostain.preview.folder import Reading, describe_all
from immunostain.preview.shown_frames import look_at, write_choice, write_shown
from immunostain.shared.files import whole_folder
from immunostain.shared.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], "preview") as log:
    images, wanted = snakemake.params.images, snakemake.params.wanted
    how = Reading(**snakemake.params.how)
    files = describe_all(images, how)
    asked = candidates(files, wanted)
    bright, unreadable = look_at({image: images[image] for image in asked}, how)
    facts = {one.image: unreadable.get(one.image, one.facts) for one in files}
    chosen = choose(bright, facts, wanted if isinstance(wanted, int) else len(wanted))
    chunks = snakemake.params.chunks
    shown = {image: frames_to_show(facts[image], chunks[image]) for image in chosen}
    with whole_folder(snakemake.output.frames) as folder:
        unreadable |= write_shown(folder, images, shown, how)
        files = [replace(one, facts=unreadable.get(one.image, one.facts)) for one in files]
        write_choice(folder, files, {i: f for i, f in shown.items() if i not in unreadable})
    log.info("%d images in the folder, shown: %s", len(files), ", ".join(shown))
    for one in files:
        if one.facts.unreadable:
            log.info("a run would skip %s: %s", one.file, one.facts.unreadable)
