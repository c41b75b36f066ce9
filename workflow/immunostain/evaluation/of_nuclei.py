"""Compare found nuclei with annotated ones, for both methods."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from immunostain.evaluation.agreement import IOUS, NONE, Agreement, agreement, overlaps
from immunostain.images.eight_bit import brightness_range, smooth, to_8_bit
from immunostain.network.diameter import estimate_diameter
from immunostain.network.predict import maps_of
from immunostain.network.predictor import Predictor
from immunostain.nuclei.from_maps import nuclei_of_maps
from immunostain.nuclei.labels import label_nuclei
from immunostain.nuclei.threshold import above_level

METHODS = ("UNet", "threshold")
LEVEL = "otsu"
SHOWN_WORST = 5


@dataclass(frozen=True)
class Evaluated:
    """What became of one picture.

    Attributes
    ----------
    name
        The picture's.
    annotated
        Number of its nuclei.
    found
        How those of each method agree with them, for each of `agreement.IOUS`.
    """

    name: str
    annotated: int
    found: dict[str, list[Agreement]]


def agreement_with(name: str, annotated: np.ndarray, found: dict[str, np.ndarray]) -> Evaluated:
    """Compare label images, (Y, X), with an annotated one.

    Parameters
    ----------
    name
        The picture's.
    annotated
        Its label image.
    found
        A label image for each method.
    """
    agreements = {}
    for method, labels in found.items():
        ious = overlaps(annotated, labels)
        agreements[method] = [agreement(ious, least) for least in IOUS]
    return Evaluated(name, int(np.count_nonzero(np.unique(annotated))), agreements)


def nuclei_by_threshold(
    picture: np.ndarray, minimum_area: float | None, separate_touching: bool
) -> np.ndarray:
    """Find nuclei as the threshold method does, with Otsu's level and those at the edge, (Y, X).

    Parameters
    ----------
    picture
        (Y, X), whole or floating-point numbers.
    minimum_area, separate_touching
        See `labels.label_nuclei`.
    """
    grey = smooth(to_8_bit(picture, *brightness_range(picture)))
    mask = above_level(grey, LEVEL)
    return label_nuclei(mask, minimum_area, separate_touching, exclude_border=False)[0]


def nuclei_by_unet(
    network: Predictor,
    picture: np.ndarray,
    diameter: float | None,
    probability: float,
    minimum_area: float | None,
    separate_touching: bool,
) -> np.ndarray:
    """Find nuclei as the UNet method does, those at the edge too, (Y, X).

    Parameters
    ----------
    network
        The network.
    picture
        (Y, X), whole or floating-point numbers.
    diameter
        Of its nuclei in pixels; None: it is estimated.
    probability, minimum_area, separate_touching
        See `from_maps.nuclei_of_maps`.
    """
    if diameter is None:
        diameter = estimate_diameter(network, [picture])
    maps = maps_of(network, picture, diameter)
    found = nuclei_of_maps(
        maps, picture.shape, probability, minimum_area, separate_touching, exclude_border=False
    )
    return found[0]


def nuclei_by_both(
    network: Predictor,
    picture: np.ndarray,
    diameter: float | None,
    probability: float,
    minimum_area: float | None,
    separate_touching: bool,
) -> dict[str, np.ndarray]:
    """Find nuclei by each method, by its name; parameters are those of `nuclei_by_unet`."""
    how = (minimum_area, separate_touching)
    return {
        "UNet": nuclei_by_unet(network, picture, diameter, probability, *how),
        "threshold": nuclei_by_threshold(picture, *how),
    }


def agreement_as_text(model: str, pictures: Sequence[Evaluated]) -> str:
    """Write what is shown to the user.

    Parameters
    ----------
    model
        Path of the model.
    pictures
        At least one.
    """
    nuclei = sum(picture.annotated for picture in pictures)
    lines = [
        f"{model} and the threshold method (Otsu) on {len(pictures)} images "
        f"with {nuclei} annotated nuclei",
        "",
        *_table(pictures),
        "",
        "IoU: how much a found and an annotated nucleus must overlap, intersection / union.",
        "AP: TP / (TP + FP + FN) over the nuclei of all images. F1: 2 TP / (2 TP + FP + FN).",
        "AP per image: mean of the images' own AP.",
        "",
        "Worst images for the UNet (AP at IoU 0.5):",
        *_worst(pictures),
    ]
    return "\n".join(lines)


def _table(pictures: Sequence[Evaluated]) -> list[str]:
    heads = ["AP", "AP per image", "F1"]
    width = max(map(len, METHODS))
    of_methods = "  ".join(f"{method:>{width}}" for method in METHODS)
    lines = [
        _joined("", (f"{head:^{len(of_methods)}}" for head in heads)),
        _joined("IoU", [of_methods] * len(heads)),
    ]
    for at, iou in enumerate(IOUS):
        totals = [sum((p.found[method][at] for p in pictures), NONE) for method in METHODS]
        values = [
            [total.average_precision for total in totals],
            [
                float(np.mean([p.found[method][at].average_precision for p in pictures]))
                for method in METHODS
            ],
            [total.f1 for total in totals],
        ]
        cells = ("  ".join(f"{value:{width}.3f}" for value in pair) for pair in values)
        lines.append(_joined(f"{iou:.2f}", cells))
    return lines


def _joined(first: str, cells: Iterable[str]) -> str:
    return "   ".join([f"{first:<4}", *cells]).rstrip()


def _worst(pictures: Sequence[Evaluated]) -> list[str]:
    def precision(picture: Evaluated) -> float:
        return picture.found["UNet"][0].average_precision

    worst = sorted(pictures, key=precision)[:SHOWN_WORST]
    return [
        f"{precision(picture):5.3f}  {picture.name}: {picture.annotated} annotated, "
        f"{picture.found['UNet'][0].both + picture.found['UNet'][0].only_found} found"
        for picture in worst
    ]
