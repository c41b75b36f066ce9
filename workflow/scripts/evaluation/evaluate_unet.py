"""Tell how well the UNet and the threshold method find annotated nuclei."""

from typing import Any

import torch

from immunostain.evaluation.annotated_pictures import read_pair
from immunostain.evaluation.of_nuclei import (
    agreement_as_text,
    agreement_with,
    nuclei_by_threshold,
    nuclei_by_unet,
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
        by_unet = nuclei_by_unet(
            network, picture, diameter, params.probability, smallest, separate, device
        )
        by_threshold = nuclei_by_threshold(picture, smallest, separate)
        evaluated.append(
            agreement_with(name, annotated, {"UNet": by_unet, "threshold": by_threshold})
        )
        log.info("%s: %d annotated, %d found by the UNet", name, annotated.max(), by_unet.max())
    text = agreement_as_text(params.model, evaluated)
    log.info("%s", text)
    print(f"\n{text}\n")
