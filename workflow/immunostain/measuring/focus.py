"""How sharp a picture is: in which images the nuclei are out of focus."""

import numpy as np

from immunostain.shared.large_pictures import IN_CACHE, bands
from immunostain.shared.left_out import left_out

FAR = 16  # pixels over which nuclei of any magnification lose much of their likeness
ROWS = 4 * FAR  # of a band at least, as `FAR` rows below it are looked at again
# By how many times the chance error of noise the likeness must fall for a focus to be told; then
# that of the focus is 0.01 or less.
TIMES_NOISE = 100


def focus(picture: np.ndarray) -> float | None:
    """Measure how sharp a picture of nuclei is.

    Parameters
    ----------
    picture
        (Y, X), the nuclear channel; masked pixels don't count.

    Returns
    -------
    float or None
        About 0.05 where it is sharp, down to 0.01 where it is blurred; nuclei that are full of
        texture give more. None where there is nothing to measure: it is constant, noise, or not
        more than `FAR` pixels wide and high.

    Notes
    -----
    It is the autocorrelation function F4 of D. Vollath, Automatic focusing by correlative methods
    (J. Microsc. 147, 1987), found to be among the best for fluorescence by A. Santos et al. (J.
    Microsc. 188, 1997): r(1) - r(2), where r(k) is the mean product of two pixels that are k pixels
    apart, along rows and columns. A camera's noise is each pixel's own, so it adds to r(0) only.
    F4 grows with brightness and number of nuclei. So it is divided by r(1) - r(`FAR`), which does
    as well. Where edges are sharp, r falls evenly from 1 to `FAR` pixels, 1/15 of it in the first
    step; where all is smooth, with the square of the distance, 3/255 of it. Images of different
    magnification or kinds of nuclei can't be compared by it.
    """
    if min(picture.shape) <= FAR:
        return None
    near, next_one, far = (_unlike(picture, step) for step in (1, 2, FAR))
    if near is None or next_one is None or far is None:
        return None
    chance = near[0] / np.sqrt(near[1])
    fall = far[0] - near[0]
    return float((next_one[0] - near[0]) / fall) if fall > TIMES_NOISE * chance else None


def _unlike(picture: np.ndarray, step: int) -> tuple[float, int] | None:
    """Give r(0) - r(step), half the mean square of differences, and of how many; None: of none."""
    total, pairs = 0.0, 0
    kind = np.float64 if picture.dtype.kind == "f" else np.float32
    for rows in bands(picture.shape, max(IN_CACHE, ROWS * picture.shape[1])):
        part = picture[rows.start : rows.stop + step]
        masked = left_out(part)
        pixels: np.ndarray = np.ma.getdata(part).astype(kind)
        height = rows.stop - rows.start
        for here, there in (
            (np.s_[:height, :-step], np.s_[:height, step:]),
            (np.s_[: max(len(pixels) - step, 0)], np.s_[step:]),
        ):
            difference: np.ndarray = pixels[there] - pixels[here]
            if masked is None:
                pairs += difference.size
            else:
                count = ~(masked[there] | masked[here])
                difference[~count] = 0
                pairs += int(np.count_nonzero(count))
            flat = difference.ravel()
            total += float(np.dot(flat, flat))
    return (total / pairs / 2, pairs) if pairs else None
