"""Label images: which pixels belong to which nucleus.

In a label image the background is 0 and nucleus number n (its id in all tables, counted from 0 in
each frame) has the value n + 1.
"""

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from immunostain.images.numbers import renumber
from immunostain.nuclei.separation import Cuts, cut_components, separate_touching
from immunostain.shared.borders import EIGHT_NEIGHBOURS, touching_border
from immunostain.shared.large_pictures import bands

# Pixels, of an automatic minimum area of nuclei that were found by their brightness. The specks of
# a camera's noise are smaller, all but ten in a million pixels at worst, where a picture is empty
# and so noise is all that there is; a nucleus 8 pixels wide has as many.
LEAST_AREA = 50
MOST_OF_PICTURE = 0.5  # a piece that is more of it is no clump of nuclei
_REMEMBERED = 1 << 24  # pixels of a picture; in a larger one, cuts would need too much memory


class Found(NamedTuple):
    """The nuclei of a frame, and what was dropped.

    Attributes
    ----------
    labels
        (Y, X) uint32, labels 1..n in the order of each nucleus's first pixel, row by row.
    dropped
        (Y, X) bool, the pixels of nuclei that were dropped at the edge: they are not measured, but
        they are nucleus, so no perinuclear ring may grow into them.
    too_small
        How many objects were dropped because they are smaller than the minimum area.
    at_edge
        How many nuclei were dropped because they touch the edge.
    minimum_area
        That was used, in pixels.
    """

    labels: np.ndarray
    dropped: np.ndarray
    too_small: int
    at_edge: int
    minimum_area: float


def label_nuclei(
    mask: np.ndarray,
    minimum_area: float | None,
    separate: bool,
    exclude_border: bool,
    cuts: Cuts | None = None,
) -> Found:
    """Turn the pixels that are nucleus into nuclei.

    Holes that are smaller than a nucleus may be (nucleoli) are filled first.

    Parameters
    ----------
    mask
        (Y, X) bool.
    minimum_area
        Pixels; what is smaller is not a nucleus. None: `automatic_minimum_area` of what there is
        before holes are filled, and not below `LEAST_AREA`.
    separate
        Cut touching nuclei apart.
    exclude_border
        Drop nuclei that touch the edge of the picture.
    cuts
        As for `separation.separate_touching`, of other masks or minimum areas.
    """
    labels = None
    if minimum_area is None:
        if cuts is None and mask.size <= _REMEMBERED:
            cuts = {}  # nuclei with holes are cut twice: before these are filled, and after
        minimum_area, labels = _automatic(mask, separate, cuts)
    mask, specks = _without_small(mask, minimum_area)
    holes = enclosed_holes(mask, minimum_area)
    if labels is not None and not holes.any():  # so they are the same nuclei
        labels[~mask] = 0
    else:
        mask |= holes
        labels = None  # a large picture and two label images need not be in memory together
        labels = separate_touching(mask, cuts=cuts) if separate else label_components(mask)
    found = keep_nuclei(labels, minimum_area, exclude_border)
    return found._replace(too_small=specks + found.too_small)


def label_components(mask: np.ndarray) -> np.ndarray:
    """Label the 8-connected components of a mask, (Y, X) bool: uint32, 1..n."""
    return ndimage.label(mask, EIGHT_NEIGHBOURS, output=np.uint32)[0]


def keep_nuclei(labels: np.ndarray, minimum_area: float, exclude_border: bool) -> Found:
    """Drop what is too small or cut by the picture's edge, and number the rest.

    Parameters are those of `label_nuclei`; `labels` is (Y, X) uint32, numbered in the order of each
    nucleus's first pixel, row by row, and is overwritten.
    """
    areas = areas_of(labels)
    keep = areas >= minimum_area
    keep[0] = False
    too_small = int(np.count_nonzero(areas) - np.count_nonzero(keep))
    drop = np.zeros_like(keep)
    if exclude_border:
        drop[touching_border(labels)] = True
        drop &= keep
    numbers = np.zeros(keep.size, np.uint32)
    keep &= ~drop
    numbers[keep] = np.arange(1, np.count_nonzero(keep) + 1)
    dropped = np.zeros(labels.shape, bool)
    if keep[1:].all():
        return Found(labels, dropped, too_small, 0, minimum_area)
    if drop.any():
        for rows in bands(labels.shape):
            dropped[rows] = drop[labels[rows]]
    renumber(labels, numbers)
    return Found(labels, dropped, too_small, int(np.count_nonzero(drop)), minimum_area)


def areas_of(labels: np.ndarray) -> np.ndarray:
    """Count the pixels of each label from 0 to the highest; those of the background as 0."""
    counts = np.zeros(int(labels.max(initial=0)) + 1, np.intp)
    for rows in bands(labels.shape):
        band = labels[rows]
        counts += np.bincount(band[band > 0], minlength=counts.size)
    return counts


def automatic_minimum_area(areas: np.ndarray, least: float) -> float:
    """Choose a minimum area from those of a frame's objects: a quarter of the typical one's.

    The typical object is the one in which half of all foreground pixels lie in objects of its size
    or smaller; any number of small specks hardly moves it, as they would a mean or a median. Where
    there is no nucleus all objects are specks; so it is never below `least`.
    """
    areas = np.sort(areas[areas > 0])
    if areas.size == 0:
        return float(least)
    pixels = areas.cumsum()
    return max(float(areas[np.searchsorted(pixels, pixels[-1] / 2)]) / 4, float(least))


def _automatic(
    mask: np.ndarray, separate: bool, cuts: Cuts | None
) -> tuple[float, np.ndarray | None]:
    """Choose a minimum area for the nuclei of a mask, and give these as they are without it.

    They are cut apart, or a clump would count as a large one. But a piece that is most of the
    picture is what lies between nuclei, or noise: cut apart it would be many nuclei. Then None is
    given for them.
    """
    labels = label_components(mask)
    areas = areas_of(labels)
    if not separate:
        return automatic_minimum_area(areas, LEAST_AREA), labels
    if areas.max() > MOST_OF_PICTURE * mask.size:
        return automatic_minimum_area(areas, LEAST_AREA), None
    large = areas >= LEAST_AREA
    large[0] = False
    numbers = np.where(large, large.cumsum(), 0).astype(np.uint32)
    renumber(labels, numbers)
    labels = cut_components(labels, int(np.count_nonzero(large)), cuts=cuts)
    return automatic_minimum_area(areas_of(labels), LEAST_AREA), labels


def _without_small(mask: np.ndarray, minimum_area: float) -> tuple[np.ndarray, int]:
    """Drop components that are too small as a whole, so that they need not be looked at further.

    Gives the rest of the mask and the number of components dropped.
    """
    components = label_components(mask)
    small = areas_of(components) < minimum_area
    kept = mask.copy()
    for rows in bands(mask.shape):
        place = np.flatnonzero(mask[rows])  # mostly a small part of the picture, so this is quick
        kept[rows].ravel()[place[small[components[rows].ravel()[place]]]] = False
    return kept, int(np.count_nonzero(small[1:]))


def enclosed_holes(mask: np.ndarray, minimum_area: float) -> np.ndarray:
    """Find background that is enclosed and smaller than a nucleus."""
    background, count = ndimage.label(~mask)  # 4-connected, as nuclei are 8-connected
    enclosed = np.ones(count + 1, bool)
    enclosed[0] = False
    enclosed[touching_border(background)] = False
    hole = np.empty(mask.shape, bool)
    pixels = np.zeros(count + 1, np.intp)
    for rows in bands(mask.shape):
        hole[rows] = enclosed[background[rows]]
        pixels += np.bincount(background[rows][hole[rows]], minlength=count + 1)
    large = pixels >= minimum_area
    if large.any():
        for rows in bands(mask.shape):
            place = np.flatnonzero(hole[rows])
            hole[rows].ravel()[place[large[background[rows].ravel()[place]]]] = False
    return hole
