"""How much of a stain is in each nucleus, and in what is no nucleus."""

import numpy as np

from immunostain.images.runs import Runs, add_up, runs_in_bands


def sum_per_label(runs: Runs, picture: np.ndarray) -> np.ndarray:
    """Add up the intensities of the background and of each nucleus.

    Parameters
    ----------
    runs
        What `runs_of` gives for the label image.
    picture
        (Y, X), one channel; masked pixels are taken as what they hold, which is 0.

    Returns
    -------
    numpy.ndarray
        n + 1 sums, that of the background first: int64 and exact where pixels are whole numbers,
        else float64.
    """
    whole = picture.dtype.kind in "ui"
    sums = [
        np.add.reduceat(
            np.ma.getdata(picture[rows]).ravel(), start, dtype=np.uint64 if whole else np.float64
        )
        for rows, start, _ in runs_in_bands(runs)
    ]
    found = add_up(runs.label, np.concatenate(sums), runs.count + 1)
    return found.astype(np.int64) if whole else found


def background_level(runs: Runs, picture: np.ndarray) -> float:
    """Give the median intensity of the pixels that are in no nucleus, 0 where there are none.

    Masked pixels don't count.
    """
    outside = (
        np.ma.compressed(
            picture[rows].ravel()[np.repeat(label == 0, np.diff(start, append=picture[rows].size))]
        )
        for rows, start, label in runs_in_bands(runs)
    )
    if picture.dtype not in (np.uint8, np.uint16):
        pixels = np.concatenate(list(outside))
        return float(np.median(pixels)) if pixels.size else 0.0
    counts = np.zeros(int(np.iinfo(picture.dtype).max) + 1, np.intp)
    for pixels in outside:
        counts += np.bincount(pixels, minlength=counts.size)
    up_to = counts.cumsum()
    if up_to[-1] == 0:
        return 0.0
    middle = [(up_to[-1] - 1) // 2, up_to[-1] // 2]  # one of an odd number, two of an even one
    return float(up_to.searchsorted(middle, side="right").mean())
