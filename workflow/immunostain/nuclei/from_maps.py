"""From the maps of the neural network to nuclei."""

import numpy as np
from scipy import ndimage

from immunostain.images.numbers import first_pixels, in_raster_order, renumber
from immunostain.nuclei.labels import (
    Found,
    areas_of,
    automatic_minimum_area,
    enclosed_holes,
    keep_nuclei,
    label_components,
)
from immunostain.nuclei.peaks import outstanding_peaks
from immunostain.shared.borders import EIGHT_NEIGHBOURS
from immunostain.shared.large_pictures import Numbers, bands, windows
from immunostain.shared.resampling import resample, resample_labels

# Chosen by the validation images of the shipped model and some that it learnt from. AP at IoU 0.5
# falls by up to 0.03 in crowds with a NECK of 0.15 or 0.25, by 0.01 with a SURER of 0.6 or 0.7.
NECK = 0.2  # how much shallower than both middles the place between two nuclei must be
BLUR = 1.4  # sigma of the depth, pixels at the network's resolution
SURER = 0.65  # how far from the probability to certainty a nucleus must be on average
WINDOW, MARGIN = 2048, 192  # pixels at the network's resolution; no nucleus is as wide as a margin
# Pixels of the picture, of an automatic minimum area: noise and hot pixels may look like a nucleus
# to the network, but as a smaller one. A nucleus 8 pixels wide has 50.
LEAST_AREA = 25


def nuclei_of_maps(
    maps: np.ndarray,
    shape: tuple[int, int],
    probability: float,
    minimum_area: float | None,
    separate: bool,
    exclude_border: bool,
    left_out: np.ndarray | None = None,
) -> Found:
    """Turn a picture's maps into nuclei at the picture's own resolution.

    Parameters
    ----------
    maps, shape, probability, minimum_area, separate, left_out
        As for `objects_of_maps`; what is smaller than the minimum area is not a nucleus.
    exclude_border
        Drop nuclei that touch the edge of the picture.
    """
    _, labels = objects_of_maps(maps, shape, probability, minimum_area, separate, left_out)
    return keep_nuclei(labels, resolved_minimum_area(minimum_area, labels), exclude_border)


def resolved_minimum_area(minimum_area: float | None, labels: np.ndarray) -> float:
    """Give a minimum area, chosen by the objects that `objects_of_maps` found if it is None."""
    if minimum_area is None:
        return automatic_minimum_area(areas_of(labels), LEAST_AREA)
    return minimum_area


def objects_of_maps(
    maps: np.ndarray,
    shape: tuple[int, int],
    probability: float,
    minimum_area: float | None,
    separate: bool,
    left_out: np.ndarray | None = None,
    known: dict[bytes, np.ndarray] | None = None,
) -> tuple[bytes, np.ndarray]:
    """Find objects, of which those that are not too small are nuclei, in a picture's maps.

    Their outlines follow the foreground between the network's pixels. Holes that are smaller than a
    nucleus may be are filled first.

    Parameters
    ----------
    maps
        (2, Y, X) uint8 at the network's resolution: foreground and depth, see `unet`, 255 is 1.
    shape
        The picture's (Y, X).
    probability
        0-1, how sure the network must be that a pixel is nucleus. Of a whole nucleus it must be
        surer, see `SURER`: by specks it is seldom convinced.
    minimum_area
        Pixels of the picture; smaller holes are filled. None: a quarter of the typical nucleus, see
        `labels.automatic_minimum_area`, and not below `LEAST_AREA`.
    separate
        Cut nuclei where the network sees an outline between them; otherwise nuclei are the
        connected components of the foreground.
    left_out
        (Y, X) bool, pixels of the picture that tell nothing and so are no nucleus; None: none.
    known
        What was found for other minimum areas, by what tells which holes were filled; what is new
        is added. None: nothing is remembered.

    Returns
    -------
    filled : bytes
        What tells which holes were filled; empty if none were.
    labels : numpy.ndarray
        (Y, X) uint32, numbered in the order of each object's first pixel, row by row.
    """
    foreground, depth = maps
    level = 255 * probability
    least = level + SURER * (255 - level)
    scale = foreground.size / (shape[0] * shape[1])
    labels = None
    if minimum_area is None:
        labels = separate_by_depth(foreground > level, depth, separate)
        _drop_unsure(labels, foreground, least)
        smallest = automatic_minimum_area(areas_of(labels), LEAST_AREA * scale)
    else:
        smallest = minimum_area * scale
    filled = _without_holes(foreground, level, smallest)
    key = b""
    if known is not None and filled is not foreground:
        key = np.packbits(filled != foreground).tobytes()
    if known is not None and key in known:
        return key, known[key]
    if labels is None or filled is not foreground:
        labels = separate_by_depth(filled > level, depth, separate)
        _drop_unsure(labels, foreground, least)
    labels = _at_full_resolution(labels, filled, level, shape, left_out)
    if known is not None:
        known[key] = labels
    return key, labels


def _at_full_resolution(
    labels: np.ndarray,
    filled: np.ndarray,
    level: float,
    shape: tuple[int, int],
    left_out: np.ndarray | None,
) -> np.ndarray:
    """Give the label image of a picture from that at the network's resolution."""
    mask = np.empty(shape, bool)
    for rows in bands(shape):
        mask[rows] = resample(filled, shape, (rows, slice(None))) > level
    if left_out is not None:
        mask &= ~left_out
    labels = resample_labels(labels, mask)
    return in_raster_order(labels, int(labels.max(initial=0)))


def _without_holes(foreground: np.ndarray, level: float, smallest: float) -> np.ndarray:
    """Fill what is enclosed and smaller than a nucleus; the same picture if there is nothing."""
    filled = foreground
    for window in windows(foreground.shape, WINDOW, MARGIN):
        holes = enclosed_holes(foreground[window.outer] > level, smallest)[window.kept]
        if holes.any():
            filled = foreground.copy() if filled is foreground else filled
            filled[window.inner][holes] = 255
    return filled


def separate_by_depth(mask: np.ndarray, depth: np.ndarray, separate: bool) -> np.ndarray:
    """Label the nuclei at the network's resolution.

    Parameters
    ----------
    mask, depth
        (Y, X) bool and uint8.
    separate
        Without it nuclei are the mask's 8-connected components.

    Notes
    -----
    The middles of nuclei are the peaks of the depth that stand out by `NECK`; they are the markers
    of a watershed on the depth. A large picture is cut into windows: what decides where a nucleus
    ends lies within a margin, so two windows find the same middles where they overlap, and a
    nucleus with the same middle is the same.
    """
    if not separate or not mask.any():
        return label_components(mask)
    labels = np.zeros(mask.shape, np.uint32)
    numbers = Numbers(mask.shape[1])
    for window in windows(mask.shape, WINDOW, MARGIN):
        nuclei, middles = _watershed(mask[window.outer], depth[window.outer])
        labels[window.inner] = numbers.numbers_at(window, *middles)[nuclei[window.kept]]
    return labels


def _watershed(mask: np.ndarray, depth: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Give the nuclei of a window, labels 1..n, and y and x of the first pixel of each middle."""
    # Here and not above: it takes longer to import than an empty picture takes.
    from skimage.segmentation import watershed

    depth = ndimage.gaussian_filter(depth.astype(np.float32) / 255, BLUR)
    markers = outstanding_peaks(depth, mask, NECK)
    nuclei = watershed(-depth, markers, connectivity=EIGHT_NEIGHBOURS, mask=mask)
    return nuclei, first_pixels(markers)


def _drop_unsure(labels: np.ndarray, foreground: np.ndarray, least: float) -> None:
    """Drop the nuclei whose foreground is on average below `least`, in place."""
    sums, pixels = np.zeros((2, int(labels.max(initial=0)) + 1))
    for rows in bands(labels.shape):
        place = np.flatnonzero(labels[rows] != 0)
        label = labels[rows].ravel()[place].astype(np.intp)
        sums += np.bincount(label, foreground[rows].ravel()[place], sums.size)
        pixels += np.bincount(label, minlength=sums.size)
    numbers = np.arange(sums.size, dtype=np.uint32)
    unsure = sums < least * pixels
    if unsure.any():
        numbers[unsure] = 0
        renumber(labels, numbers)
