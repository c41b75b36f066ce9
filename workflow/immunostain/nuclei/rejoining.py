"""Putting nuclei together again that were cut in two by their texture."""

import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull

from immunostain.nuclei.peaks import passes

# Chosen by the validation images of the shipped model and by some of those that it learnt from.
SHALLOW = 0.2  # how much shallower than both middles a cut is that may be none
CONVEX = 0.88  # share of its convex hull that one nucleus fills
LARGEST = 680.0  # pixels at the network's resolution, where the typical nucleus has 450


def rejoin(
    nuclei: np.ndarray, markers: np.ndarray, depth: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Join parts between which the network hardly sees an outline and that make up one nucleus.

    Chromocenters and nucleoli dent the depth of one nucleus; but what two nuclei have in common is
    seldom as convex as one, or larger. The shallowest cuts are judged first.

    Parameters
    ----------
    nuclei
        (Y, X) int32, labels 1..n.
    markers
        (Y, X) int32, the middles of the nuclei by the same numbers.
    depth
        (Y, X) float32, see `unet`, as it was cut.

    Returns
    -------
    nuclei, markers : numpy.ndarray
        As they were given, with fewer numbers, 1..m. Of nuclei that are joined the deepest middle
        stays.
    """
    nuclei, markers = nuclei.copy(), markers.copy()
    pairs, levels = passes(nuclei, depth)
    count = int(nuclei.max(initial=0))
    height = np.append(0.0, ndimage.maximum(depth, markers, np.arange(1, count + 1)))
    area = np.bincount(nuclei.ravel(), minlength=count + 1)
    boxes = ndimage.find_objects(nuclei)
    joined_with = list(range(count + 1))
    depths = np.minimum(*height[pairs.T]) - levels
    for cut in np.argsort(depths, kind="stable"):
        if depths[cut] >= SHALLOW:
            break
        one, other = (_now(joined_with, int(part)) for part in pairs[cut])
        if one == other or area[one] + area[other] > LARGEST:
            continue
        if (height[one], -one) < (height[other], -other):
            one, other = other, one
        box = _around(boxes[one - 1], boxes[other - 1])
        both = (nuclei[box] == one) | (nuclei[box] == other)
        if _filled(both) < CONVEX:
            continue
        nuclei[box][both] = one
        markers[boxes[other - 1]][markers[boxes[other - 1]] == other] = 0
        joined_with[other] = one
        area[one] += area[other]
        boxes[one - 1] = box
    left = np.array([nucleus == other for nucleus, other in enumerate(joined_with)])
    left[0] = False
    numbers = np.where(left, np.cumsum(left), 0).astype(np.int32)
    return numbers[nuclei], numbers[markers]


def _now(joined_with: list[int], nucleus: int) -> int:
    while joined_with[nucleus] != nucleus:
        nucleus = joined_with[nucleus]
    return nucleus


def _around(one: tuple[slice, slice], other: tuple[slice, slice]) -> tuple[slice, slice]:
    rows, columns = (
        slice(min(a.start, b.start), max(a.stop, b.stop)) for a, b in zip(one, other, strict=True)
    )
    return rows, columns


def _filled(mask: np.ndarray) -> float:
    """Tell what share of the convex hull of its pixels, with their corners, a mask fills."""
    y, left = np.arange(len(mask)), mask.argmax(1)
    right = mask.shape[1] - mask[:, ::-1].argmax(1)
    rows = mask.any(1)
    corners = [
        np.stack([y[rows] + below, side[rows]], 1) for below in (0, 1) for side in (left, right)
    ]
    return float(np.count_nonzero(mask) / ConvexHull(np.concatenate(corners)).volume)
