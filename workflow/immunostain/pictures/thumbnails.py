"""Thumbnails: small pictures in colour with the contours of nuclei, for the report."""

import math
from pathlib import Path

import imagecodecs
import numpy as np
from PIL import Image

from immunostain.pictures.colours import colour
from immunostain.shared.borders import outermost
from immunostain.shared.large_pictures import AT_ONCE

LONGEST_SIDE = 240  # pixels
# A thousand of them go into one page that is mailed. Noise needs many bytes, so where it is strong
# the quality is lowered.
_MOST_BYTES = 8000
_QUALITIES = (70, 40, 10)
# Nuclei of fewer pixels across would be nothing but contour.
_SMALLEST_WITH_CONTOUR = 4


def thumbnail_name(scene: int, frame: int) -> str:
    """Name the thumbnail of a frame.

    Examples
    --------
    >>> thumbnail_name(0, 12)
    's000_t0012.webp'
    """
    return f"s{scene:03d}_t{frame:04d}.webp"


def reduction(shape: tuple[int, int]) -> int:
    """Give by what a picture, (Y, X), is divided so that no side has more than 240 pixels."""
    return math.ceil(max(shape) / LONGEST_SIDE)


def shrunk(picture: np.ndarray, factor: int) -> np.ndarray:
    """Give the means of squares of pixels.

    Parameters
    ----------
    picture
        (Y, X) uint8.
    factor
        The sides of a square, pixels.

    Returns
    -------
    numpy.ndarray
        (Y / factor, X / factor) uint8, rounded up: the last squares may be smaller.
    """
    rows = max(1, AT_ONCE // picture.shape[1] // factor) * factor
    parts = [
        np.asarray(Image.fromarray(picture[top : top + rows]).reduce(factor))
        for top in range(0, len(picture), rows)
    ]
    return np.concatenate(parts)


def contours(labels: np.ndarray, factor: int) -> np.ndarray:
    """Find the contours of nuclei in a thumbnail.

    They are drawn anew, not shrunk with the picture, in which they would fade.

    Parameters
    ----------
    labels
        (Y, X) label image.
    factor
        By which the picture is shrunk.

    Returns
    -------
    numpy.ndarray
        (Y / factor, X / factor) bool, rounded up.
    """
    top, left = (min(factor // 2, length - 1) for length in labels.shape)
    small = labels[top::factor, left::factor]
    missing = [math.ceil(n / factor) - m for n, m in zip(labels.shape, small.shape, strict=True)]
    small = np.pad(small, [(0, n) for n in missing], "edge")
    _, pixels = np.unique(small[small > 0], return_counts=True)
    if len(pixels) and np.median(pixels) < _SMALLEST_WITH_CONTOUR**2:
        return np.zeros(small.shape, bool)
    return outermost(small)


def write_thumbnail(
    path: Path, channels: list[np.ndarray], nuclear: int, lines: np.ndarray
) -> None:
    """Write a thumbnail.

    Parameters
    ----------
    path
        The .webp file.
    channels
        (Y, X) uint8 each, of the thumbnail's size.
    nuclear
        Which of them is the nuclear channel.
    lines
        (Y, X) bool, what is drawn white.
    """
    picture = colour(channels, nuclear, lines, np.zeros_like(lines))
    for quality in _QUALITIES:
        written = imagecodecs.webp_encode(picture, level=quality, lossless=False)
        if len(written) <= _MOST_BYTES:
            break
    path.write_bytes(written)
