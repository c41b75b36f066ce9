"""Training the neural network."""

import copy
import logging
import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from immunostain.evaluation import agreement
from immunostain.network.on_card import predictor_of
from immunostain.network.predictor import FOREGROUND, NUCLEUS_DIAMETER, SIZE
from immunostain.network.tiles import whole_maps
from immunostain.network.unet import UNet, short_float
from immunostain.nuclei.from_maps import separate_by_depth
from immunostain.shared.resampling import resample, resample_labels, zoomed
from immunostain.training.augmentation import Batch, random_batch
from immunostain.training.checkpoints import load_checkpoint, save_checkpoint
from immunostain.training.examples import Source, typical_diameter

HIGHEST_RATE = 2e-3  # of a network that knows nothing
GENTLE_RATE = 6e-4  # of one that is learnt on from
WARM_UP = 200  # steps
KEPT = 0.999  # share of the averaged weights that a step keeps
SIZE_WEIGHT = 0.1
WEIGHT_DECAY = 1e-3
LONGEST_GRADIENT = 5.0

History = list[dict[str, float]]
Validation = Sequence[Sequence[tuple[np.ndarray, np.ndarray]]]  # pictures and labels of each source


@dataclass(frozen=True)
class Schedule:
    """How long to train, and on how much at a time.

    Attributes
    ----------
    steps
        At most so many.
    crops, crop_size
        A step sees so many crops of so many pixels in height and width.
    validate_every
        Steps between validations; each writes a checkpoint.
    patience
        Training stops when the score has not improved for so many validations.
    seed
        The same seed gives the same network on the same computer with as many cores.
    """

    steps: int
    crops: int
    crop_size: int
    validate_every: int
    patience: int
    seed: int


def loss_of(maps: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Give how far the network's maps are from what they should be.

    Cross-entropy of foreground and depth, one minus the Dice overlap of the foreground, and the
    error of the size within nuclei.

    Parameters
    ----------
    maps, targets
        (N, 3, Y, X), see `unet.UNet` and `augmentation.random_batch`.
    weights
        (N, 1, Y, X).
    """
    shares = functional.binary_cross_entropy_with_logits(
        maps[:, :SIZE], targets[:, :SIZE], weights.expand(-1, 2, -1, -1)
    )
    found, true = maps[:, FOREGROUND].sigmoid(), targets[:, FOREGROUND]
    dice = 1 - (2 * (found * true).sum() + 1) / (found.sum() + true.sum() + 1)
    inside = (true > 0.5) * weights[:, 0]
    wrong = functional.smooth_l1_loss(maps[:, SIZE], targets[:, SIZE], reduction="none")
    size = (wrong * inside).sum() / inside.sum().clamp(min=1)
    return 2 * shares + 0.5 * dice + SIZE_WEIGHT * size


def learning_rate(step: int, steps: int, highest: float) -> float:
    """Give the learning rate of a step: it rises for a while, then falls as a cosine."""
    if step < WARM_UP:
        return highest * (step + 1) / WARM_UP
    share = (step - WARM_UP) / max(1, steps - WARM_UP)
    return highest * max(0.01, 0.5 * (1 + math.cos(math.pi * share)))


def train(
    sources: Sequence[Source],
    validation: Validation,
    schedule: Schedule,
    device: torch.device,
    start: UNet | None,
    checkpoint: Path,
    fingerprint: str,
    log: logging.Logger,
    on_step: Callable[[int], None],
) -> tuple[UNet, History]:
    """Train a network, from the last checkpoint where there is one.

    Parameters
    ----------
    sources
        What it learns from.
    validation
        Pictures, (Y, X), and their label images, by their source: they say when to stop.
    schedule
        How long.
    device
        Where.
    start
        A network whose weights are learnt on from, None: one that knows nothing.
    checkpoint
        A file that is written as training goes on.
    fingerprint
        Of this training, see `checkpoints.fingerprint`.
    log
        Told the losses and scores.
    on_step
        Called with the number of steps done.

    Returns
    -------
    network : UNet
        The one with the best score (the average of the weights of many steps), in evaluation mode.
    history : list of dict
        At each validation: step, loss (mean since the last validation) and the scores ap50 and
        ap75, see `validation_scores`, as means over the sources.
    """
    torch.backends.cudnn.deterministic = True
    training = _Training(schedule.seed, device, start)
    saved = load_checkpoint(checkpoint, fingerprint, device, log)
    if saved is not None:
        training.resume(saved)
        log.info("going on from step %d", training.step)
        on_step(training.step)
    for batch in _batches(sources, schedule, training.step):
        if no_better(training.history, schedule.patience):
            break
        training.do_step(batch, schedule)
        on_step(training.step)
        if training.step % schedule.validate_every == 0 or training.step == schedule.steps:
            training.validate(validation, log)
            save_checkpoint(checkpoint, fingerprint, training.state())
    training.averaged.load_state_dict(training.best)
    return training.averaged, training.history


def _batches(sources: Sequence[Source], schedule: Schedule, first: int) -> Iterator[Batch]:
    """Give the batch of each step from the first on; the next is made while one is learnt from.

    What a step sees depends on the seed and its number alone: training can go on anywhere.
    """

    def made(step: int) -> Batch:
        random = np.random.default_rng((schedule.seed, step))
        return random_batch(sources, schedule.crops, schedule.crop_size, random)

    with ThreadPoolExecutor(1) as worker:
        coming = worker.submit(made, first)
        for step in range(first, schedule.steps):
            batch = coming.result()
            coming = worker.submit(made, step + 1)
            yield batch


class _Training:
    """All that changes while a network is trained."""

    def __init__(self, seed: int, device: torch.device, start: UNet | None) -> None:
        torch.manual_seed(seed)
        self.device = device
        self.highest_rate = HIGHEST_RATE if start is None else GENTLE_RATE
        self.network = (UNet() if start is None else copy.deepcopy(start)).to(device)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.averaged = copy.deepcopy(self.network).eval()
        self.optimiser = torch.optim.AdamW(self.network.parameters(), weight_decay=WEIGHT_DECAY)
        self.step = 0
        self.losses: list[float] = []  # since the last validation
        self.history: History = []
        self.best: dict[str, Tensor] = {}

    def state(self) -> dict[str, Any]:
        """Give what a checkpoint, which is written right after a validation, must hold."""
        return {
            "network": self.network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "history": self.history,
            "best": self.best,
        }

    def resume(self, saved: dict[str, Any]) -> None:
        """Take over what `state` gave."""
        self.network.load_state_dict(saved["network"])
        self.averaged.load_state_dict(saved["averaged"])
        self.optimiser.load_state_dict(saved["optimiser"])
        self.step, self.history, self.best = saved["step"], saved["history"], saved["best"]

    def do_step(self, batch: Batch, schedule: Schedule) -> None:
        """Learn from one batch of crops."""
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.step, schedule.steps, self.highest_rate)
        pictures, targets, weights = (part.to(self.device) for part in batch)
        self.losses.append(_learn(self.network, self.optimiser, pictures, targets, weights))
        self.step += 1
        _average(self.averaged, self.network, min(KEPT, (1 + self.step) / (10 + self.step)))

    def validate(self, validation: Validation, log: logging.Logger) -> None:
        """Add to the history and keep the weights if they are the best ones so far."""
        scores = [validation_scores(self.averaged, source, self.device) for source in validation]
        ap50, ap75 = (float(np.mean(each)) for each in zip(*scores, strict=True))
        loss = float(np.mean(self.losses))
        self.losses = []
        self.history.append({"step": self.step, "loss": loss, "ap50": ap50, "ap75": ap75})
        is_best = best_of(self.history) is self.history[-1]
        if is_best:
            self.best = copy.deepcopy(self.averaged.state_dict())
        log.info(
            "step %d: loss %.4f; average precision %.4f at IoU 0.5, %.4f at IoU 0.75%s",
            *(self.step, loss, ap50, ap75, ", the best so far" if is_best else ""),
        )
        each = ", ".join(f"{half:.3f} and {three:.3f}" for half, three in scores)
        log.info("of each set: %s", each)


def _score(entry: dict[str, float]) -> float:
    return entry["ap50"] + entry["ap75"]


def best_of(history: History) -> dict[str, float]:
    """Give the validation with the best score (the last of several)."""
    return max(reversed(history), key=_score)


def no_better(history: History, patience: int) -> bool:
    """Tell whether the score has not improved in the last `patience` validations."""
    sums = [_score(entry) for entry in history]
    return len(sums) > patience and max(sums[-patience:]) <= max(sums[:-patience])


def _learn(
    network: UNet,
    optimiser: torch.optim.Optimizer,
    pictures: Tensor,
    targets: Tensor,
    weights: Tensor,
) -> float:
    network.train()
    # On graphics cards too: bfloat16 needs no scaling of losses.
    short = short_float(pictures.device) and torch.bfloat16
    pictures = pictures.contiguous(memory_format=torch.channels_last)
    with torch.autocast(pictures.device.type, short, enabled=short is not None):
        maps = network(pictures)
    loss = loss_of(maps.float(), targets, weights)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), LONGEST_GRADIENT)
    optimiser.step()
    return loss.item()


def _average(averaged: UNet, network: UNet, kept: float) -> None:
    with torch.no_grad():
        for mean, now in zip(
            averaged.state_dict().values(), network.state_dict().values(), strict=True
        ):
            if mean.is_floating_point():
                mean.lerp_(now, 1 - kept)


def validation_scores(
    network: UNet, validation: Sequence[tuple[np.ndarray, np.ndarray]], device: torch.device
) -> tuple[float, float]:
    """Give the average precision at IoU 0.5 and 0.75, at the true diameter; specks count too."""
    ready, sums = predictor_of(network, device), [agreement.NONE] * 2
    for picture, labels in validation:
        zoom = NUCLEUS_DIAMETER / (typical_diameter(labels) or NUCLEUS_DIAMETER)
        maps = whole_maps(ready, picture, zoomed(picture.shape, zoom))
        foreground, depth = maps[:SIZE]
        found = separate_by_depth(foreground > 0.5, 255 * depth, True)
        found = resample_labels(found, resample(foreground, picture.shape) > 0.5)
        ious = agreement.overlaps(labels, found)
        sums = [
            total + agreement.agreement(ious, at)
            for total, at in zip(sums, (0.5, 0.75), strict=True)
        ]
    half, three_quarters = (total.average_precision for total in sums)
    return half, three_quarters
