"""Bands and windows: how pictures of any size are worked on in little memory."""

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

IN_CACHE = 1 << 17  # pixels of a band that stays in the processor's cache while it is worked on
AT_ONCE = 1 << 24  # pixels; pictures of up to 4096 x 4096 are one band


def bands(shape: tuple[int, int], at_once: int | None = None) -> list[slice]:
    """Cut a picture into bands of rows.

    Parameters
    ----------
    shape
        (Y, X).
    at_once
        Pixels of a band at most, as far as rows are not longer; None: `AT_ONCE`.

    Returns
    -------
    list of slice
        Rows, from the first to the last.

    Examples
    --------
    >>> bands((5, 10), 20)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    rows = max(1, (at_once or AT_ONCE) // max(1, shape[1]))
    return [slice(top, min(top + rows, shape[0])) for top in range(0, shape[0], rows)]


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

    def numbers_at(self, window: Window, y: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Give the numbers of places in the window's outer part, uint32, 0 before the first."""
        rows, columns = window.outer
        places = ((y + rows.start) * self._width + x + columns.start).tolist()
        numbers = [self._known.setdefault(place, len(self._known) + 1) for place in places]
        return np.array([0, *numbers], np.uint32)
