"""Label images as runs, pieces of rows, of which nuclei are added up.

There are a hundred times fewer runs than pixels, so that even what is known of all nuclei of a very
large picture takes little memory. Pictures are worked on in bands of rows, which changes no number:
what is added up are whole numbers, exact in 64 bits.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from immunostain.shared.large_pictures import IN_CACHE, bands


@dataclass(frozen=True)
class Runs:
    """A label image as runs: pixels side by side in a row that have one label.

    Attributes
    ----------
    start
        Index of each run's first pixel in the flattened picture, sorted; a run ends where the next
        one begins, and none goes on in the next row.
    label
        Its label, 0 for the background.
    shape
        (Y, X) of the picture.
    count
        How many nuclei there are.
    """

    start: np.ndarray
    label: np.ndarray
    shape: tuple[int, int]
    count: int


def runs_of(labels: np.ndarray) -> Runs:
    """Cut a label image, (Y, X) with the labels 1..n, into runs."""
    parts = [runs_of_rows(labels[rows], rows.start) for rows in bands(labels.shape, IN_CACHE)]
    start, label = map(np.concatenate, zip(*parts, strict=True))
    return Runs(start, label, labels.shape, int(label.max()))


def areas(runs: Runs) -> np.ndarray:
    """Count the pixels of each nucleus."""
    nucleus, length, _, _ = runs_of_nuclei(runs)
    return add_up(nucleus, length, runs.count).astype(np.int64)


def runs_of_rows(labels: np.ndarray, top: int) -> tuple[np.ndarray, np.ndarray]:
    """Give the first pixels and the labels of the runs of a picture's rows from `top` on."""
    width = labels.shape[1]
    flat = labels.ravel()
    ends = np.empty(flat.size, bool)
    np.not_equal(flat[1:], flat[:-1], out=ends[:-1])
    ends[width - 1 :: width] = True
    start = np.flatnonzero(ends) + 1
    start = np.concatenate([[0], start[:-1]])
    return start + top * width, flat[start]


def runs_in_bands(runs: Runs) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
    """Give rows, and the first pixels, counted from there, and the labels of the runs in them."""
    width = runs.shape[1]
    for rows in bands(runs.shape, IN_CACHE):
        mine = slice(*runs.start.searchsorted([rows.start * width, rows.stop * width]))
        yield rows, runs.start[mine] - rows.start * width, runs.label[mine]


def runs_of_nuclei(runs: Runs) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Give nucleus (from 0), length, y and first x of each run that is not background."""
    inside = runs.label > 0
    length = np.diff(runs.start, append=runs.shape[0] * runs.shape[1])[inside]
    y, x = np.divmod(runs.start[inside], runs.shape[1])
    return runs.label[inside].astype(np.intp) - 1, length, y, x


def boxes_of_runs(
    nucleus: np.ndarray, length: np.ndarray, y: np.ndarray, x: np.ndarray
) -> np.ndarray:
    """Give where nuclei are, of what `runs_of_nuclei` gives; each nucleus has a run.

    Returns
    -------
    numpy.ndarray
        (4, N): the first row and the one after the last, and so the columns.

    Examples
    --------
    >>> boxes_of_runs(*runs_of_nuclei(runs_of(np.array([[0, 1, 1], [2, 0, 1]])))).T.tolist()
    [[0, 2, 1, 3], [1, 2, 0, 1]]
    """
    order = np.argsort(nucleus, kind="stable")
    first = np.flatnonzero(np.diff(nucleus[order], prepend=-1))
    each = (np.minimum, y), (np.maximum, y + 1), (np.minimum, x), (np.maximum, x + length)
    return np.array([extreme.reduceat(values[order], first) for extreme, values in each])


def add_up(label: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    """Add up values by label, those of labels 0 to count - 1; exact where they are whole."""
    return np.bincount(label, weights=values, minlength=count)


def squares_up_to(number: np.ndarray) -> np.ndarray:
    """Add up 1 + 4 + 9 + ... + number**2; differences hold for negative numbers too."""
    return number * (number + 1) * (2 * number + 1) // 6
