"""Bring a frame to the 8 bits on which the threshold works."""

import numpy as np

from immunostain.shared.large_pictures import IN_CACHE, bands
from immunostain.shared.left_out import left_out, pixels_that_count

PERCENTILE = 99.99
_EVERY = 61  # pixels of which one is looked at first


def brightness_range(frame: np.ndarray) -> tuple[float, float]:
    """Give the intensities that become 0 and 255.

    The upper one is the 99.99th percentile of the pixels that are not 0, so that a few hot pixels
    don't darken all else. This is the scale to which the levels of the original program
    (Immunostained Image Analysis 1.3) refer.

    Parameters
    ----------
    frame
        (Y, X), whole or floating-point numbers; masked pixels don't count.
    """
    frame = pixels_that_count(frame)
    return float(frame.min()) if frame.size else 0.0, _bright(frame)


def to_8_bit(frame: np.ndarray, low: float, high: float) -> np.ndarray:
    """Stretch a frame so that `low` becomes 0 and `high` 255; what lies beyond is clipped.

    Parameters
    ----------
    frame
        (Y, X), whole or floating-point numbers.
    low, high
        As `brightness_range` gives them.

    Returns
    -------
    numpy.ndarray
        (Y, X) uint8; all 0 where `high` is not above `low`, as in a frame of one brightness, and
        0 where a pixel is masked.
    """
    if not high > low:
        return np.zeros(frame.shape, np.uint8)
    masked = left_out(frame)
    if masked is not None:
        return np.where(masked, np.uint8(0), to_8_bit(np.ma.getdata(frame), low, high))
    if frame.dtype in (np.uint8, np.uint16):
        # A table of all possible intensities is quicker than arithmetic on every pixel.
        intensities = np.arange(int(np.iinfo(frame.dtype).max) + 1)
        return _stretch(intensities, low, high)[frame]
    return _stretch(frame, low, high)


def _stretch(values: np.ndarray, low: float, high: float) -> np.ndarray:
    scaled = (values.astype(np.float64) - low) * (255 / (high - low))
    return np.rint(scaled.clip(0, 255)).astype(np.uint8)


def _bright(frame: np.ndarray) -> float:
    """Give the percentile of the pixels that are not 0, as `numpy.percentile` does."""
    if frame.dtype not in (np.uint8, np.uint16):
        pixels = frame[frame > 0]
        return float(np.percentile(pixels, PERCENTILE)) if pixels.size else 0.0
    count = int(np.count_nonzero(frame))
    if count == 0:
        return 0.0
    rank = (count - 1) * PERCENTILE / 100
    lower, upper = _brightest(frame, count - int(rank))[:2]
    return float(lower + (upper - lower) * (rank - int(rank)))


def _brightest(frame: np.ndarray, count: int) -> np.ndarray:
    """Give the least bright of the `count` brightest pixels and those above it, in rising order.

    The last is given twice. To count or sort all pixels takes five times as long as to look in a
    sample from where on they are to be sought.
    """
    sample = frame.ravel()[::_EVERY]
    many = 4 * count // _EVERY + 1  # if the sample is fair, a quarter of it
    floor = np.partition(sample, -many)[-many] if sample.size > many else 0
    bright = _at_least(frame, max(1, int(floor)))
    if bright.size < count:
        bright = _at_least(frame, 1)
    bright.sort()
    return np.append(bright[-count:], bright[-1])


def _at_least(frame: np.ndarray, level: int) -> np.ndarray:
    found = [band[band >= level] for band in (frame[rows] for rows in bands(frame.shape, IN_CACHE))]
    return np.concatenate(found)


def smooth(picture: np.ndarray) -> np.ndarray:
    """Blur an 8-bit picture with a Gaussian of sigma 1.1 on 5 x 5 pixels.

    Parameters
    ----------
    picture
        (Y, X) uint8.

    Returns
    -------
    numpy.ndarray
        (Y, X) uint8, rounded; beyond the edge the picture is mirrored.
    """
    weights = np.exp(-(np.arange(3) ** 2) / (2 * 1.1**2))
    weights = (weights / (weights.sum() * 2 - 1)).astype(np.float32)
    mirrored = np.pad(picture, 2, mode="reflect")
    blurred = np.empty_like(picture)
    for y in range(0, picture.shape[0], 32):  # in bands that fit into the processor's cache
        band = mirrored[y : y + 36].astype(np.float32)
        band = _blur_rows(_blur_rows(band, weights).T, weights).T
        blurred[y : y + 32] = np.rint(band)
    return blurred


def _blur_rows(band: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Blur along the first axis, which becomes shorter by 4."""
    rows = len(band) - 4
    blurred = band[2 : rows + 2] * weights[0]
    for step in (1, 2):
        blurred += (band[2 - step : rows + 2 - step] + band[2 + step :][:rows]) * weights[step]
    return blurred
