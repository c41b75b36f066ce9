"""Tell how well the UNet and the threshold method find annotated nuclei."""

from pathlib import Path
from typing import Any

from immunostain.evaluation.annotated_pictures import read_pair
from immunostain.evaluation.of_nuclei import (
    agreement_as_text,
    agreement_with,
    nuclei_by_both,
)
from immunostain.network.loading import load_predictor
from immunostain.shared.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], "evaluate_unet") as log:
    params, card = snakemake.params, snakemake.resources.gpu
    network = load_predictor(Path(params.model), params.device, card, snakemake.threads)
    diameter = None if params.nucleus_diameter == "auto" else params.nucleus_diameter
    smallest = None if params.minimum_area == "auto" else params.minimum_area
    separate = params.separate_touching
    evaluated = []
    for name, image, labels in zip(
        params.names, snakemake.input.images, snakemake.input.labels, strict=True
    ):
        picture, annotated = read_pair(image, labels)
        found = nuclei_by_both(network, picture, diameter, params.probability, smallest, separate)
        evaluated.append(agreement_with(name, annotated, found))
        count = (annotated.max(), found["UNet"].max())
        log.info("%s: %d annotated, %d found by the UNet", name, *count)
    text = agreement_as_text(params.model, evaluated)
    log.info("%s", text)
    print(f"\n{text}\n")
