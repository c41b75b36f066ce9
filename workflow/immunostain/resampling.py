"""Pictures at another resolution."""

import numpy as np
from PIL import Image

from immunostain.bands import bands
from immunostain.left_out import left_out

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
        resampled = resample(picture.data, shape, window)
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
    return tuple(max(1, round(side * zoom)) for side in shape)
