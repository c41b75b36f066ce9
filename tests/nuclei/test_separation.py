"""Cutting touching nuclei apart, on shapes whose answer is known."""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from immunostain.nuclei.separation import separate_touching

EIGHT = np.ones((3, 3), bool)


def discs(shape, *circles):
    """Draw discs given as (y, x, radius)."""
    y, x = np.indices(shape)
    mask = np.zeros(shape, bool)
    for centre_y, centre_x, radius in circles:
        mask |= (y - centre_y) ** 2 + (x - centre_x) ** 2 <= radius**2
    return mask


def chain(number, radius, neck, angle=0.0):
    """Draw equal discs in a row, joined by necks of `neck` times their diameter."""
    pitch = 2 * radius * np.sqrt(1 - neck**2)
    size = int(2 * radius + pitch * (number - 1)) + 6
    offsets = (np.arange(number) - (number - 1) / 2) * pitch
    centres = (size / 2 + offsets * np.sin(angle), size / 2 + offsets * np.cos(angle))
    return discs((size, size), *((y, x, radius) for y, x in zip(*centres, strict=True)))


def ellipse(long, short, angle):
    size = int(2 * long) + 8
    y, x = np.indices((size, size)) - size / 2
    along, across = y * np.sin(angle) + x * np.cos(angle), y * np.cos(angle) - x * np.sin(angle)
    return (along / long) ** 2 + (across / short) ** 2 <= 1


def check(mask, labels):
    """Check what holds for every answer."""
    assert labels.dtype == np.uint32
    assert labels.shape == mask.shape
    assert np.array_equal(labels > 0, mask)
    values, first = np.unique(labels[mask], return_index=True)
    assert values.tolist() == list(range(1, len(values) + 1)), "consecutive"
    assert (np.diff(first) > 0).all(), "in raster order"
    for value in values:
        assert ndimage.label(labels == value, EIGHT)[1] == 1, "8-connected"


def count(mask):
    labels = separate_touching(mask)
    check(mask, labels)
    return int(labels.max())


@pytest.mark.parametrize("angle", [0, 0.4, np.pi / 4, 2])
@pytest.mark.parametrize("radius", [12, 24, 48, 96])
def test_two_discs_are_cut_at_a_narrow_neck_only_at_any_scale(radius, angle):
    assert count(chain(2, radius, 0.4, angle)) == 2
    assert count(chain(2, radius, 0.65, angle)) == 2
    assert count(chain(2, radius, 0.85, angle)) == 1
    assert count(chain(2, radius, 0.95, angle)) == 1


@pytest.mark.parametrize("angle", [0, 0.4, np.pi / 4])
@pytest.mark.parametrize("radius", [6, 12, 50])
def test_a_chain_of_three_is_three(radius, angle):
    assert count(chain(3, radius, 0.6, angle)) == 3


@pytest.mark.parametrize("scale", [1, 2, 4, 8])
def test_the_cut_lies_in_the_neck_at_any_scale(scale):
    mask = discs((30, 60), (14, 14, 12), (14, 36, 12))
    labels = separate_touching(np.kron(mask, np.ones((scale, scale), bool)))
    left, right = np.bincount(labels.ravel())[1:]
    assert left == pytest.approx(right, rel=0.05)
    _, columns = np.nonzero(labels == 1)
    assert abs(columns.max() - 25.5 * scale) <= 2 * scale


def test_small_and_large_nuclei_in_one_picture_follow_one_rule():
    mask = np.zeros((420, 700), bool)
    pairs = (chain(2, 6, 0.5), chain(2, 25, 0.5), chain(2, 100, 0.5))
    for pair, x in zip(pairs, (5, 60, 200), strict=True):
        mask[5 : 5 + len(pair), x : x + len(pair)] |= pair
    assert count(mask) == 6


@pytest.mark.parametrize("neck, expected", [(0.3, 1), (0.7, 2)])
def test_neck_is_a_share_of_the_radius(neck, expected):
    assert separate_touching(chain(2, 20, 0.5), neck).max() == expected


def test_nuclei_that_meet_at_a_corner_are_two():
    mask = np.zeros((20, 20), bool)
    mask[1:10, 1:10] = mask[10:19, 10:19] = True
    assert ndimage.label(mask, EIGHT)[1] == 1
    assert count(mask) == 2


@pytest.mark.parametrize("angle", np.linspace(0, np.pi, 7))
@pytest.mark.parametrize("short", [3, 5, 12, 40])
def test_an_elongated_ellipse_stays_one(short, angle):
    assert count(ellipse(3 * short, short, angle)) == 1


@pytest.mark.parametrize("radius", [6, 12, 40])
def test_a_bean_stays_one(radius):
    size = 2 * radius + 5
    disc = discs((size, size), (radius + 2, radius + 2, radius))
    assert count(disc & ~discs(disc.shape, (radius + 2, 2 * radius + 2, radius / 2))) == 1


@pytest.mark.parametrize("radius", [6, 15, 60])
@pytest.mark.parametrize("hidden", [0.3, 1.0, 1.5])
def test_a_disc_cut_by_the_border_stays_one(radius, hidden):
    size = 2 * radius + 5
    assert count(discs((size, size), (radius * (1 - hidden), size // 2, radius))) == 1
    corner = radius * (1 - hidden / 2)
    assert count(discs((size, size), (corner, corner, radius))) == 1


def test_two_discs_cut_by_the_border_are_two():
    assert count(discs((20, 60), (0, 15, 12), (0, 37, 12))) == 2


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 7), (40, 25), (0, 4)])
def test_empty_and_full_masks(shape):
    assert not separate_touching(np.zeros(shape, bool)).any()
    full = separate_touching(np.ones(shape, bool))
    assert full.dtype == np.uint32
    assert (full == 1).all()


def test_a_line_is_labelled_piece_by_piece():
    mask = np.array([[True, True, False, True, False, True]])
    assert separate_touching(mask).tolist() == [[1, 1, 0, 2, 0, 3]]


@pytest.mark.parametrize("radius", [4, 8, 20, 60])
def test_spurs_and_nicks_of_the_outline_are_no_nuclei(radius):
    middle = radius + 8
    mask = discs((2 * middle + 1, 2 * middle + 1), (middle, middle, radius))
    mask[middle, : middle - radius][-5:] = True  # one pixel wide, five long
    mask[middle - radius - 1, middle] = True
    mask[middle + radius, middle] = False
    assert count(mask) == 1


def test_size_alone_drops_or_joins_nothing():
    assert not any("area" in name for name in inspect.signature(separate_touching).parameters)
    mask = np.zeros((30, 30), bool)
    mask[2, 2] = mask[2, 5] = True
    mask[10:25, 10:25] = True
    assert count(mask) == 3
    # A small nucleus at a large one is found as well as a large one.
    assert count(discs((60, 80), (30, 30, 25), (30, 61, 8))) == 2


def test_labels_follow_the_first_pixel_after_cuts():
    mask = np.zeros((60, 120), bool)
    mask[30:, :] = discs((30, 120), (14, 14, 12), (15, 36, 12))
    mask[:30, 60:90] = discs((30, 30), (14, 14, 12))
    labels = separate_touching(mask)
    check(mask, labels)
    assert (labels[14, 74], labels[44, 14], labels[45, 36]) == (1, 2, 3)


def test_the_mask_is_left_as_it_was_and_any_truth_value_will_do():
    mask = chain(2, 12, 0.5)
    before = mask.copy()
    labels = separate_touching(mask)
    assert np.array_equal(mask, before)
    assert np.array_equal(separate_touching(mask.astype(np.uint8) * 255), labels)


shapes = hnp.array_shapes(min_dims=2, max_dims=2, max_side=24)


@settings(deadline=None)
@given(hnp.arrays(bool, shapes))
def test_any_mask_is_covered_exactly(mask):
    check(mask, separate_touching(mask))


circles = st.tuples(st.integers(-4, 60), st.integers(-4, 90), st.floats(1, 30))


@settings(deadline=None, max_examples=60)
@given(st.lists(circles, min_size=1, max_size=6))
def test_any_discs_are_covered_exactly_and_components_stay_apart(some):
    mask = discs((56, 86), *some)
    labels = separate_touching(mask)
    check(mask, labels)
    components, _ = ndimage.label(mask, EIGHT)
    for value in range(1, int(labels.max()) + 1):
        assert len(np.unique(components[labels == value])) == 1
    assert np.array_equal(separate_touching(np.asfortranarray(mask)), labels)
