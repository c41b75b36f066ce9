"""Ask the neural network where the nuclei are in a chunk's frames."""

# ruff: noqa: E402

import gc
from typing import Any

# Importing torch, most of the time that a still takes, is a sixth faster without.
gc.disable()
import torch

gc.enable()

from immunostain.images.facts import FACTS_FILE, read_facts, write_facts
from immunostain.images.skipped_images import readable, skipping
from immunostain.network.folding import fold
from immunostain.network.model_files import find_model, model_for
from immunostain.network.predict import predict_chunk
from immunostain.network.unet import choose_device, load_network
from immunostain.shared.files import whole_folder
from immunostain.shared.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], snakemake.wildcards.image) as log:
    # Where to compute and where the model lies are no params: they don't change what comes out.
    settings = snakemake.config["segmentation"]["unet"]
    device = choose_device(settings["device"])
    torch.set_num_threads(snakemake.threads)
    with whole_folder(snakemake.output.probabilities) as folder:
        with skipping(log) as step:
            facts = readable(read_facts(snakemake.input.frames))
            model = find_model(model_for(settings["model"], facts.magnification))
            log.info("model: %s, device: %s", model, device)
            step.facts = predict_chunk(
                fold(load_network(model), device),
                snakemake.input.frames,
                folder,
                facts,
                snakemake.params.nucleus_diameter,
                device,
                log,
            )
        write_facts(folder / FACTS_FILE, step.facts)
