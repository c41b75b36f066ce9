"""One nucleus that its texture cut is one again; two that touch stay two."""

import numpy as np
import pytest

from immunostain.nuclei.rejoining import CONVEX, LARGEST, SHALLOW, rejoin

Y, X = np.indices((60, 90))


def ellipse(y, x, down, across):
    return ((Y - y) / down) ** 2 + ((X - x) / across) ** 2 <= 1


def cut(mask, at, dent):
    """Cut a mask at a column; the depth there is lower than 1 by `dent`."""
    nuclei = np.where(mask, np.where(at > X, 1, 2), 0).astype(np.int32)
    depth = np.where(mask, 1 - dent * (abs(X - at + 0.5) < 1), 0).astype(np.float32)
    markers = np.zeros_like(nuclei)
    y, x = np.argwhere(mask).mean(0).round().astype(int)
    markers[y, at - 6], markers[y, at + 6] = 1, 2
    assert y != x
    return nuclei, markers, depth


@pytest.mark.parametrize("dent", [0.11, SHALLOW - 0.01])
def test_a_nucleus_that_its_texture_cut_is_one_again(dent):
    mask = ellipse(30, 40, 10, 14)
    nuclei, markers = rejoin(*cut(mask, 40, dent))
    np.testing.assert_array_equal(nuclei, mask)
    assert np.count_nonzero(markers) == 1 and markers.max() == 1


def test_what_is_cut_clearly_stays_cut():
    given = cut(ellipse(30, 40, 10, 14), 40, SHALLOW + 0.01)
    for found, expected in zip(rejoin(*given), given, strict=False):
        np.testing.assert_array_equal(found, expected)


def test_two_with_a_notch_between_them_are_two():
    mask = ellipse(30, 30, 9, 9) | ellipse(30, 47, 9, 9)
    assert mask.sum() < LARGEST
    nuclei, _ = rejoin(*cut(mask, 39, 0.11))
    assert nuclei.max() == 2
    filled = mask.sum() / (19 * 36 - 4 * (81 - np.pi * 81 / 4))
    assert filled < CONVEX  # the notch is what keeps them apart


def test_two_that_are_together_too_large_are_two():
    mask = ellipse(30, 45, 14, 20)
    assert mask.sum() > LARGEST
    assert rejoin(*cut(mask, 45, 0.11))[0].max() == 2


def test_numbers_have_no_gaps_and_the_deepest_middle_stays():
    one, other = ellipse(15, 20, 8, 12), ellipse(45, 60, 8, 12)
    nuclei = np.where(one, np.where(X < 20, 1, 2), np.where(other, 3, 0)).astype(np.int32)
    depth = np.where(nuclei > 0, 0.9, 0).astype(np.float32)
    depth[one & (abs(X - 19.5) < 1)] = 0.8
    markers = np.zeros_like(nuclei)
    for number, place in ((1, (15, 12)), (2, (15, 27)), (3, (45, 60))):
        markers[place] = number
        depth[place] = 0.9 + 0.01 * number
    found, middles = rejoin(nuclei, markers, depth)
    np.testing.assert_array_equal(found, one + 2 * other)
    assert middles[15, 27] == 1 and middles[45, 60] == 2 and np.count_nonzero(middles) == 2


def test_nothing_to_join():
    none = np.zeros((5, 6), np.int32)
    for found in rejoin(none, none, none.astype(np.float32)):
        np.testing.assert_array_equal(found, none)
