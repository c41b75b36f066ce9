"""Polygons along the edges of pixels, filled."""

import numpy as np


def sides(rings):
    """Give the sides of polygons, (N, 4): from x, y, to x, y."""
    return np.concatenate([np.hstack([ring, np.roll(ring, -1, axis=0)]) for ring in rings])


def filled(rings, shape):
    """Fill polygons by the even-odd rule: a pixel is in if a ray from its left crosses oddly often.

    Their sides must go along rows or columns.
    """
    crossings = np.zeros(shape, int)
    for x, y, to_x, to_y in sides(rings):
        assert (x == to_x) != (y == to_y)
        if x == to_x:
            crossings[min(y, to_y) : max(y, to_y), x:] += 1
    return crossings % 2 == 1
