"""Tell nuclei from background by how bright a pixel is."""

import numpy as np


def above_level(picture: np.ndarray, level: int | str) -> np.ndarray:
    """Find the pixels that belong to nuclei.

    Parameters
    ----------
    picture
        (Y, X) uint8, normalised and smoothed.
    level
        Pixels brighter than this number are nucleus; or the name of a method: ``otsu``, ``li`` and
        ``triangle`` find one level for the frame, ``local`` one for each pixel, from its
        surroundings, for a background that is uneven.

    Returns
    -------
    numpy.ndarray
        (Y, X) bool. A picture of one brightness has no nuclei.

    Notes
    -----
    The methods are those of `skimage.filters`. The local level is the Gaussian mean over a window
    of an eighth of the picture's shorter side, and at least half of Otsu's level, because among
    nothing but background every local level finds noise.
    """
    if isinstance(level, int):
        return picture > level
    if picture.min() == picture.max():
        return np.zeros(picture.shape, bool)
    from skimage import filters  # a second to import, so only where it is used

    methods = {
        "otsu": filters.threshold_otsu,
        "li": filters.threshold_li,
        "triangle": filters.threshold_triangle,
    }
    if level in methods:
        return picture > methods[level](picture)
    window = max(51, min(picture.shape) // 8 | 1)
    local = filters.threshold_local(picture, window, method="gaussian")
    return picture > np.maximum(local, filters.threshold_otsu(picture) / 2)
