"""Train a UNet on annotated pictures, from the last checkpoint where there is one."""

from pathlib import Path
from typing import Any

import torch

from immunostain import __version__
from immunostain.network.on_card import choose_device
from immunostain.network.unet import load_network, save_network
from immunostain.results import figures
from immunostain.shared.files import whole_file
from immunostain.shared.logs import job_log
from immunostain.shared.pace import reporter
from immunostain.training.checkpoints import fingerprint
from immunostain.training.inputs import START, training_sets
from immunostain.training.learning_curves import learning_curves, write_history
from immunostain.training.loop import Schedule, best_of, train
from immunostain.training.model_card import model_card
from immunostain.training.pictures import read_training_set

snakemake: Any

with job_log(snakemake.log[0], "train_unet") as log:
    params = snakemake.params
    torch.set_num_threads(snakemake.threads)
    # A change of these alone is not worth a new training, so they are not among the params.
    settings = snakemake.config["training"]
    device = choose_device(snakemake.config["segmentation"]["unet"]["device"])
    schedule = Schedule(**params.schedule)
    sets = training_sets(settings)
    data = read_training_set(sets, params.validation_share, schedule.seed, log)
    checkpoint = Path(snakemake.output.model).with_name("checkpoint.pt")
    of = fingerprint(dict(params), snakemake.input)
    on_step = reporter(schedule.steps, "steps", log)
    start = load_network(params.start["path"], START) if params.start else None
    network, history = train(
        *(data.training, data.validation, schedule, device, start),
        *(checkpoint, of, log, on_step),
    )
    metadata = {"made_by": f"immunostain {__version__}", "step": str(best_of(history)["step"])}
    save_network(snakemake.output.model, network, metadata)
    write_history(snakemake.output.history, history)
    with whole_file(snakemake.output.curves) as partial:
        figures.save(learning_curves(history), partial)
    card = model_card(
        settings["description"], data, settings["start_from"], schedule, device.type, history
    )
    with whole_file(snakemake.output.card) as partial:
        partial.write_text(card, encoding="utf-8")
    checkpoint.unlink(missing_ok=True)
