"""Measure nuclei: size, place, shape, and how much of each stain is in them.

Nuclei are taken as runs, pieces of rows: there are a hundred times fewer of them than of pixels, so
that even what is known of all nuclei of a very large picture takes little memory. Pictures are
worked on in bands of rows, which changes no number: what is added up are whole numbers, exact in 64
bits.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from immunostain.bands import IN_CACHE, bands
from immunostain.borders import outermost, touching_border

# Pixels of a band of which distances are measured, for which each takes fifty bytes.
_WITH_DISTANCES = 1 << 22


class Runs(NamedTuple):
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
    parts = [_runs_of_rows(labels[rows], rows.start) for rows in bands(labels.shape, IN_CACHE)]
    start, label = map(np.concatenate, zip(*parts, strict=True))
    return Runs(start, label, labels.shape, int(label.max()))


def measure_shapes(labels: np.ndarray, runs: Runs | None = None) -> dict[str, np.ndarray]:
    """Measure size, place and shape of each nucleus.

    Parameters
    ----------
    labels
        (Y, X) label image with the labels 1..n.
    runs
        What `runs_of` gives for it, where that is at hand.

    Returns
    -------
    dict of numpy.ndarray
        n values each, by the column's name: ``x_px, y_px`` (mean of the pixels' places, the first
        pixel's centre being 0), ``area_px``, ``perimeter_px``, ``eccentricity``,
        ``touches_border``.

    Notes
    -----
    Eccentricity is that of the ellipse with the same second moments, each pixel taken as a square,
    so that a single pixel has 0. (`skimage.measure.regionprops` takes pixels for points.)
    """
    runs = runs or runs_of(labels)
    area, centre_x, centre_y = centres(runs)
    nucleus, length, y, x = _of_nuclei(runs)
    # Counted from the pixel that the centre is in: small whole numbers.
    near_x, near_y = np.rint(centre_x).astype(int), np.rint(centre_y).astype(int)
    x -= near_x[nucleus]
    y -= near_y[nucleus]
    last = x + length - 1
    off_x, off_y = centre_x - near_x, centre_y - near_y
    squares = _squares_up_to(last) - _squares_up_to(x - 1)
    xx = _sums(nucleus, squares, runs.count) / area - off_x**2 + 1 / 12
    yy = _sums(nucleus, length * y * y, runs.count) / area - off_y**2 + 1 / 12
    xy = _sums(nucleus, length * (x + last) // 2 * y, runs.count) / area - off_x * off_y
    spread = np.sqrt((xx - yy) ** 2 + 4 * xy**2)
    ratio = (xx + yy - spread) / (xx + yy + spread)
    touches = np.zeros(runs.count, bool)
    touches[touching_border(labels) - 1] = True
    return {
        "x_px": centre_x,
        "y_px": centre_y,
        "area_px": area,
        "perimeter_px": perimeters(labels),
        "eccentricity": np.sqrt(np.clip(1 - ratio, 0, 1)),
        "touches_border": touches,
    }


def areas(runs: Runs) -> np.ndarray:
    """Count the pixels of each nucleus."""
    nucleus, length, _, _ = _of_nuclei(runs)
    return _sums(nucleus, length, runs.count).astype(np.int64)


def centres(runs: Runs) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the area in pixels and the mean x and y of each nucleus's pixels."""
    nucleus, length, y, x = _of_nuclei(runs)
    area = areas(runs)
    sum_x = _sums(nucleus, length * (2 * x + length - 1) // 2, runs.count)
    return area, sum_x / area, _sums(nucleus, length * y, runs.count) / area


def perimeters(labels: np.ndarray) -> np.ndarray:
    """Measure the length of each nucleus's outline, holes included.

    Parameters
    ----------
    labels
        (Y, X) label image with the labels 1..n.

    Returns
    -------
    numpy.ndarray
        n lengths in pixels.

    Notes
    -----
    A line through the centres of the outermost pixels, each pixel weighed by how its neighbours on
    the line lie: K. Benkrid and D. Crookes, Design and FPGA implementation of a perimeter
    estimator (2000); the same numbers as `skimage.measure.perimeter` on each nucleus alone.
    """
    line = outermost(labels)
    for edge in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
        line[edge] = labels[edge] > 0  # beyond the picture there is no nucleus
    # There are three weights: how many pixels have which is added up in whole numbers.
    kind = np.zeros(50, np.intp)
    kind[[5, 7, 15, 17, 25, 27]] = 1
    kind[[21, 33]] = 2
    kind[[13, 23]] = 3
    found = np.zeros((int(labels.max(initial=0)) + 1, 4), np.intp)
    for rows in bands(labels.shape):
        value, label = _neighbours_on_line(line, labels, rows)
        found += np.bincount(4 * label + kind[value], minlength=found.size).reshape(-1, 4)
    straight, diagonal, between = found[1:, 1:].T
    return straight + np.sqrt(2) * diagonal + (1 + np.sqrt(2)) / 2 * between


def _neighbours_on_line(
    line: np.ndarray, labels: np.ndarray, rows: slice
) -> tuple[np.ndarray, np.ndarray]:
    """Give for each pixel of a line in these rows how its neighbours lie, and its label.

    The first is 1, and 2 more for each neighbour above, below or beside it that is on the line of
    the same nucleus, and 10 more for each on a diagonal.
    """
    top, bottom = max(rows.start - 1, 0), min(rows.stop + 1, labels.shape[0])
    width = labels.shape[1] + 2  # with a pixel more all round, so that all have neighbours
    place = np.flatnonzero(line[top:bottom])
    label = labels[top:bottom].ravel()[place]
    y, x = np.divmod(place, labels.shape[1])
    place = (y + 1) * width + x + 1
    around = np.zeros((bottom - top + 2) * width, labels.dtype)
    around[place] = label
    mine = slice(*y.searchsorted([rows.start - top, rows.stop - top]))
    place, label = place[mine], label[mine]
    value = np.ones(place.size, np.intp)
    for weight, steps in (
        (2, (-width, width, -1, 1)),
        (10, (-width - 1, -width + 1, width - 1, width + 1)),
    ):
        for step in steps:
            value += weight * (around[place + step] == label)
    return value, label.astype(np.intp)


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
        for rows, start, _ in _in_bands(runs)
    ]
    found = _sums(runs.label, np.concatenate(sums), runs.count + 1)
    return found.astype(np.int64) if whole else found


def perinuclear_ring(labels: np.ndarray, width: float, dropped: np.ndarray | None = None) -> Runs:
    """Grow a ring around each nucleus into the background.

    A pixel belongs to the ring of the nucleus that is nearest, if that is at most `width` away, so
    the rings of neighbours never overlap and no ring holds a pixel of a nucleus.

    Parameters
    ----------
    labels
        (Y, X) label image.
    width
        Pixels.
    dropped
        (Y, X) bool, where no ring may be: nuclei that are not in the label image, gaps between
        tiles.

    Returns
    -------
    Runs
        The ring of nucleus n has its label; 0 elsewhere, in the nuclei too. A nucleus may have no
        ring, where others crowd it in.
    """
    from scipy import ndimage  # a quarter of a second to import, so only where it is used

    reach = math.ceil(width)
    parts = []
    for rows in bands(labels.shape, _WITH_DISTANCES):
        top = max(rows.start - reach, 0)
        near = labels[top : rows.stop + reach]
        ring = np.zeros_like(labels[rows])
        if width > 0 and near.any():
            mine = np.s_[rows.start - top : rows.stop - top]
            distance, nearest = ndimage.distance_transform_edt(near == 0, return_indices=True)
            ring = near[tuple(nearest[:, mine])]
            ring[(distance[mine] > width) | (near[mine] > 0)] = 0
            if dropped is not None:
                ring[dropped[rows]] = 0
        parts.append(_runs_of_rows(ring, rows.start))
    start, label = map(np.concatenate, zip(*parts, strict=True))
    return Runs(start, label, labels.shape, int(labels.max(initial=0)))


def background_level(runs: Runs, picture: np.ndarray) -> float:
    """Give the median intensity of the pixels that are in no nucleus, 0 where there are none.

    Masked pixels don't count.
    """
    outside = (
        np.ma.compressed(
            picture[rows].ravel()[np.repeat(label == 0, np.diff(start, append=picture[rows].size))]
        )
        for rows, start, label in _in_bands(runs)
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


def _runs_of_rows(labels: np.ndarray, top: int) -> tuple[np.ndarray, np.ndarray]:
    """Give the first pixels and the labels of the runs of a picture's rows from `top` on."""
    width = labels.shape[1]
    flat = labels.ravel()
    ends = np.empty(flat.size, bool)
    np.not_equal(flat[1:], flat[:-1], out=ends[:-1])
    ends[width - 1 :: width] = True
    start = np.flatnonzero(ends) + 1
    start = np.concatenate([[0], start[:-1]])
    return start + top * width, flat[start]


def _in_bands(runs: Runs) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
    """Give rows, and the first pixels, counted from there, and the labels of the runs in them."""
    width = runs.shape[1]
    for rows in bands(runs.shape, IN_CACHE):
        mine = slice(*runs.start.searchsorted([rows.start * width, rows.stop * width]))
        yield rows, runs.start[mine] - rows.start * width, runs.label[mine]


def _of_nuclei(runs: Runs) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Give nucleus (from 0), length, y and first x of each run that is not background."""
    inside = runs.label > 0
    length = np.diff(runs.start, append=runs.shape[0] * runs.shape[1])[inside]
    y, x = np.divmod(runs.start[inside], runs.shape[1])
    return runs.label[inside].astype(np.intp) - 1, length, y, x


def _squares_up_to(number: np.ndarray) -> np.ndarray:
    """Add up 1 + 4 + 9 + ... + number**2; differences hold for negative numbers too."""
    return number * (number + 1) * (2 * number + 1) // 6


def _sums(label: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    return np.bincount(label, weights=values, minlength=count)
