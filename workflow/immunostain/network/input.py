"""What the neural network is shown: a picture with its brightness stretched."""

from typing import Any

import numpy as np

from immunostain.shared.left_out import pixels_that_count

DARK, BRIGHT = 1.0, 99.8  # percentiles
NOISE_SHARE = 10.0  # the stretched range is at least so many times the noise
_KNEE = 0.05  # below this share of the range the second channel is nearly linear


def stretch_range(picture: np.ndarray) -> tuple[float, float]:
    """Give the intensities that the network sees as 0 and 1.

    They are percentiles, but further apart than `NOISE_SHARE` times the noise from pixel to pixel,
    so that an empty frame stays empty.

    Parameters
    ----------
    picture
        (Y, X) at the network's resolution; masked pixels don't count.
    """
    known = pixels_that_count(picture)
    if known.size == 0:
        return 0.0, 0.0
    low, high = np.percentile(known, (DARK, BRIGHT))
    steps = pixels_that_count(np.abs(np.diff(picture, axis=1)))
    noise = 1.4826 * np.median(steps) / 2**0.5 if steps.size else 0.0
    return float(low), float(max(high, low + NOISE_SHARE * noise))


def network_input(picture: np.ndarray, low: float, high: float) -> np.ndarray:
    """Stretch a picture twice: evenly, and so that dim nuclei beside bright ones can be seen.

    Parameters
    ----------
    picture
        (Y, X) float32 at the network's resolution.
    low, high
        As `stretch_range` gives them.

    Returns
    -------
    numpy.ndarray
        (2, Y, X) float32; all 0 where `high` is not above `low`.
    """
    if not high > low:
        return np.zeros((2, *picture.shape), np.float32)
    even = ((picture - np.float32(low)) / np.float32(high - low)).clip(-1, 4)
    return both_stretches(even, np)


def both_stretches(even: Any, library: Any) -> Any:
    """Put an evenly stretched picture (..., Y, X) and its compressed form into (..., 2, Y, X).

    `library` is numpy or torch, whichever `even` is of.
    """
    compressed = library.arcsinh(even / _KNEE) / float(np.arcsinh(1 / _KNEE))
    return library.stack([even, compressed], -3)
