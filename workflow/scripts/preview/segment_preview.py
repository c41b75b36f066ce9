"""Find the nuclei of one of the images that the preview shows, for all settings that it tries."""

import json
from typing import Any

from immunostain.preview import of_views, options, views
from immunostain.preview.shown_frames import frames_folder, read_choice
from immunostain.shared.files import whole_file
from immunostain.shared.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], "preview") as log:
    frames, maps = snakemake.input.frames, snakemake.input.maps
    files, shown = read_choice(frames)
    found = views.read_views(maps)
    tried = options.all_options([view.size for view in found], snakemake.params.in_use)
    image = dict(enumerate(shown)).get(int(snakemake.wildcards.number))
    written = []
    for known in files:
        if known.image == image:
            folder = frames_folder(frames, shown, image)
            written = of_views.of_image(found, known, folder, maps, tried)
    for number, view in enumerate(written):
        log.info("%s, view %d: %d contours", image, number, len(view["contours"]))
    with whole_file(snakemake.output[0]) as partial:
        partial.write_text(json.dumps(written, ensure_ascii=False), encoding="utf-8")
