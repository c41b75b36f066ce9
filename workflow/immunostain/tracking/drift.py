"""How far the stage drifted between the frames of a timelapse."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.signal.windows import tukey
from skimage.registration import phase_cross_correlation

from immunostain.shared.left_out import pixels_that_count

_FINENESS = 50  # parts of a pixel
_DIMMED = 0.3  # share of a picture's sides that is dimmed towards its edges
_BRIGHTEST = 99.9  # percentile; brighter specks would decide alone


def stage_drift(pictures: Iterable[np.ndarray]) -> NDArray[np.float64]:
    """Measure how far the picture has moved since the first frame.

    Parameters
    ----------
    pictures
        The nuclear channel of each frame of a scene, (Y, X), in order of time; masked pixels are
        taken as background. Each is asked for when the one before it has been used.

    Returns
    -------
    numpy.ndarray
        (T, 2), x and y in pixels: what stands still is at its place in the first frame plus this.

    Notes
    -----
    Sum of the shifts between successive frames by the peak of their cross-correlation:
    M. Guizar-Sicairos, S. T. Thurman, J. R. Fienup, Optics Letters 33 (2008) 156-158. First to a
    pixel, then to a fiftieth by the part that both frames show, dimmed towards its edges. Not
    normalised to phases alone, which in pictures of a few nuclei are mostly noise.
    What all nuclei do together (a wound that closes) can't be told from drift.
    """
    shifts, last = [], None
    for picture in pictures:
        now = _levelled(picture)
        shifts.append(_shift(last, now) if last is not None else np.zeros(2))
        if now.any():  # across an empty frame, the ones beside it are compared
            last = now
    return np.cumsum(np.array(shifts).reshape(-1, 2), 0)


def _levelled(picture: np.ndarray) -> NDArray[np.float32]:
    """Take off the background, so that the picture's edges don't correlate with each other."""
    known = pixels_that_count(picture)
    level, top = np.percentile(known, (50, _BRIGHTEST)) if known.size else (0.0, 0.0)
    levelled = picture.clip(level, max(level, top)).astype(np.float32) - np.float32(level)
    return np.ma.filled(levelled, 0)


def _shift(before: np.ndarray, after: np.ndarray) -> NDArray[np.float64]:
    """Give how far `after` has moved from `before`, x and y in pixels; both (Y, X)."""
    if not (before.any() and after.any()):
        return np.zeros(2)
    coarse = -_correlate(before, after, 1).astype(int)
    rows, columns = (
        _seen_by_both(side, moved) for side, moved in zip(before.shape, coarse, strict=True)
    )
    one, other = before[rows[0], columns[0]], after[rows[1], columns[1]]
    if not (one.any() and other.any()):
        return coarse[::-1].astype(float)
    window = np.outer(*(tukey(side + 2, _DIMMED)[1:-1] for side in one.shape))
    fine = -_correlate(one * window, other * window, _FINENESS)
    # More than a pixel or two would be another peak.
    return (coarse + (fine if np.abs(fine).max() <= 2 else 0))[::-1].astype(float)


def _seen_by_both(side: int, moved: int) -> tuple[slice, slice]:
    """Give the part of a side that is in both frames, in the first one's pixels and the other's."""
    left, begin = side - abs(moved), max(0, moved)
    return slice(begin - moved, begin - moved + left), slice(begin, begin + left)


def _correlate(one: np.ndarray, other: np.ndarray, fineness: int) -> NDArray[np.float64]:
    back, _, _ = phase_cross_correlation(one, other, upsample_factor=fineness, normalization=None)
    return back
