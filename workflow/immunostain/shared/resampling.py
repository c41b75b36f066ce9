"""Pictures and label images at another resolution."""

import numpy as np
from PIL import Image

from immunostain.shared.large_pictures import bands
from immunostain.shared.left_out import left_out

WHOLE = (slice(None), slice(None))


def resample(
    picture: np.ndarray,
    shape: tuple[int, int],
    window: tuple[slice, slice] = WHOLE,
) -> np.ndarray:
    """Resample a picture; where it shrinks, each pixel is a mean (of triangular weights).

    Parameters
    ----------
    picture
        (Y, X), whole or floating-point numbers. Masked pixels are taken as what they hold.
    shape
        The new (Y, X): the same part of the world, the edges stay where they are.
    window
        The part of the new picture that is wanted, so that a large one need never be there whole.

    Returns
    -------
    numpy.ndarray
        float32 of that shape, or of the window's; masked is what masked pixels have a part in.
    """
    masked = left_out(picture)
    if masked is not None:
        resampled = resample(np.ma.getdata(picture), shape, window)
        return np.ma.MaskedArray(resampled, resample(masked, shape, window) > 0)
    if picture.shape == shape:
        return np.array(picture[window], np.float32)
    if window == WHOLE and len(bands(picture.shape)) > 1:
        resampled = np.empty(shape, np.float32)
        share = shape[0] * shape[1] // len(bands(picture.shape))
        for rows in bands(shape, share):
            resampled[rows] = resample(picture, shape, (rows, slice(None)))
        return resampled
    parts, box, size = [], [], []
    for old, new, side in zip(picture.shape, shape, window, strict=True):
        start, stop, _ = side.indices(new)
        first, last = start * old / new, stop * old / new
        reach = max(1.0, old / new) + 1  # further pixels have no weight
        begin = max(0, int(first - reach))
        parts.append(slice(begin, min(old, int(last + reach) + 1)))
        box.append((first - begin, last - begin))
        size.append(stop - start)
    image = Image.fromarray(np.asarray(picture[tuple(parts)], np.float32))
    (top, bottom), (left, right) = box
    corners = (left, top, right, bottom)
    return np.asarray(image.resize(size[::-1], Image.Resampling.BILINEAR, corners))


def zoomed(shape: tuple[int, int], zoom: float) -> tuple[int, int]:
    """Give the (Y, X) of a picture that is enlarged (or shrunk) by a factor, at least 1 each."""
    height, width = (max(1, round(side * zoom)) for side in shape)
    return height, width


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
    above, left = (
        _neighbours(np.arange(new), new, old)[0]
        for new, old in zip(mask.shape, labels.shape, strict=True)
    )
    uniform = _like_the_next(labels)
    rows = max(1, _BAND // max(1, mask.shape[1]))
    for top in range(0, mask.shape[0], rows):
        # Twice as fast as to ask for the two places of each pixel.
        y, x = np.divmod(np.flatnonzero(mask[top : top + rows]), mask.shape[1])
        y += top
        first = above[y], left[x]
        found = labels[first]
        outline = np.flatnonzero(~uniform[first])  # where there is something to vote on
        found[outline] = _vote(labels, mask.shape, y[outline], x[outline])
        carried[y, x] = found
    return carried


def _like_the_next(labels: np.ndarray) -> np.ndarray:
    """Tell where a pixel, the one below it, the one after it and that after these are the same."""
    padded = np.pad(labels, ((0, 1), (0, 1)), "edge")
    here, below = padded[:-1, :-1], padded[1:, :-1]
    return (here == below) & (here == padded[:-1, 1:]) & (here == padded[1:, 1:])


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
