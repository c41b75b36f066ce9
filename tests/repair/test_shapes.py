"""What pieces look like together."""

import numpy as np
import pytest

from immunostain.repair.pieces import pieces_of
from immunostain.repair.shapes import hull, like_an_ellipse, together


def disc(y, x, radius=12.0, shape=(40, 70)):
    rows, columns = np.indices(shape)
    return (rows - y) ** 2 + (columns - x) ** 2 <= radius**2


def test_one_disc_looks_like_an_ellipse_and_two_that_touch_do_not():
    assert like_an_ellipse(disc(20, 20)) > 0.99
    assert like_an_ellipse(disc(20, 20) | disc(20, 44)) == pytest.approx(0.89, abs=0.01)


def test_the_hull_holds_what_lies_between():
    two = disc(20, 20) | disc(20, 44)
    around = hull(two)
    assert around[10:31, 32].all() and not around[5, 32]
    assert (around & two == two).all()
    line = np.zeros((5, 5), bool)
    line[2, 1:4] = True
    assert (hull(line) == line).all()


def test_pieces_are_put_together_where_they_lie():
    labels = np.zeros((10, 12), np.uint32)
    labels[2:4, 3:5], labels[6:8, 9:11] = 1, 2
    mask, top, left = together(pieces_of(labels))
    assert (top, left, mask.shape) == (2, 3, (6, 8))
    assert (mask == (labels > 0)[2:8, 3:11]).all()
