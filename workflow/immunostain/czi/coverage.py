"""Which pixels of a scene its tiles cover; the others were never looked at."""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np


class Rectangle(NamedTuple):
    """A part of a picture, in pixels from its upper left corner."""

    x: int
    y: int
    width: int
    height: int


def covered_area(tiles: Collection[Rectangle]) -> int:
    """Count the pixels that lie in one tile or more.

    Examples
    --------
    >>> covered_area([Rectangle(0, 0, 10, 10), Rectangle(5, 5, 10, 10)])
    175
    """
    # On a grid of the tiles' edges, as the picture itself may have billions of pixels.
    xs, ys = (
        np.unique([edge for tile in tiles for edge in (tile[axis], tile[axis] + tile[axis + 2])])
        for axis in (0, 1)
    )
    grid = np.zeros((len(ys) - 1, len(xs) - 1), bool)
    for tile in tiles:
        left, right = xs.searchsorted([tile.x, tile.x + tile.width])
        top, bottom = ys.searchsorted([tile.y, tile.y + tile.height])
        grid[top:bottom, left:right] = True
    widths = np.diff(xs)
    return sum(
        int(height) * int(widths[row].sum()) for height, row in zip(np.diff(ys), grid, strict=True)
    )


def uncovered(tiles: Collection[Rectangle], shape: tuple[int, int]) -> np.ndarray:
    """Find the pixels of a picture that lie in no tile, (Y, X) bool."""
    beyond = np.ones(shape, bool)
    for x, y, width, height in tiles:
        beyond[y : y + height, x : x + width] = False
    return beyond
