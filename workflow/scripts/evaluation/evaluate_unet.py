"""Tell how well the UNet and the threshold method find annotated nuclei."""

from typing import Any

import torch

from immunostain.evaluation.annotated_pictures import read_pair
from immunostain.evaluation.of_nuclei import (
    agreement_as_text,
    agreement_with,
    nuclei_by_both,
)
from immunostain.network.folding import fold
from immunostain.network.unet import choose_device, load_network
from immunostain.shared.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], "evaluate_unet") as log:
    params = snakemake.params
    torch.set_num_threads(snakemake.threads)
    device = choose_device(params.device)
    network = fold(load_network(params.model), device)
    diameter = None if params.nucleus_diameter == "auto" else params.nucleus_diameter
    smallest = None if params.minimum_area == "auto" else params.minimum_area
    separate = params.separate_touching
    evaluated = []
    for name, image, labels in zip(
        params.names, snakemake.input.images, snakemake.input.labels, strict=True
    ):
        picture, annotated = read_pair(image, labels)
        found = nuclei_by_both(
            network, picture, diameter, params.probability, smallest, separate, device
        )
        evaluated.append(agreement_with(name, annotated, found))
        count = (annotated.max(), found["UNet"].max())
        log.info("%s: %d annotated, %d found by the UNet", name, *count)
    text = agreement_as_text(params.model, evaluated)
    log.info("%s", text)
    print(f"\n{text}\n")
