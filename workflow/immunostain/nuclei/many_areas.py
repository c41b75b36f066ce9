"""The nuclei of one picture for many minimum areas, in little more time than for one."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from immunostain.nuclei.from_maps import has_small_holes, nuclei_of_maps
from immunostain.nuclei.labels import enclosed_holes, label_components, label_nuclei
from immunostain.nuclei.separation import Cuts
from immunostain.shared.borders import EIGHT_NEIGHBOURS

_Window = tuple[slice, slice]


class ByArea(NamedTuple):
    """What is found for some minimum areas.

    Attributes
    ----------
    minimum_areas
        In pixels; automatic ones as they were chosen.
    alike
        (Y, X) uint32, labels of objects that are the same for all minimum areas: those are nuclei
        which are not smaller.
    others
        For each minimum area the nuclei that are others for another one, as holes in them are
        filled or not: a label image of a part of the picture, and which part; None: there are none.
    """

    minimum_areas: list[float]
    alike: np.ndarray
    others: list[tuple[np.ndarray, _Window] | None]


def of_mask(mask: np.ndarray, areas: Sequence[float | None], separate: bool) -> ByArea:
    """Do what `labels.label_nuclei` does, for several minimum areas; no nucleus is dropped.

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
    holes = enclosed_holes(mask, max(resolved))
    if not holes.any():
        return ByArea(resolved, _found(mask, 0, separate, cuts), [None] * len(resolved))
    # What a hole touches, were it only with a corner, is joined when it is filled.
    components = label_components(mask)
    touched = np.zeros(int(components.max()) + 1, bool)
    touched[components[ndimage.binary_dilation(holes, EIGHT_NEIGHBOURS)]] = True
    touched[0] = False
    changing = touched[components]
    part = _part_with(changing)
    return ByArea(
        resolved,
        _found(mask & ~changing, 0, separate, cuts),
        [(_found(changing[part], area, separate, cuts), part) for area in resolved],
    )


def _found(mask: np.ndarray, area: float, separate: bool, cuts: Cuts) -> np.ndarray:
    return label_nuclei(mask, area, separate, False, cuts).labels


def _part_with(mask: np.ndarray) -> _Window:
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
    """Do what `from_maps.nuclei_of_maps` does, for several minimum areas; no nucleus is dropped.

    Parameters are those of `nuclei_of_maps`; `areas` are as `minimum_area` there.
    """
    outlined: dict[bytes, np.ndarray] = {}
    whole = np.s_[:, :]

    def found(area: float | None) -> tuple[np.ndarray, float]:
        nuclei = nuclei_of_maps(
            maps, shape, probability, area, separate, False, left_out, outlined
        )
        return nuclei.labels, nuclei.minimum_area

    each = {area: found(area) for area in areas if area is None}
    resolved = [each[area][1] if area is None else area for area in areas]
    # An automatic one may fill other holes than the same number would.
    none_filled = set(outlined) <= {b""}
    if none_filled and not has_small_holes(maps, shape, probability, max(resolved)):
        return ByArea(resolved, found(0)[0], [None] * len(areas))
    each |= {area: found(area) for area in areas if area is not None}
    return ByArea(resolved, np.zeros(shape, np.uint32), [(each[area][0], whole) for area in areas])
