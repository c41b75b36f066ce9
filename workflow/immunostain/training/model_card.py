"""The model card: what a trained network was made from, how, and how good it was."""

from dataclasses import asdict

import numpy as np

from immunostain import __version__
from immunostain.network.unet import NUCLEUS_DIAMETER, WIDTHS
from immunostain.training.loop import History, Schedule, best_of
from immunostain.training.pictures import TrainingSet


def model_card(
    description: str,
    held_back: int,
    data: TrainingSet,
    schedule: Schedule,
    device: str,
    history: History,
) -> str:
    """Write the card as Markdown.

    Parameters
    ----------
    description
        Where the images are from, and their licence, in the user's words; may be empty.
    held_back
        Number of images that were set aside and used for nothing.
    data
        What the network learnt from.
    schedule
        What was asked for.
    device
        ``cpu`` or ``cuda``.
    history
        As `loop.train` gives it.
    """
    best, last = best_of(history), history[-1]
    description = description.strip() or (
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
    names = "\n".join(f"- {name}" for name in data.validation_names)
    images = len(data.training), len(data.validation)
    return f"""# Model card: nuclei.safetensors

A UNet that finds nuclei in pictures of a nuclear stain. Trained by `snakemake train_unet`, immunostain {__version__}.

## Data

{description}

| | images | nuclei |
|---|---|---|
| training | {images[0]} | {data.training_nuclei} |
| validation | {images[1]} | {data.validation_nuclei} |
| held back, used for nothing | {held_back} | |

The typical nucleus of an image is {typical:.0f} pixels wide (10th to 90th percentile of the images: {small:.0f} to {large:.0f}). In training and use images are resampled so that it has {NUCLEUS_DIAMETER:.0f} pixels.

## Network

A UNet with {", ".join(map(str, WIDTHS))} channels at full, half, quarter and eighth resolution, batch normalisation, and three maps: how likely a pixel is nucleus, how far inside its nucleus it lies, and how large that is. The weights are an average over many training steps.

## Training

The validation images were drawn by chance, from the seed. They were not learnt from, but they say which step's weights are kept and when training stops. So the scores below are a little too good; use `snakemake evaluate_unet` with images that had no part in training.

| setting | value |
|---|---|
{settings}
| device | {device} |

A step saw `crops` crops of `crop_size` pixels in height and width; they were turned, mirrored, stretched, resized, and changed in brightness, contrast, texture, background, focus and noise.

Last step: {last["step"]} ({ended}). Kept: step {best["step"]}. `curves.png` and `history.csv` beside this file show how training went.

## Scores on the validation images

At the kept step, with each image resampled by the true size of its nuclei. AP is TP / (TP + FP + FN) over all nuclei of all images.

| IoU | AP |
|---|---|
| 0.5 | {best["ap50"]:.3f} |
| 0.75 | {best["ap75"]:.3f} |

## Limits

The network knows only what its images show. Look at the verification pictures before you trust its nuclei in other stains, tissues or magnifications. It sees flat pictures only.

## Validation images

{names}
"""  # noqa: E501 (a paragraph of Markdown is a line)
