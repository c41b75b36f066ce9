"""What each setting finds in a region of a frame, by the code that a run uses."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from immunostain.images.eight_bit import brightness_range
from immunostain.nuclei import many_areas, threshold
from immunostain.nuclei.by_threshold import stretched
from immunostain.nuclei.many_areas import ByArea
from immunostain.preview.contours import Canvas, Contours, objects_of
from immunostain.preview.regions import Region

_PER_OCTAVE = 2  # bins of the histogram of areas


def masks_by_level(
    frame: np.ndarray, regions: Sequence[Region], levels: Sequence[int | str]
) -> list[list[np.ndarray]]:
    """Find the pixels of nuclei in regions of a frame.

    Parameters
    ----------
    frame
        (Y, X), all of it: how it is stretched and which level is chosen depends on all of it.
    regions
        The regions.
    levels
        Values of `segmentation.threshold.level`.

    Returns
    -------
    list
        For each region a mask of its window, (Y, X) bool, for each level.
    """
    picture = stretched(frame, *brightness_range(frame))
    noise = threshold.only_noise(frame)
    windows = [region.window() for region in regions]
    masks: list[list[np.ndarray]] = [[] for _ in regions]
    for level in levels:
        whole = None if isinstance(level, int) else threshold.above_level(picture, level)
        for window, of_region in zip(windows, masks, strict=True):
            if whole is None:
                mask = threshold.above_level(picture[window], level)
            else:
                mask = whole[window].copy()
            of_region.append(np.zeros_like(mask) if noise else mask)
    return masks


def by_level(
    masks: Sequence[np.ndarray], areas: Sequence[float | None], on: Canvas, known: Contours
) -> list[list[dict[str, Any]]]:
    """Find the nuclei of a region by threshold.

    Parameters
    ----------
    masks
        What `masks_by_level` gives for the region.
    areas
        Minimum areas in pixels, None: automatic; the first number is 0.
    on, known
        As for `contours.objects_of`.

    Returns
    -------
    list
        For each level what is found without and with separation, see `_result`.
    """
    return [
        [
            _result(many_areas.of_mask(mask, areas, separate), areas, on, known)
            for separate in (False, True)
        ]
        for mask in masks
    ]


def by_probability(
    maps: np.ndarray,
    region: Region,
    probabilities: Sequence[float],
    areas: Sequence[float | None],
    left_out: np.ndarray | None,
    on: Canvas,
    known: Contours,
) -> list[list[dict[str, Any]]]:
    """Find the nuclei of a region by what the network said of its window.

    Parameters
    ----------
    maps
        (2, Y, X) uint8, see `predict.predict`.
    region
        The region.
    areas, on, known
        As for `by_level`.
    probabilities
        Values of `segmentation.unet.probability`.
    left_out
        (Y, X) bool, pixels of the window that tell nothing; None: none.

    Returns
    -------
    list
        As `by_level` gives them, for each probability.
    """
    shape = region.window_height, region.window_width
    return [
        [
            _result(
                many_areas.of_maps(maps, shape, probability, areas, separate, left_out),
                areas,
                on,
                known,
            )
            for separate in (False, True)
        ]
        for probability in probabilities
    ]


def _result(
    found: ByArea, areas: Sequence[float | None], on: Canvas, known: Contours
) -> dict[str, Any]:
    """Give the numbers of contours for each minimum area, and how large objects are.

    Returns
    -------
    dict
        ``sizes``: pairs of the least area of a bin, in pixels, and how many objects are in it,
        whatever the minimum area. ``areas``: for each minimum area itself (``minimum_area_px``),
        the contours of nuclei (``nuclei``) and of those that touch the edge of the frame
        (``at_edge``), and how many objects are smaller (``too_small``).
    """
    kinds = [
        (objects_of(objects.labels, objects.part, on, known), objects.numbers)
        for objects in found.objects
    ]
    whatever = areas.index(0)
    sizes = np.concatenate([each.area_px for each, numbers in kinds if whatever in numbers])
    results = []
    for number, least in enumerate(found.minimum_areas):
        mine = [each for each, numbers in kinds if number in numbers]
        large = np.concatenate([each.area_px for each in mine]) >= least
        contour = np.concatenate([each.contour for each in mine])[large]
        at_edge = np.concatenate([each.at_edge for each in mine])[large]
        results.append(
            {
                "minimum_area_px": round(float(least), 2),
                "nuclei": contour[~at_edge].tolist(),
                "at_edge": contour[at_edge].tolist(),
                "too_small": max(0, len(sizes) - len(contour)),
            }
        )
    return {"sizes": _histogram(sizes), "areas": results}


def _histogram(areas: np.ndarray) -> list[list[float]]:
    bins, counts = np.unique(np.floor(_PER_OCTAVE * np.log2(areas)), return_counts=True)
    return [
        [round(float(2 ** (number / _PER_OCTAVE)), 2), int(count)]
        for number, count in zip(bins, counts, strict=True)
    ]
