"""The edge of a picture."""

import numpy as np


def touching_border(labels: np.ndarray) -> np.ndarray:
    """Give the labels, sorted, that have a pixel on the edge of the picture, (Y, X)."""
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return np.unique(edge[edge > 0])
