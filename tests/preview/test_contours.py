"""Contours: painted they are the objects, each is there once, and edges are those of the frame."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from polygons import painted

from immunostain.preview.contours import Contours, canvas, objects_of
from immunostain.preview.regions import Region

WHOLE = (slice(None), slice(None))


def whole(shape):
    return Region(0, 0, *shape, 0, 0, *shape)


@given(arrays.arrays(np.uint32, (9, 11), elements=st.integers(0, 3)))
def test_painted_they_are_the_objects(labels):
    known = Contours()
    found = objects_of(labels, WHOLE, canvas(whole(labels.shape), labels.shape), known)
    there = [n for n in (1, 2, 3) if (labels == n).any()]
    assert len(known.paths) == len(there)
    for n, contour, area, at_edge in zip(there, *found, strict=True):
        np.testing.assert_array_equal(painted(known.paths[contour], labels.shape), labels == n)
        inner = (labels == n)[1:-1, 1:-1].sum()
        assert (area, at_edge) == ((labels == n).sum(), inner < area)


def test_an_object_that_is_found_again_has_the_same_contour():
    labels = np.zeros((20, 30), np.uint32)
    labels[2:6, 3:9], labels[10:15, 12:20] = 1, 2
    on, known = canvas(whole(labels.shape), labels.shape), Contours()
    first = objects_of(labels, WHOLE, on, known)
    # As another number, and seen in a region of the picture.
    again = objects_of(np.where(labels == 2, np.uint32(7), 0)[8:, 10:], np.s_[8:, 10:], on, known)
    assert first.contour.tolist() == [0, 1] and again.contour.tolist() == [1]
    labels[10, 12] = 0
    assert objects_of(labels, WHOLE, on, known).contour.tolist() == [0, 2]
    assert known.paths[0] == "M3 2h6v4h-6z"


def test_only_what_reaches_into_the_region_is_shown_in_its_pixels():
    region = Region(top=10, left=20, height=8, width=9, window_top=5, window_left=12,
                window_height=20, window_width=30)  # fmt: skip
    labels = np.zeros((20, 30), np.uint32)
    labels[5:7, 8:11] = 1  # the region's corner
    labels[3:5, 8:11] = 2  # above it
    known = Contours()
    found = objects_of(labels, WHOLE, canvas(region, (100, 100)), known)
    assert found.area_px.tolist() == [6] and known.paths == ["M0 0h3v2h-3z"]


def test_the_edge_of_a_window_is_none_of_the_frame():
    labels = np.ones((6, 6), np.uint32)
    for top, left, frame, expected in (
        (0, 5, (30, 30), True),
        (5, 0, (30, 30), True),
        (24, 5, (30, 30), True),
        (5, 24, (30, 30), True),
        (5, 5, (30, 30), False),
    ):
        region = Region(top, left, 6, 6, top, left, 6, 6)
        found = objects_of(labels, WHOLE, canvas(region, frame), Contours())
        assert found.at_edge.tolist() == [expected]
