"""Cutting apart nuclei that touch in a foreground mask."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from immunostain.images.numbers import first_pixels, in_raster_order
from immunostain.images.runs import (
    add_up,
    boxes_of_runs,
    runs_of,
    runs_of_nuclei,
    squares_up_to,
)
from immunostain.shared.borders import EIGHT_NEIGHBOURS
from immunostain.shared.large_pictures import Numbers, Window, windows

# All shares or pixels of the grid on which a component is judged, never pixels of the picture:
# small and large nuclei are judged alike. Chosen on masks of annotated nuclei; the scores change
# by less than 0.005 when ELLIPSE is 0.97 or 0.99, or the radius 24.
ELLIPSE = 0.98  # a component this much like an ellipse is one nucleus, notches or not
WORKING_RADIUS = 16  # larger nuclei are judged on a grid coarse enough to make them about this
RIDGE_BLUR = 0.7  # sigma that levels the steps of pixels along the ridge of the distance map
SMALLEST_PEAK = 1.5  # what is thinner is a spur of the outline
WINDOW, MARGIN = 2048, 1024  # pixels; a sheet of nuclei larger than both is cut in windows


Cuts = dict[tuple[tuple[int, ...], bytes], list[tuple[Window, NDArray[np.uint32]]]]


def separate_touching(
    mask: NDArray[np.bool_], neck: float = 0.94, cuts: Cuts | None = None
) -> NDArray[np.uint32]:
    """Label the nuclei of a mask, cutting where they touch.

    A component is cut if its distance map (how far each pixel is from the background) has several
    peaks and the saddle that joins a peak to a higher one lies below `neck` times the peak's own
    height. These are the h-maxima of the map's logarithm for h = -log(neck) [1]_ (the peaks whose
    dynamics [2]_ exceed h), so that nuclei of any size follow the same rule. The peaks that remain
    are the markers of a watershed [3]_ on the map. Components that are nearly ellipses stay whole.

    Parameters
    ----------
    mask
        (Y, X) bool, True in nuclei. Small holes (nucleoli) are best filled before: a hole lowers
        the distance map around it. The picture's edge is not taken for background, which would
        distort the nuclei that it cuts.
    neck
        0-1, how narrow a neck must be, as a share of the radius of the smaller nucleus it joins,
        to be cut. Lower: fewer cuts.
    cuts
        How components were cut before, with the same neck, by their pixels; what is new is added.
        Where masks share components these are cut once. None: nothing is remembered.

    Returns
    -------
    numpy.ndarray
        (Y, X) uint32, labels 1..n in the order of each nucleus's first pixel, row by row; 0
        exactly where the mask is False. Components of the mask and nuclei are 8-connected.

    References
    ----------
    .. [1] P. Soille, Morphological Image Analysis, 2nd ed., Springer 2003, section 6.3.
    .. [2] M. Grimaud, A new measure of contrast: the dynamics, Proc. SPIE 1769 (1992) 292-305.
    .. [3] F. Meyer, Topographic distance and watershed lines, Signal Processing 38 (1994) 113-125.
    """
    mask = np.asarray(mask, bool)
    if not mask.any():
        return np.zeros(mask.shape, np.uint32)
    labels, found = ndimage.label(mask, EIGHT_NEIGHBOURS, output=np.uint32)
    return cut_components(labels, found, neck, cuts)


def cut_components(
    labels: NDArray[np.uint32], found: int, neck: float = 0.94, cuts: Cuts | None = None
) -> NDArray[np.uint32]:
    """Do what `separate_touching` does, of a mask whose components are labelled already.

    Parameters
    ----------
    labels
        (Y, X), the 8-connected components, 1..found in the order of each one's first pixel, row by
        row; overwritten.
    found
        How many there are.
    neck, cuts
        As for `separate_touching`.
    """
    runs = runs_of_nuclei(runs_of(labels))
    count, parts = found, np.flatnonzero(_likeness(*runs, found) < ELLIPSE)
    tops, bottoms, lefts, rights = boxes_of_runs(*runs)[:, parts]
    for part, top, bottom, left, right in zip(parts + 1, tops, bottoms, lefts, rights, strict=True):
        if min(bottom - top, right - left) < 3:
            continue  # too thin for a peak
        box = slice(max(top - 1, 0), bottom + 1), slice(max(left - 1, 0), right + 1)
        nuclei = 1
        for window, cut in _remembered(labels[box] == part, neck, cuts):
            rest = cut > 1
            labels[box][window.inner][rest] = cut[rest] - 1 + count
            nuclei = max(nuclei, int(cut.max()))
        count += nuclei - 1
    return labels if count == found else in_raster_order(labels, count)


def _remembered(
    component: NDArray[np.bool_], neck: float, cuts: Cuts | None
) -> Iterable[tuple[Window, NDArray[np.uint32]]]:
    """Give what `_cut` gives, from memory where it is known."""
    if cuts is None:
        return _cut(component, neck)
    key = component.shape, np.packbits(component).tobytes()
    if key not in cuts:
        cuts[key] = list(_cut(component, neck))
    return cuts[key]


def _cut(component: NDArray[np.bool_], neck: float) -> Iterator[tuple[Window, NDArray[np.uint32]]]:
    """Give the nuclei of a component, 1..n, window by window; nothing if it is one nucleus."""
    step = _step(component)
    numbers = Numbers(component.shape[1])
    # Starts are multiples of the step, so that all windows have the same coarse grid.
    side, margin = (length // step * step for length in (WINDOW, MARGIN))
    cuts = windows(component.shape, side, margin)
    for window in cuts:
        part = component[window.outer]
        seeds, depth = _seeds(part, neck, step)
        if len(cuts) == 1 and len(seeds) < 2:
            return
        cut, places = _flooded(part, seeds, depth, step)
        yield window, numbers.numbers_at(window, *places)[cut[window.kept]]


def _flooded(
    part: NDArray[np.bool_], seeds: list[NDArray], depth: NDArray, step: int
) -> tuple[NDArray, tuple[NDArray, NDArray]]:
    """Give the nuclei that grow from the seeds, 1..n, and the y and x of where each began."""
    # Here and not above: many pictures need no cut, and this import takes longer than they do.
    from skimage.segmentation import watershed

    if step > 1:
        at = np.meshgrid(*((np.arange(n) + 0.5) / step - 0.5 for n in part.shape), indexing="ij")
        depth = ndimage.map_coordinates(depth, at, order=1, mode="nearest")
    markers = np.zeros(part.shape, np.int32)
    y, x = np.reshape(seeds, (-1, 2)).astype(np.intp).T
    markers[y, x] = np.arange(1, len(y) + 1)
    cut = watershed(-depth, markers, connectivity=EIGHT_NEIGHBOURS, mask=part)
    # Pieces that a window's edge cuts off and that have no seed.
    pieces, count = ndimage.label(part & (cut == 0), EIGHT_NEIGHBOURS)
    if not count:
        return cut, (y, x)
    cut[pieces > 0] = pieces[pieces > 0] + len(y)
    more = first_pixels(pieces)
    return cut, (np.concatenate([y, more[0]]), np.concatenate([x, more[1]]))


def ellipse_likeness(labels: NDArray, count: int) -> NDArray[np.float64]:
    """Divide each label's area by that of the ellipse of the same second moments.

    No shape has more than 1; two equal discs that just touch have 0.89.

    Parameters
    ----------
    labels
        (Y, X) whole numbers or bool, labels 1..count, each of at least a pixel.
    count
        The highest label.
    """
    return _likeness(*runs_of_nuclei(runs_of(labels)), count)


def _likeness(
    nucleus: NDArray, length: NDArray, y: NDArray, x: NDArray, count: int
) -> NDArray[np.float64]:
    """Do what `ellipse_likeness` does, from what `runs_of_nuclei` gives."""
    last = x + length - 1
    sum_x = length * (x + last) // 2
    sum_xx = squares_up_to(last) - squares_up_to(x - 1)
    values = (length, length * y, sum_x, length * y * y, sum_xx, sum_x * y)
    return likeness_by_moments(np.array([add_up(nucleus, each, count) for each in values]))


def likeness_by_moments(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Do what `ellipse_likeness` does, from the sums of the pixels' 1, y, x, yy, xx and yx, (6, N).

    Each shape has at least a pixel.
    """
    area = sums[0]
    y, x, yy, xx, yx = sums[1:] / area
    # A pixel is a square, not a point: 1/12 is the variance within it.
    yy, xx, yx = yy - y**2 + 1 / 12, xx - x**2 + 1 / 12, yx - y * x
    return area / (4 * np.pi * np.sqrt(np.maximum(yy * xx - yx**2, 1 / 144)))


def _step(component: NDArray[np.bool_]) -> int:
    """Tell by how much a component may be shrunk to judge it."""
    edges = np.count_nonzero(component[1:] != component[:-1])
    edges += np.count_nonzero(component[:, 1:] != component[:, :-1])
    # Along pixel edges a disc's outline is 8 radii long; a chain of discs has the radius of one.
    radius = 8 / np.pi * np.count_nonzero(component) / max(int(edges), 1)
    return max(1, int(min(radius, max(component.shape) / 2) / WORKING_RADIUS))


def _seeds(component: NDArray[np.bool_], neck: float, step: int) -> tuple[list[NDArray], NDArray]:
    """Find one (y, x) per nucleus of a component; and its distance map, shrunk by the step."""
    coarse = _majority(component, step) if step > 1 else component
    if coarse.all():
        return [], np.zeros(coarse.shape, np.float32)  # no background, so no distance to it
    depth = ndimage.distance_transform_edt(coarse).astype(np.float32)
    depth = ndimage.gaussian_filter(depth, RIDGE_BLUR)
    tops = coarse & (depth >= SMALLEST_PEAK) & (depth == ndimage.maximum_filter(depth, 3))
    peaks = np.flatnonzero(tops)
    heights = depth.ravel()[peaks]
    order = np.argsort(-heights, kind="stable")
    peaks, heights = peaks[order], heights[order]
    # Peaks within 1 % share a cut-off: labelling for each would be slow in a sheet of thousands.
    level = np.round(100 * np.log(heights))
    kept = np.zeros(len(peaks), bool)
    for value in np.unique(level) if len(peaks) > 1 else ():
        above, _ = ndimage.label(depth >= neck * np.exp(value / 100), EIGHT_NEIGHBOURS)
        highest = np.zeros(len(peaks), bool)  # of those joined to it above the cut-off
        highest[np.unique(above.ravel()[peaks], return_index=True)[1]] = True
        kept |= highest & (level == value)
    seeds = []
    for y, x in np.transpose(np.divmod(peaks[kept], depth.shape[1])) * step:
        inside = np.argwhere(component[y : y + step, x : x + step])
        seeds.append(inside[len(inside) // 2] + (y, x))
    return seeds, depth


def _majority(component: NDArray[np.bool_], step: int) -> NDArray[np.bool_]:
    """Shrink by `step`: True where at least half of a block is. The last blocks are filled up."""
    height, width = component.shape
    filled = np.pad(component, ((0, -height % step), (0, -width % step)), "edge")
    blocks = filled.reshape(filled.shape[0] // step, step, filled.shape[1] // step, step)
    return 2 * np.count_nonzero(blocks, axis=(1, 3)) >= step**2
