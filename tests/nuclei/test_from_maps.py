"""From maps to nuclei: known maps, and what holds for any."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from immunostain.nuclei.from_maps import nuclei_of_maps, separate_by_depth

EIGHT = np.ones((3, 3), bool)
MAPS = st.tuples(st.integers(1, 14), st.integers(1, 14)).flatmap(
    lambda shape: hnp.arrays(np.uint8, (2, *shape))
)


def maps_of_discs(shape, *discs):
    """Draw the maps of discs (y, x, radius) as a network that is sure would."""
    y, x = np.indices(shape)
    inside = np.array([1 - np.hypot(y - cy, x - cx) / r for cy, cx, r in discs])
    depth = inside.max(0).clip(0, 1)
    return (255 * np.array([depth > 0, depth])).round().astype(np.uint8)


def nuclei(maps, shape=None, probability=0.5, minimum_area=20, separate=True, border=False):
    return nuclei_of_maps(
        maps, shape or maps.shape[1:], probability, minimum_area, separate, border
    )[0]


TOUCHING = maps_of_discs((60, 90), (30, 30, 13), (30, 55, 13))
APART = maps_of_discs((60, 90), (40, 20, 12), (20, 60, 12))


def test_touching_discs_are_two_nuclei_with_the_border_between_them():
    labels = nuclei(TOUCHING)
    y, x = np.nonzero(labels)
    np.testing.assert_array_equal(labels > 0, TOUCHING[0] > 127)
    away = np.abs(x - 42.5) > 1
    np.testing.assert_array_equal(labels[y, x][away], np.where(x < 42.5, 1, 2)[away])


def test_without_separation_nuclei_are_connected_components():
    np.testing.assert_array_equal(nuclei(TOUCHING, separate=False), TOUCHING[0] > 127)
    found = nuclei(APART, separate=False)
    np.testing.assert_array_equal(found > 0, APART[0] > 127)
    assert found.max() == 2


def test_labels_are_in_the_order_of_the_first_pixels():
    labels = nuclei(APART)
    assert labels[20, 60] == 1 and labels[40, 20] == 2


def test_two_peaks_without_a_neck_between_them_are_one_nucleus():
    maps = maps_of_discs((60, 90), (30, 30, 13))
    maps[1][30, 24] = maps[1][30, 36] = 255
    assert nuclei(maps).max() == 1


@pytest.mark.parametrize("zoom", [0.5, 1, 2, 3.7, 8])
def test_nuclei_have_their_size_at_the_pictures_resolution(zoom):
    shape = round(60 * zoom), round(90 * zoom)
    labels = nuclei(TOUCHING, shape, minimum_area=20 * zoom**2)
    assert labels.shape == shape and labels.dtype == np.uint32
    areas = np.bincount(labels.ravel())[1:] / zoom**2
    np.testing.assert_allclose(areas, [np.pi * 13**2 - 8] * 2, rtol=0.06)
    for number, middle in ((1, (30, 30)), (2, (30, 55))):
        assert ndimage.label(labels == number, EIGHT)[1] == 1
        found = np.argwhere(labels == number).mean(0)
        np.testing.assert_allclose((found + 0.5) / zoom - 0.5, middle, atol=0.6)


def test_pixels_below_the_probability_are_not_nucleus():
    maps = maps_of_discs((60, 90), (30, 30, 13))
    maps[0] = np.where(maps[1] > 40, 255, np.minimum(maps[0], 153))  # the rim: 0.6
    inner, whole = maps[0] == 255, maps[0] > 0
    np.testing.assert_array_equal(nuclei(maps, probability=0.59) > 0, whole)
    np.testing.assert_array_equal(nuclei(maps, probability=0.6) > 0, inner)  # above, not at


@pytest.mark.parametrize(("sure", "found"), [(209, 0), (212, 1)])  # 0.82 and 0.83
def test_nuclei_of_which_the_network_is_not_sure_on_average_are_dropped(sure, found):
    maps = maps_of_discs((60, 90), (30, 30, 13))
    maps[0] = np.minimum(maps[0], sure)
    assert nuclei(maps, probability=0.5).max() == found


def test_a_hole_does_not_make_a_nucleus_surer():
    maps = maps_of_discs((60, 90), (30, 40, 16))
    hole = maps[1] > 90
    maps[0] = np.minimum(maps[0], 166)  # 0.65
    maps[:, hole] = 0
    assert nuclei(maps, minimum_area=0).max() == 0
    assert nuclei(maps, minimum_area=400).max() == 0


def test_an_unsure_neighbour_does_not_take_a_nucleus_with_it():
    maps = TOUCHING.copy()
    maps[0][:, 43:] = np.minimum(maps[0][:, 43:], 153)
    labels = nuclei(maps)
    assert labels.max() == 1 and labels[30, 30] == 1 and labels[30, 55] == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (20, 30)])
@pytest.mark.parametrize("separate", [False, True])
def test_a_nucleus_that_fills_the_picture_is_one(shape, separate):
    maps = np.full((2, *shape), 255, np.uint8)
    assert nuclei(maps, minimum_area=1, separate=separate).max() == 1


def test_holes_smaller_than_a_nucleus_are_filled_and_do_not_cut_it():
    maps = maps_of_discs((60, 90), (30, 40, 20))
    solid = maps[0] > 127
    ring = np.hypot(*(np.indices((60, 90)) - [[[30]], [[40]]])) < 6
    maps[:, ring] = 0
    np.testing.assert_array_equal(nuclei(maps, minimum_area=300), solid)
    assert (nuclei(maps, minimum_area=30) > 0)[ring].sum() == 0
    twice = nuclei(maps, (120, 180), minimum_area=1200)
    assert twice.max() == 1 and twice[61, 81] == 1


def test_what_is_smaller_than_the_minimum_area_is_dropped():
    maps = maps_of_discs((60, 90), (30, 20, 12), (30, 60, 5))
    area = int((nuclei(maps, minimum_area=0) == 2).sum())
    assert nuclei(maps, minimum_area=area).max() == 2
    assert nuclei(maps, minimum_area=area + 1).max() == 1
    four = nuclei(maps, (120, 180), minimum_area=0)  # the area is in pixels of the picture
    assert nuclei(maps, (120, 180), minimum_area=int((four == 2).sum())).max() == 2
    assert nuclei(maps, (120, 180), minimum_area=int((four == 2).sum()) + 1).max() == 1


def test_the_automatic_area_drops_specks():
    maps = maps_of_discs((60, 90), (30, 20, 12), (30, 60, 12), (5, 80, 2))
    assert nuclei(maps, minimum_area=None).max() == 2
    assert nuclei(maps, (240, 360), minimum_area=None).max() == 2
    assert nuclei(maps, minimum_area=0).max() == 3


def test_what_was_too_small_is_counted():
    maps = maps_of_discs((60, 90), (30, 20, 12), (30, 60, 12), (5, 80, 4))
    for minimum_area, too_small in [(0, 0), (100, 1), (600, 3)]:
        assert nuclei_of_maps(maps, (60, 90), 0.5, minimum_area, True, False)[2] == too_small
    assert nuclei_of_maps(maps, (240, 360), 0.5, 1600, True, False)[2] == 1


def test_nuclei_at_the_edge_are_dropped_and_told():
    maps = maps_of_discs((60, 90), (30, 8, 13), (30, 33, 13), (59, 70, 9))
    labels, dropped = nuclei_of_maps(maps, (60, 90), 0.5, 20, True, True)[:2]
    assert labels.max() == 1 and labels[30, 33] == 1
    assert dropped[30, 8] and dropped[58, 70] and dropped.dtype == bool
    np.testing.assert_array_equal(dropped | (labels > 0), maps[0] > 127)
    labels, dropped = nuclei_of_maps(maps, (60, 90), 0.5, 20, True, False)[:2]
    assert labels.max() == 3 and not dropped.any()


@settings(deadline=None)
@given(
    MAPS,
    st.tuples(st.integers(1, 30), st.integers(1, 30)),
    st.sampled_from([0.1, 0.5, 0.9]),
    st.sampled_from([None, 0, 4]),
    st.booleans(),
    st.booleans(),
)
def test_any_maps_give_a_valid_label_image(maps, shape, probability, area, separate, border):
    before = maps.copy()
    labels, dropped = nuclei_of_maps(maps, shape, probability, area, separate, border)[:2]
    np.testing.assert_array_equal(maps, before)
    assert labels.shape == dropped.shape == shape and labels.dtype == np.uint32
    first = np.unique(labels, return_index=True)
    assert first[0][first[0] > 0].tolist() == list(range(1, labels.max() + 1))
    assert (np.diff(first[1][first[0] > 0]) > 0).all()
    assert not (labels > 0)[dropped].any()
    assert border or not dropped.any()
    areas = np.bincount(labels.ravel())[1:]
    assert (areas >= (area or 1)).all()
    edges = [labels[0], labels[-1], labels[:, 0], labels[:, -1]]
    assert not (border and any(edge.any() for edge in edges))


@settings(deadline=None)
@given(MAPS, st.booleans())
def test_at_the_networks_resolution_every_nucleus_is_connected_foreground(maps, separate):
    mask = maps[0] > 127
    labels = separate_by_depth(mask, maps[1], separate)
    np.testing.assert_array_equal(labels > 0, mask)
    parts = [ndimage.label(labels == n, EIGHT)[1] for n in range(1, labels.max() + 1)]
    assert parts == [1] * labels.max()


def test_more_nuclei_than_16_bits_can_number():
    maps = np.zeros((2, 600, 1200), np.uint8)
    maps[:, 1::3, 1::3] = 255
    labels = nuclei(maps, minimum_area=1)
    assert labels.max() == 80_000
    np.testing.assert_array_equal(labels[1::3, 1::3].ravel(), np.arange(1, 80_001))
