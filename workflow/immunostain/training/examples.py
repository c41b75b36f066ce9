"""Annotated pictures made ready for training."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from immunostain.network.input import stretch_range
from immunostain.shared.resampling import resample, resample_labels, zoomed

STORED_DIAMETER = 30.0  # pixels, finer than the network's, so that most crops are shrunk from it
MIDDLE = 0.5  # of the largest distance to the outline: where the middle of a nucleus begins
_FLOAT16_LIMIT = 60_000.0  # reached by hot pixels of a picture that is otherwise flat


@dataclass(frozen=True)
class Annotated:
    """A picture and what the network is to say of it, at the resolution of `STORED_DIAMETER`.

    Attributes
    ----------
    picture
        (Y, X) float16, 0 and 1 are the ends of `input.stretch_range`.
    foreground, depth
        (Y, X) float16, 0 to 1, see `unet`.
    nuclei
        (Y, X) int32, 0 is background.
    diameters
        float32, of each nucleus in pixels of this picture; the first stands for the background.
    centres
        (n, 2) float32, (y, x) of the nuclei.
    known
        (Y, X) bool, False where it isn't known what is nucleus; None: it is known everywhere.
    """

    picture: np.ndarray
    foreground: np.ndarray
    depth: np.ndarray
    nuclei: np.ndarray
    diameters: np.ndarray
    centres: np.ndarray
    known: np.ndarray | None = None


@dataclass(frozen=True)
class Source:
    """Annotated pictures of one origin.

    Attributes
    ----------
    weight
        How often they are seen, as a share of the weights of all sources.
    pictures
        At least one.
    """

    weight: float
    pictures: list[Annotated]


def typical_diameter(labels: np.ndarray) -> float | None:
    """Give the median diameter, in pixels, of circles with the nuclei's areas; None: no nuclei."""
    areas = np.bincount(labels.ravel())[1:]
    areas = areas[areas > 0]
    return float(np.median(2 * np.sqrt(areas / np.pi))) if areas.size else None


def annotate(
    picture: np.ndarray, labels: np.ndarray, ignore: np.ndarray | None = None
) -> Annotated:
    """Resample a picture and its nuclei for training and compute the maps to be learnt.

    Parameters
    ----------
    picture
        (Y, X), whole or floating-point numbers.
    labels
        (Y, X), labels 1..n. Without nuclei the picture keeps its resolution.
    ignore
        (Y, X), not 0 where it isn't known what is nucleus; None: it is known everywhere.
    """
    zoom = STORED_DIAMETER / (typical_diameter(labels) or STORED_DIAMETER)
    shape = zoomed(labels.shape, zoom)
    foreground = resample(labels > 0, shape)
    nuclei = resample_labels(labels, foreground > 0.5).astype(np.int32)
    small = resample(picture, shape)
    low, high = stretch_range(small)
    areas = np.bincount(nuclei.ravel(), minlength=labels.max(initial=0) + 1)
    areas[0] = 0
    present = np.flatnonzero(areas)
    stretched = (small - low) / max(high - low, 1e-6)
    return Annotated(
        stretched.clip(-_FLOAT16_LIMIT, _FLOAT16_LIMIT).astype(np.float16),
        foreground.astype(np.float16),
        depth_map(nuclei).astype(np.float16),
        nuclei,
        (2 * np.sqrt(areas / np.pi)).astype(np.float32),
        np.array(ndimage.center_of_mass(nuclei, nuclei, present), np.float32).reshape(-1, 2),
        None if ignore is None else resample(ignore > 0, shape) == 0,
    )


def depth_map(nuclei: np.ndarray) -> np.ndarray:
    """Give how far inside its nucleus each pixel is, (Y, X) float32, 0 to 1; see `unet`.

    From half the way to the middle on it is 1: what is near an outline can be told from what lies
    close by, how far it is to the middle of a long nucleus can't.

    The picture's edge is no outline.
    """
    outline = ndimage.grey_erosion(nuclei, 3) != ndimage.grey_dilation(nuclei, 3)
    if not outline.any():
        return (nuclei > 0).astype(np.float32)
    distance = ndimage.distance_transform_edt(~outline) + 0.5
    deepest = np.full(nuclei.max() + 1, 1.0)
    np.maximum.at(deepest, nuclei.ravel(), distance.ravel())
    depth = np.minimum(distance / (MIDDLE * deepest[nuclei]), 1)
    return np.where(nuclei > 0, depth, 0).astype(np.float32)


def split_off(names: list[str], share: float, seed: int) -> set[str]:
    """Draw a share of some names (at least one) by chance, the same ones for the same seed.

    Examples
    --------
    >>> sorted(split_off(["a", "b", "c", "d"], 0.5, seed=1))
    ['a', 'b']
    >>> sorted(split_off(["a", "b", "c", "d"], 0.5, seed=2))
    ['c', 'd']
    >>> sorted(split_off(["a", "b", "c", "d"], 0.1, seed=2))
    ['d']
    """
    order = np.random.default_rng(seed).permutation(len(names))
    return {names[index] for index in order[: max(1, round(share * len(names)))]}
