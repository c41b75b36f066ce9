"""From the maps of the neural network to nuclei."""

import numpy as np
from scipy import ndimage

from immunostain.label_resampling import resample_labels
from immunostain.labels import automatic_minimum_area, enclosed_holes, keep_nuclei
from immunostain.resampling import resample
from immunostain.separation import in_raster_order

# Chosen by the validation images of the shipped model; scores change by less than 0.01 when NECK
# is 0.08 or 0.12, BLUR 0.7 or 1.8, or SURER 0.5 or 0.7.
NECK = 0.1  # how much shallower than both middles the place between two nuclei must be
BLUR = 1.4  # sigma of the depth, pixels at the network's resolution
SURER = 0.6  # how far from the probability to certainty a nucleus must be on average

_EIGHT = np.ones((3, 3), bool)


def nuclei_of_maps(
    maps: np.ndarray,
    shape: tuple[int, int],
    probability: float,
    minimum_area: float | None,
    separate: bool,
    exclude_border: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Turn a picture's maps into nuclei at the picture's own resolution.

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
        Pixels of the picture; what is smaller is not a nucleus. None: a quarter of the typical
        nucleus, see `labels.automatic_minimum_area`.
    separate
        Cut nuclei where the network sees an outline between them; otherwise nuclei are the
        connected components of the foreground.
    exclude_border
        Drop nuclei that touch the edge of the picture.

    Returns
    -------
    labels, dropped : numpy.ndarray
        (Y, X), as `labels.label_nuclei` gives them.
    """
    foreground, depth = maps
    level = 255 * probability
    least = level + SURER * (255 - level)
    labels = separate_by_depth(foreground > level, depth, separate)
    labels = _without_unsure(labels, foreground, least)
    smallest = (
        automatic_minimum_area(labels)
        if minimum_area is None
        else minimum_area * foreground.size / (shape[0] * shape[1])
    )
    holes = enclosed_holes(foreground > level, smallest)
    if holes.any():
        foreground = np.where(holes, np.uint8(255), foreground)
        labels = separate_by_depth(foreground > level, depth, separate)
        labels = _without_unsure(labels, maps[0], least)
    labels = resample_labels(labels, resample(foreground, shape) > level)
    in_raster_order(labels, np.flatnonzero(labels), int(labels.max(initial=0)))
    if minimum_area is None:
        minimum_area = automatic_minimum_area(labels)
    return keep_nuclei(labels, minimum_area, exclude_border)


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
    The middles of nuclei are the h-maxima of the depth for h = `NECK`; they are the markers of a
    watershed on the depth.
    """
    components, count = ndimage.label(mask, _EIGHT)
    if not (separate and count):
        return components
    # Here and not above: they take longer to import than an empty picture takes.
    from skimage.morphology import local_maxima, reconstruction
    from skimage.segmentation import watershed

    depth = ndimage.gaussian_filter(depth.astype(np.float32) / 255, BLUR)
    depth[~mask] = -1
    flooded = reconstruction(depth - NECK, depth)
    flooded[~mask] = -2
    tops = local_maxima(np.pad(flooded, 1, constant_values=-2), connectivity=2)[1:-1, 1:-1]
    markers, _ = ndimage.label(tops & mask, _EIGHT)
    return watershed(-depth, markers, connectivity=_EIGHT, mask=mask)


def _without_unsure(labels: np.ndarray, foreground: np.ndarray, least: float) -> np.ndarray:
    """Drop the nuclei whose foreground is on average below `least`."""
    pixels = np.flatnonzero(labels)
    label = labels.ravel()[pixels]
    means = np.bincount(label, foreground.ravel()[pixels]) / np.bincount(label).clip(1)
    return np.where(means[labels] < least, 0, labels) if pixels.size else labels
