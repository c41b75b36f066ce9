"""Contours: each object that any setting finds, once, as an SVG path along the edges of pixels."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from immunostain.nuclei.pixel_edges import outlines
from immunostain.preview.regions import Region

_SEED = 20
_RANDOM = 1 << 31  # sums over all pixels of a region stay below 2**53, so they are exact

Key = tuple[int, int, int]


class Canvas(NamedTuple):
    """The window of a region, (Y, X) each, in which objects are found again.

    Attributes
    ----------
    marks
        Two arrays of random whole numbers, as float64: their sums over an object tell it from all
        others.
    edge, shown
        float64, 1 where a pixel lies at the edge of the frame, and where it lies in the region.
    origin
        y and x of the region in the window.
    """

    marks: tuple[np.ndarray, np.ndarray]
    edge: np.ndarray
    shown: np.ndarray
    origin: tuple[int, int]


class Objects(NamedTuple):
    """Objects of a label image that reach into the region that is shown.

    Attributes
    ----------
    contour
        The number of each one's contour.
    area_px, at_edge
        Its area, and whether it touches the edge of the frame.
    """

    contour: np.ndarray
    area_px: np.ndarray
    at_edge: np.ndarray


@dataclass(frozen=True)
class Contours:
    """All contours of a region, in the order in which they were found."""

    numbers: dict[Key, int] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)


def canvas(region: Region, frame_shape: tuple[int, int]) -> Canvas:
    """Make the canvas of a region of a frame of that (Y, X)."""
    shape = region.window_height, region.window_width
    rng = np.random.default_rng(_SEED)
    marks = [rng.integers(1, _RANDOM, shape).astype(np.float64) for _ in range(2)]
    edge, shown = np.zeros(shape), np.zeros(shape)
    edge[0] = region.window_top == 0
    edge[-1] = np.maximum(edge[-1], region.window_top + shape[0] == frame_shape[0])
    edge[:, 0] = np.maximum(edge[:, 0], region.window_left == 0)
    edge[:, -1] = np.maximum(edge[:, -1], region.window_left + shape[1] == frame_shape[1])
    shown[region.in_window()] = 1
    origin = region.top - region.window_top, region.left - region.window_left
    return Canvas((marks[0], marks[1]), edge, shown, origin)


def objects_of(
    labels: np.ndarray, place: tuple[slice, slice], on: Canvas, known: Contours
) -> Objects:
    """Find out which objects a label image has, and trace those that are new.

    Parameters
    ----------
    labels
        (Y, X) uint32, of a part of the canvas.
    place
        Which part of it that is.
    on
        The canvas.
    known
        Contours known so far; new ones are added.
    """
    pixels = np.flatnonzero(labels != 0)
    label = labels.ravel()[pixels].astype(np.intp)
    count = int(label.max(initial=0)) + 1

    def total(weights: np.ndarray) -> np.ndarray:
        return np.bincount(label, weights[place].ravel()[pixels], count)

    area = np.bincount(label, minlength=count)
    shown = np.flatnonzero((area > 0) & (total(on.shown) > 0))
    sums = [area, *(total(marks).astype(np.int64) for marks in on.marks)]
    keys: list[Key] = [
        (int(a), int(b), int(c)) for a, b, c in zip(*(s[shown] for s in sums), strict=True)
    ]
    new = {int(n): key for n, key in zip(shown, keys, strict=True) if key not in known.numbers}
    if new:
        chosen = np.zeros(count, bool)
        chosen[list(new)] = True
        y, x = place[0].indices(on.edge.shape[0])[0], place[1].indices(on.edge.shape[1])[0]
        corner = np.array([x - on.origin[1], y - on.origin[0]])
        for label_value, rings in outlines(np.where(chosen[labels], labels, np.uint32(0))):
            known.numbers[new[label_value]] = len(known.paths)
            known.paths.append(svg_path([ring + corner for ring in rings]))
    numbers = np.array([known.numbers[key] for key in keys], np.intp)
    return Objects(numbers, area[shown], total(on.edge)[shown] > 0)


def svg_path(rings: Sequence[np.ndarray]) -> str:
    """Write closed polygons, (N, 2) x and y each, whose sides are level or upright, as SVG does.

    Examples
    --------
    >>> svg_path([np.array([[1, 2], [4, 2], [4, 3], [1, 3]])])
    'M1 2h3v1h-3z'
    """
    texts = []
    for ring in rings:
        texts.append(f"M{ring[0, 0]} {ring[0, 1]}")
        texts += [f"h{dx}" if dx else f"v{dy}" for dx, dy in np.diff(ring, axis=0).tolist()]
        texts.append("z")
    return "".join(texts)
