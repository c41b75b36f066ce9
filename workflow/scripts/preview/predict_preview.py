"""Ask the neural network about the regions that the preview shows, for several diameters."""

# ruff: noqa: E402

import gc
from typing import Any

# Importing torch is a sixth faster without.
gc.disable()
import torch

gc.enable()

from immunostain.images.frames import read_frame
from immunostain.network.folding import fold
from immunostain.network.model_files import find_model, model_for
from immunostain.network.unet import choose_device, load_network
from immunostain.preview import maps, options, views
from immunostain.preview.folder import in_pixels
from immunostain.preview.shown_frames import frames_folder, read_choice
from immunostain.shared.files import whole_folder
from immunostain.shared.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], "preview") as log:
    settings, frames = snakemake.config["segmentation"]["unet"], snakemake.input.frames
    device = choose_device(settings["device"])
    torch.set_num_threads(snakemake.threads)
    files, shown = read_choice(frames)
    facts = {one.image: one.facts for one in files}
    networks, found = {}, []
    for image in shown:
        model = find_model(model_for(settings["model"], facts[image].magnification))
        networks[image] = fold(load_network(model), device)
        folder, scale = frames_folder(frames, shown, image), facts[image].pixel_size_um
        found += maps.views_of_image(image, folder, shown[image], scale, networks[image], device)
    tried = options.diameters([view.size for view in found], snakemake.params.nucleus_diameter)
    with whole_folder(snakemake.output.maps) as output:
        views.write_views(output, found)
        for number, view in enumerate(found):
            folder = frames_folder(frames, shown, view.image)
            frame = read_frame(folder, view.scene, view.frame)
            for place, diameter in enumerate(tried):
                size = view.size.diameter_px
                if diameter != "auto":
                    size = in_pixels(diameter, view.size.pixel_size_um)
                answer = maps.maps_of_region(networks[view.image], frame, view.region, size, device)
                views.write_maps_of_view(output, number, place, answer)
    log.info("%d views, diameters: %s, device: %s", len(found), tried, device)
