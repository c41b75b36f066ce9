"""Saturated pixels: as bright as the camera can tell, so the stain there may be any brighter."""

import numpy as np

from immunostain.images.runs import Runs, add_up, runs_in_bands
from immunostain.shared.large_pictures import IN_CACHE, bands
from immunostain.shared.left_out import left_out, pixels_that_count

# A pile-up has at least so many pixels, and so many times as many as any of the grey values below
# it; fewer grey values don't tell whether it is one.
PIXELS, TIMES, GREY_VALUES = 10, 4, 32


def saturation_level(picture: np.ndarray, bits: int | None) -> float | int | None:
    """Give the intensity at which a picture's pixels are saturated.

    Parameters
    ----------
    picture
        (Y, X), one channel; masked pixels don't count.
    bits
        What the file says of how many the camera gave for a pixel; None if it doesn't.

    Returns
    -------
    float, int or None
        None where no pixel is saturated, else the brightest pixels' intensity, which is:

        - the most that so many bits hold, or, where pixels are brighter than that (then they were
          changed after the camera), the most that the pixels' type holds; or
        - below that, where pixels pile up: at least `PIXELS` have exactly the highest intensity,
          and at least `TIMES` as many as any of the `GREY_VALUES` next lower intensities that
          occur. Of light that has no upper bound ever fewer pixels have ever higher intensities.

    Notes
    -----
    A camera's range may end below what the bits hold (an offset, cooling, a converted picture), and
    some files name 16 bits for a camera of 12, so the pile-up is looked for as well.
    """
    brightest = _brightest(picture)
    if brightest is None:
        return None
    if picture.dtype.kind == "u":
        most = int(np.iinfo(picture.dtype).max)
        of_camera = min(2**bits - 1, most) if bits else most
        if brightest in (of_camera, most):
            return brightest
    return brightest if _pile_up(picture, brightest) else None


def saturated_pixels(runs: Runs, picture: np.ndarray, level: float | None) -> np.ndarray:
    """Count the saturated pixels of the background and of each nucleus.

    Parameters
    ----------
    runs
        What `runs_of` gives for the label image.
    picture
        (Y, X), one channel; masked pixels don't count.
    level
        What `saturation_level` gives.

    Returns
    -------
    numpy.ndarray
        n + 1 whole numbers, that of the background first.
    """
    if level is None:
        return np.zeros(runs.count + 1, np.int64)
    counts = [
        np.add.reduceat(_at(picture[rows], level).ravel(), start, dtype=np.int64)
        for rows, start, _ in runs_in_bands(runs)
    ]
    return add_up(runs.label, np.concatenate(counts), runs.count + 1).astype(np.int64)


def _at(picture: np.ndarray, level: float) -> np.ndarray:
    """Find the pixels that count and have an intensity, 0 or 1."""
    found = np.ma.getdata(picture) == level
    masked = left_out(picture)
    return (found if masked is None else found & ~masked).view(np.uint8)


def _brightest(picture: np.ndarray) -> float | int | None:
    """Give the highest intensity of those pixels that count, None where there is none."""
    highest = [
        pixels.max().item()
        for pixels in (pixels_that_count(picture[rows]) for rows in bands(picture.shape, IN_CACHE))
        if pixels.size
    ]
    return max(highest, default=None)


def _pile_up(picture: np.ndarray, brightest: float) -> bool:
    """Say whether far more pixels have the highest intensity than have those just below it."""
    parts = bands(picture.shape, IN_CACHE)
    pixels = sum(int(np.count_nonzero(_at(picture[rows], brightest))) for rows in parts)
    if pixels < PIXELS:
        return False
    values = np.empty(0, picture.dtype)
    counts = np.empty(0, np.int64)
    for rows in parts:
        # Of each band only what may be among the highest values of all.
        band = pixels_that_count(picture[rows])
        least = values[0] if values.size > GREY_VALUES else None
        more, of_them = np.unique(
            band if least is None else band[band >= least], return_counts=True
        )
        values, place = np.unique(np.concatenate([values, more]), return_inverse=True)
        counts = np.bincount(place, np.concatenate([counts, of_them]), values.size).astype(np.int64)
        values, counts = values[-GREY_VALUES - 1 :], counts[-GREY_VALUES - 1 :]
    return values.size > GREY_VALUES and pixels >= TIMES * int(counts[:-1].max())
