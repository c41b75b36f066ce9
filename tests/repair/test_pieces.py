"""The objects of a frame as small masks."""

import numpy as np
import pytest

from immunostain.repair.pieces import likeness, painted, pieces_of, shared_pixels


def picture():
    labels = np.zeros((30, 40), np.uint32)
    labels[2:9, 20:31] = 1
    labels[12:20, 3:9] = 2
    labels[14:16, 4:6] = 0  # a hole
    labels[29, 39] = 3
    return labels


def test_a_label_image_cut_into_pieces_and_painted_is_the_same():
    assert (painted(pieces_of(picture()), (30, 40)) == picture()).all()
    assert (painted(pieces_of(picture())[::-1], (30, 40)) == picture()).all()
    assert not painted([], (3, 4)).any()


def test_a_piece_knows_its_area_and_centre():
    first, second, speck = pieces_of(picture())
    assert [piece.area for piece in (first, second, speck)] == [77, 44, 1]
    assert (first.y, first.x) == (5, 25)
    assert (speck.y, speck.x) == (29, 39)
    assert second.y == pytest.approx(np.nonzero(picture() == 2)[0].mean())


def test_pieces_share_pixels_where_they_are_or_when_one_is_moved():
    first, second, speck = pieces_of(picture())
    assert shared_pixels(first, second) == 0
    assert shared_pixels(first, speck, -20, -10) == 0
    assert shared_pixels(first, speck, -21, -10) == 1
    assert shared_pixels(first, first, 1, 0) == 6 * 11


def test_likeness_is_that_of_shapes_wherever_they_are():
    labels = np.zeros((30, 40), np.uint32)
    labels[2:9, 20:31] = 1
    labels[12:19, 3:14] = 2
    labels[20:27, 3:25] = 3
    one, same, twice = pieces_of(labels)
    assert likeness(one, same) == 1
    assert likeness(one, twice) == pytest.approx(0.5, abs=0.05)
