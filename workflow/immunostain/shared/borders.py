"""Edges: of the picture and of the nuclei in it."""

import numpy as np

from immunostain.shared.large_pictures import IN_CACHE, bands

# For `ndimage.label` and `watershed`: pixels that share a side or a corner are neighbours.
EIGHT_NEIGHBOURS = np.ones((3, 3), bool)


def touching_border(labels: np.ndarray) -> np.ndarray:
    """Give the labels, sorted, that have a pixel on the edge of the picture, (Y, X)."""
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return np.unique(edge[edge > 0])


def outermost(labels: np.ndarray) -> np.ndarray:
    """Find the pixels of nuclei that have a pixel of another label above, below or beside them.

    Parameters
    ----------
    labels
        (Y, X) label image.

    Returns
    -------
    numpy.ndarray
        (Y, X) bool. What lies at the picture's edge is not outermost for that alone.
    """
    width = labels.shape[1]
    line = np.zeros(labels.shape, bool)
    # Hardly any pixels are at an edge, so all but comparing goes by their places.
    for rows in bands(labels.shape, IN_CACHE):
        flat = labels[rows.start : rows.stop + 1].ravel()  # with the row below
        size = (rows.stop - rows.start) * width
        right = np.flatnonzero(flat[1:size] != flat[: size - 1])
        right = right[(right + 1) % width > 0]
        below = np.flatnonzero(flat[width:] != flat[:-width])
        near = line[rows.start : rows.stop + 1].ravel()
        for place in (right, right + 1, below, below + width):
            near[place] = flat[place] > 0
    return line
