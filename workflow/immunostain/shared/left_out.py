"""Pixels that tell nothing, which no statistic counts.

No tile covers them, or they are no number. In a picture they are masked (`numpy.ma`), and 0; a
picture in which every pixel counts is a plain array.
"""

import numpy as np


def left_out(picture: np.ndarray) -> np.ndarray | None:
    """Give which pixels of a picture are left out, bool of its shape; None: none is."""
    return np.ma.getmaskarray(picture) if isinstance(picture, np.ma.MaskedArray) else None


def pixels_that_count(picture: np.ndarray) -> np.ndarray:
    """Give the pixels that count.

    Returns
    -------
    numpy.ndarray
        The picture itself where all do, else (1, N) with those that do.
    """
    if left_out(picture) is None:
        return picture
    return np.ma.compressed(picture)[None]
