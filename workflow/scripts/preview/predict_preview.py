"""Ask the neural network about the regions that the preview shows, for several diameters."""

from functools import partial
from typing import Any

from immunostain.images.frames import read_frame
from immunostain.network.loading import load_predictor
from immunostain.preview import maps, options, views
from immunostain.preview.shown_frames import frames_folder, read_choice
from immunostain.shared.files import whole_folder
from immunostain.shared.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], "preview") as log:
    settings, frames = snakemake.config["segmentation"]["unet"], snakemake.input.frames
    load = partial(
        load_predictor,
        device=settings["device"],
        card=snakemake.resources.gpu,
        threads=snakemake.threads,
    )
    files, shown = read_choice(frames)
    facts = {one.image: one.facts for one in files}
    of_shown = {image: facts[image] for image in shown}
    networks, found = maps.networks_for(of_shown, settings["model"], load), []
    for image in shown:
        folder, scale = frames_folder(frames, shown, image), facts[image].pixel_size_um
        found += maps.views_of_image(image, folder, shown[image], scale, networks[image])
    tried = options.diameters([view.size for view in found], snakemake.params.nucleus_diameter)
    with whole_folder(snakemake.output.maps) as output:
        views.write_views(output, found)
        for number, view in enumerate(found):
            network = networks[view.image]
            folder = frames_folder(frames, shown, view.image)
            frame = read_frame(folder, view.scene, view.frame)
            answers = maps.maps_of_view(network, frame, view, tried if network else ())
            for place, answer in enumerate(answers):
                views.write_maps_of_view(output, number, place, answer)
            maps.give_memory_back()
    log.info("%d views, diameters: %s", len(found), tried)
