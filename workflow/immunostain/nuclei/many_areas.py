"""The nuclei of one picture for many minimum areas, in little more time than for one."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from immunostain.nuclei.from_maps import objects_of_maps, resolved_minimum_area
from immunostain.nuclei.labels import enclosed_holes, label_components, label_nuclei
from immunostain.nuclei.separation import Cuts
from immunostain.shared.borders import EIGHT_NEIGHBOURS

_WHOLE = (slice(None), slice(None))


class Objects(NamedTuple):
    """Objects that are found for some of the minimum areas.

    Attributes
    ----------
    labels
        (Y, X) uint32, a label image of a part of the picture.
    part
        Which part.
    numbers
        For which of the minimum areas they are found.
    """

    labels: np.ndarray
    part: tuple[slice, slice]
    numbers: tuple[int, ...]


class ByArea(NamedTuple):
    """What is found for each minimum area: those of its objects that are not smaller are nuclei.

    Attributes
    ----------
    minimum_areas
        In pixels; automatic ones as they were chosen.
    objects
        All that are found. No two that are found for the same minimum area share a pixel.
    """

    minimum_areas: list[float]
    objects: list[Objects]


def of_mask(mask: np.ndarray, areas: Sequence[float | None], separate: bool) -> ByArea:
    """Do what `labels.label_nuclei` does, for several minimum areas; none is dropped at the edge.

    Parameters
    ----------
    mask, separate
        As there.
    areas
        As `minimum_area` there.
    """
    cuts: Cuts = {}
    resolved = [
        label_nuclei(mask, None, separate, False, cuts).minimum_area if area is None else area
        for area in areas
    ]

    def found(mask: np.ndarray, area: float) -> np.ndarray:
        return label_nuclei(mask, area, separate, False, cuts).labels

    every = tuple(range(len(areas)))
    holes = enclosed_holes(mask, max(resolved))
    if not holes.any():
        return ByArea(resolved, [Objects(found(mask, 0), _WHOLE, every)])
    # What a hole touches, were it only with a corner, is joined when it is filled.
    components = label_components(mask)
    touched = np.zeros(int(components.max()) + 1, bool)
    touched[components[ndimage.binary_dilation(holes, EIGHT_NEIGHBOURS)]] = True
    touched[0] = False
    changing = touched[components]
    part = _part_with(changing)
    objects = [Objects(found(mask & ~changing, 0), _WHOLE, every)]
    for area in dict.fromkeys(resolved):
        numbers = tuple(n for n in every if resolved[n] == area)
        objects.append(Objects(found(changing[part], area), part, numbers))
    return ByArea(resolved, objects)


def _part_with(mask: np.ndarray) -> tuple[slice, slice]:
    """Give the part of a picture with all pixels of a mask, and one more around them."""
    sides = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    rows, columns = (slice(max(0, int(side[0]) - 1), int(side[-1]) + 2) for side in sides)
    return rows, columns


def of_maps(
    maps: np.ndarray,
    shape: tuple[int, int],
    probability: float,
    areas: Sequence[float | None],
    separate: bool,
    left_out: np.ndarray | None = None,
) -> ByArea:
    """Do what `from_maps.nuclei_of_maps` does, for several minimum areas, like `of_mask`.

    Parameters are those of `nuclei_of_maps`; `areas` are as `minimum_area` there.
    """
    known: dict[bytes, np.ndarray] = {}
    numbers: dict[bytes, list[int]] = {}
    resolved = []
    for number, area in enumerate(areas):
        filled, labels = objects_of_maps(maps, shape, probability, area, separate, left_out, known)
        numbers.setdefault(filled, []).append(number)
        resolved.append(resolved_minimum_area(area, labels))
    objects = [Objects(known[filled], _WHOLE, tuple(of)) for filled, of in numbers.items()]
    return ByArea(resolved, objects)
