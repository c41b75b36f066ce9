"""Outlines along the edges of pixels: filled, they are the label's pixels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from polygons import filled, sides
from scipy import ndimage

from immunostain.nuclei.pixel_edges import outlines
from immunostain.shared.borders import EIGHT_NEIGHBOURS

LABEL_IMAGES = st.integers(1, 4).flatmap(
    lambda highest: arrays.arrays(
        np.uint32,
        arrays.array_shapes(min_dims=2, max_dims=2, max_side=9),
        elements=st.integers(0, highest),
    )
)
BANDS = st.sampled_from([None, 1, 20])


def enclosed(ring: np.ndarray) -> float:
    """Give the area in a polygon; below 0 where it goes against the clock, y down."""
    x, y, to_x, to_y = sides([ring]).T
    return np.sum(x * to_y - to_x * y) / 2


@given(LABEL_IMAGES, BANDS)
def test_filled_outlines_are_the_pixels_of_their_labels(labels, at_once):
    found = list(outlines(labels, at_once))
    assert sorted(outline.label for outline in found) == sorted({*labels.flat} - {0})
    for label, rings in found:
        assert np.array_equal(filled(rings, labels.shape), labels == label)


@given(LABEL_IMAGES, BANDS)
def test_there_is_a_ring_for_each_piece_and_for_each_hole(labels, at_once):
    for label, rings in outlines(labels, at_once):
        mask = np.pad(labels == label, 1)
        pieces = ndimage.label(mask, EIGHT_NEIGHBOURS)[1]
        holes = ndimage.label(~mask)[1] - 1
        areas = [enclosed(ring) for ring in rings]
        assert len([area for area in areas if area > 0]) == pieces
        assert len([area for area in areas if area < 0]) == holes
        assert sum(areas) == np.count_nonzero(mask)


@given(LABEL_IMAGES)
def test_outlines_begin_at_the_first_pixel_and_come_in_the_order_of_labels(labels):
    found = list(outlines(labels))
    assert [outline.label for outline in found] == sorted({*labels.flat} - {0})
    for label, rings in found:
        y, x = np.argwhere(labels == label)[0]
        assert rings[0][0].tolist() == [x, y]


@given(LABEL_IMAGES, BANDS)
def test_only_corners_are_points_of_an_outline(labels, at_once):
    for _, rings in outlines(labels, at_once):
        for ring in rings:
            step = np.diff(ring, axis=0, append=ring[:1]) != 0
            assert (step[:, 0] != np.roll(step[:, 0], 1)).all()


@pytest.mark.parametrize(
    ("rows", "rings"),
    [
        (["1"], [[(0, 0), (1, 0), (1, 1), (0, 1)]]),
        (["011"], [[(1, 0), (3, 0), (3, 1), (1, 1)]]),
        # Two pixels that meet at a corner: it is passed twice.
        (
            ["10", "01"],
            [[(0, 0), (1, 0), (1, 1), (2, 1), (2, 2), (1, 2), (1, 1), (0, 1)]],
        ),
        (
            ["111", "101", "111"],
            [[(0, 0), (3, 0), (3, 3), (0, 3)], [(2, 1), (1, 1), (1, 2), (2, 2)]],
        ),
    ],
)
def test_outlines_of_known_shapes(rows, rings):
    labels = np.array([list(row) for row in rows]).astype(np.uint8)
    [(label, found)] = outlines(labels)
    assert label == 1
    assert [[tuple(corner) for corner in ring.tolist()] for ring in found] == rings


def test_where_there_is_no_label_there_is_no_outline():
    assert list(outlines(np.zeros((3, 4), np.uint32))) == []
    assert list(outlines(np.zeros((3, 4), np.uint32), 4)) == []
