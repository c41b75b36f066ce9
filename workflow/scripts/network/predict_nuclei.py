"""Ask the neural network where the nuclei are in a chunk's frames."""

from typing import Any

from immunostain.images.facts import FACTS_FILE, read_facts, write_facts
from immunostain.images.skipped_images import readable, skipping
from immunostain.network.loading import load_predictor
from immunostain.network.model_files import find_model, model_for
from immunostain.network.predict import predict_chunk
from immunostain.shared.files import whole_folder
from immunostain.shared.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], snakemake.wildcards.image) as log:
    # Where to compute and where the model lies are no params: they don't change what comes out.
    settings, card = snakemake.config["segmentation"]["unet"], snakemake.resources.gpu
    with whole_folder(snakemake.output.probabilities) as folder:
        with skipping(log) as step:
            facts = readable(read_facts(snakemake.input.frames))
            model = find_model(model_for(settings["model"], facts.magnification))
            network = load_predictor(model, settings["device"], card, snakemake.threads)
            log.info("model: %s, on: %s", model, network.runs_on)
            step.facts = predict_chunk(
                network,
                snakemake.input.frames,
                folder,
                facts,
                snakemake.params.nucleus_diameter,
                log,
            )
        write_facts(folder / FACTS_FILE, step.facts)
