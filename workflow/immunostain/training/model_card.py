"""The model card: what a trained network was made from, how, and how good it was."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

import numpy as np

from immunostain import __version__
from immunostain.network.predictor import NUCLEUS_DIAMETER
from immunostain.network.weights import WIDTHS
from immunostain.training.loop import History, Schedule, best_of
from immunostain.training.pictures import SetFacts, TrainingSet


def model_card(
    description: str,
    data: TrainingSet,
    start: str | None,
    schedule: Schedule,
    device: str,
    history: History,
) -> str:
    """Write the card as Markdown.

    Parameters
    ----------
    description
        Where the images are from, and their licence, in the user's words; may be empty.
    data
        What the network learnt from.
    start
        The network that was learnt on from, None: one that knew nothing.
    schedule
        What was asked for.
    device
        ``cpu`` or ``cuda``.
    history
        As `loop.train` gives it.
    """
    best, last = best_of(history), history[-1]
    description = "\n\n".join([*_descriptions(description, data.sets)]) or (
        "No description was given (`training.description`): say here where the images are from and "
        "what their licence allows."
    )
    ended = (
        "all steps were done"
        if last["step"] >= schedule.steps
        else f"stopped early: no better score in {schedule.patience} validations"
    )
    small, typical, large = np.percentile(data.diameters, (10, 50, 90))
    settings = "\n".join(f"| {key} | {value} |" for key, value in asdict(schedule).items())
    names = "\n".join(_validation_names(data.sets))
    sets = "\n".join(
        f"| {one.name or 'images'} | {one.weight:g} | {one.training_pictures} | "
        f"{one.training_nuclei} | {len(one.validation_names)} | {one.validation_nuclei} | "
        f"{one.held_back} |"
        for one in data.sets
    )
    return f"""# Model card: nuclei.safetensors

A UNet that finds nuclei in pictures of a nuclear stain. Trained by `snakemake train_unet`, immunostain {__version__}.

## Data

{description}

| set | weight | training images | training nuclei | validation images | validation nuclei | held back, used for nothing |
|---|---|---|---|---|---|---|
{sets}

Sets are drawn by their weight, whatever their number of images or nuclei.

The typical nucleus of an image is {typical:.0f} pixels wide (10th to 90th percentile of the images: {small:.0f} to {large:.0f}). In training and use images are resampled so that it has {NUCLEUS_DIAMETER:.0f} pixels.

## Network

A UNet with {", ".join(map(str, WIDTHS))} channels at full, half, quarter and eighth resolution, batch normalisation, and three maps: how likely a pixel is nucleus, how far inside its nucleus it lies, and how large that is. The weights are an average over many training steps.

## Training

The validation images were drawn by chance, from the seed. They were not learnt from, but they say which step's weights are kept and when training stops. So the scores below are a little too good; use `snakemake evaluate_unet` with images that had no part in training.

| setting | value |
|---|---|
{settings}
| device | {device} |

{f"It went on from another network, `{start}`." if start else "It began with a network that knew nothing."} A step saw `crops` crops of `crop_size` pixels in height and width; they were turned, mirrored, stretched, bent, resized, laid over each other, and changed in brightness, contrast, texture, background, illumination, focus and noise; some showed no nucleus.

Last step: {last["step"]} ({ended}). Kept: step {best["step"]}. `curves.png` and `history.csv` beside this file show how training went.

## Scores on the validation images

At the kept step, with each image resampled by the true size of its nuclei. AP is TP / (TP + FP + FN) over all nuclei of all images of a set; of several sets the mean is given.

| IoU | AP |
|---|---|
| 0.5 | {best["ap50"]:.3f} |
| 0.75 | {best["ap75"]:.3f} |

## Limits

The network knows only what its images show. Look at the verification pictures before you trust its nuclei in other stains, tissues or magnifications. It sees flat pictures only.

## Validation images

{names}
"""  # noqa: E501 (a paragraph of Markdown is a line)


def _descriptions(description: str, sets: Sequence[SetFacts]) -> Iterator[str]:
    if description.strip():
        yield description.strip()
    for one in sets:
        if one.description.strip():
            yield f"**{one.name}**: {one.description.strip()}"


def _validation_names(sets: Sequence[SetFacts]) -> Iterator[str]:
    for one in sets:
        of_set = f"{one.name}: " if one.name else ""
        yield from (f"- {of_set}{name}" for name in one.validation_names)
