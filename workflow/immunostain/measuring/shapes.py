"""Size, place and shape of nuclei: centres, perimeters, eccentricities."""

import numpy as np

from immunostain.images.runs import Runs, add_up, areas, runs_of, runs_of_nuclei, squares_up_to
from immunostain.shared.borders import outermost, touching_border
from immunostain.shared.large_pictures import bands


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
    nucleus, length, y, x = runs_of_nuclei(runs)
    # Counted from the pixel that the centre is in: small whole numbers.
    near_x, near_y = np.rint(centre_x).astype(int), np.rint(centre_y).astype(int)
    x -= near_x[nucleus]
    y -= near_y[nucleus]
    last = x + length - 1
    off_x, off_y = centre_x - near_x, centre_y - near_y
    squares = squares_up_to(last) - squares_up_to(x - 1)
    xx = add_up(nucleus, squares, runs.count) / area - off_x**2 + 1 / 12
    yy = add_up(nucleus, length * y * y, runs.count) / area - off_y**2 + 1 / 12
    xy = add_up(nucleus, length * (x + last) // 2 * y, runs.count) / area - off_x * off_y
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


def centres(runs: Runs) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the area in pixels and the mean x and y of each nucleus's pixels."""
    nucleus, length, y, x = runs_of_nuclei(runs)
    area = areas(runs)
    sum_x = add_up(nucleus, length * (2 * x + length - 1) // 2, runs.count)
    return area, sum_x / area, add_up(nucleus, length * y, runs.count) / area


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
