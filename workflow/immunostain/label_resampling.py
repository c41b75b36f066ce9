"""Label images at another resolution."""

import numpy as np

_BAND = 2_000_000  # pixels worked on at a time


def resample_labels(labels: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Carry the labels of a picture to the pixels of a mask with more or fewer of them.

    Of the four pixels around its place each pixel of the mask takes the label with the largest sum
    of bilinear weights, so that the lines between touching nuclei have no stairs.

    Parameters
    ----------
    labels
        (Y, X) whole numbers, 0 is background.
    mask
        Bool, the new shape, True where a label is wanted. Both show the same part of the world.

    Returns
    -------
    numpy.ndarray
        uint32 of the mask's shape: 0 where the mask is False or no label is near.
    """
    carried = np.zeros(mask.shape, np.uint32)
    rows = max(1, _BAND // max(1, mask.shape[1]))
    for top in range(0, mask.shape[0], rows):
        y, x = np.nonzero(mask[top : top + rows])
        if y.size:
            carried[y + top, x] = _vote(labels, mask.shape, y + top, x)
    return carried


def _vote(labels: np.ndarray, shape: tuple[int, int], y: np.ndarray, x: np.ndarray) -> np.ndarray:
    (above, below, down), (left, right, along) = (
        _neighbours(place, new, old)
        for place, new, old in zip((y, x), shape, labels.shape, strict=True)
    )
    candidates = [labels[above, left], labels[above, right], labels[below, left]]
    candidates.append(labels[below, right])
    shares = [(1 - down) * (1 - along), (1 - down) * along, down * (1 - along), down * along]
    shares = [
        np.where(label > 0, share, 0) for label, share in zip(candidates, shares, strict=True)
    ]
    best, most = candidates[0], np.zeros(y.size, np.float32)
    for label in candidates:
        votes = sum(
            np.where(other == label, share, 0)
            for other, share in zip(candidates, shares, strict=True)
        )
        better = votes > most
        best, most = np.where(better, label, best), np.where(better, votes, most)
    return best


def _neighbours(place: np.ndarray, new: int, old: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the pixels before and after a place, and how far it is from the first to the second."""
    at = ((place + 0.5) * (old / new) - 0.5).clip(0, old - 1).astype(np.float32)
    before = at.astype(np.intp)
    return before, np.minimum(before + 1, old - 1), at - before
