"""Windows that overlap: how what a pixel's surroundings decide is done in little memory."""

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

Part = tuple[slice, slice]


class Window(NamedTuple):
    """A part of a picture.

    Attributes
    ----------
    outer
        Rows and columns that are looked at.
    inner
        Those of which the outcome is kept; each pixel is in one.
    """

    outer: Part
    inner: Part

    @property
    def kept(self) -> Part:
        """Where in the outer part the inner one lies."""
        rows, columns = (
            slice(i.start - o.start, i.stop - o.start)
            for i, o in zip(self.inner, self.outer, strict=True)
        )
        return rows, columns


def windows(shape: tuple[int, int], side: int, margin: int) -> list[Window]:
    """Cut a picture into windows.

    Parameters
    ----------
    shape
        (Y, X).
    side
        Of the inner part, pixels.
    margin
        By which the outer part is larger on each side, where the picture goes on. A picture that is
        larger than `side` by no more than that is one window.
    """
    cuts = [_cuts(length, side, margin) for length in shape]
    return [Window((y[0], x[0]), (y[1], x[1])) for y, x in itertools.product(cuts[0], cuts[1])]


def _cuts(length: int, side: int, margin: int) -> Iterator[tuple[slice, slice]]:
    start = 0
    while start < length:
        stop = length if length - start <= side + margin else start + side
        yield slice(max(0, start - margin), min(length, stop + margin)), slice(start, stop)
        start = stop


class Numbers:
    """Numbers from 1 for things that several windows see: the same place has the same number."""

    def __init__(self, width: int):
        self._width = width
        self._known: dict[int, int] = {}

    def of(self, window: Window, y: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Give the numbers of places in the window's outer part, uint32, 0 before the first."""
        rows, columns = window.outer
        places = ((y + rows.start) * self._width + x + columns.start).tolist()
        numbers = [self._known.setdefault(place, len(self._known) + 1) for place in places]
        return np.array([0, *numbers], np.uint32)
