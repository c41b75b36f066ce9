"""Find the nuclei of one of the images that the preview shows, for all settings that it tries."""

import json
from typing import Any

from immunostain.images.frames import read_frame
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
    for number, view in enumerate(found):
        if view.image != image:
            continue
        folder = frames_folder(frames, shown, image)
        frame = read_frame(folder, view.scene, view.frame)
        answers = [
            views.read_maps_of_view(maps, number, place) for place in range(len(tried["diameters"]))
        ]
        known = next(one for one in files if one.image == image)
        written.append(of_views.shown(view, known, frame, answers, tried))
        log.info("%s: %d contours", image, len(written[-1]["contours"]))
    with whole_file(snakemake.output[0]) as partial:
        partial.write_text(json.dumps(written, ensure_ascii=False), encoding="utf-8")
