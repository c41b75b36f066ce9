"""The numbers of nuclei in a label image."""

import numpy as np
from numpy.typing import NDArray

from immunostain.shared.large_pictures import bands


def renumber(labels: np.ndarray, numbers: np.ndarray) -> None:
    """Give nuclei other numbers, in place.

    Mostly background is looked at, so looking for nuclei first takes a quarter of the time.

    Parameters
    ----------
    labels
        (Y, X) whole numbers, C-contiguous.
    numbers
        The new number of each old one, of which 0 stays 0.
    """
    for rows in bands(labels.shape):
        pixels = labels[rows].reshape(-1, copy=False)
        place = np.flatnonzero(pixels != 0)
        pixels[place] = numbers[pixels[place]]


def first_pixels(labels: NDArray) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give y and x of the first pixel, row by row, of each label, 1..n, of a picture (Y, X)."""
    place = np.flatnonzero(labels != 0)
    first = place[np.unique(labels.ravel()[place], return_index=True)[1]]
    return np.divmod(first, labels.shape[1])


def in_raster_order(labels: NDArray, count: int) -> NDArray[np.uint32]:
    """Renumber nuclei, in place, in the order of each one's first pixel, row by row.

    Parameters
    ----------
    labels
        (Y, X), C-contiguous, labels 1..count; some may be missing.
    count
        The highest label.
    """
    first = np.full(count, labels.size)
    for rows in reversed(bands(labels.shape)):
        label_of_pixel = labels[rows].ravel()
        place = np.flatnonzero(label_of_pixel != 0)[::-1]  # the last one written is the first
        first[label_of_pixel[place].astype(np.intp) - 1] = place + rows.start * labels.shape[1]
    rank = np.zeros(count + 1, np.uint32)
    rank[np.argsort(first) + 1] = np.arange(1, count + 1)
    renumber(labels, rank)
    return labels
