"""Label images at another resolution."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from immunostain.shared.resampling import resample, resample_labels

SIDES = hnp.array_shapes(min_dims=2, max_dims=2, max_side=9)
LABELS = hnp.arrays(np.int32, SIDES, elements=st.integers(0, 4))
SHAPES = st.tuples(st.integers(1, 25), st.integers(1, 25))


def votes(labels, shape, y, x):
    """Sum the bilinear weights of each label at a pixel, one by one."""
    at = [
        min(max((place + 0.5) * old / new - 0.5, 0), old - 1)
        for place, new, old in zip((y, x), shape, labels.shape, strict=True)
    ]
    sums = {}
    for row in range(labels.shape[0]):
        for column in range(labels.shape[1]):
            weight = max(0, 1 - abs(at[0] - row)) * max(0, 1 - abs(at[1] - column))
            if labels[row, column] and weight:
                label = int(labels[row, column])
                sums[label] = sums.get(label, 0) + weight
    return sums


@settings(deadline=None, max_examples=60)
@given(LABELS, SHAPES, st.data())
def test_each_pixel_has_the_label_with_most_votes(labels, shape, data):
    mask = data.draw(hnp.arrays(bool, shape))
    carried = resample_labels(labels, mask)
    assert carried.shape == shape and carried.dtype == np.uint32
    for (y, x), label in np.ndenumerate(carried):
        sums = votes(labels, shape, y, x)
        if not mask[y, x] or not sums:
            assert label == 0
        elif label == 0:
            assert max(sums.values()) < 1e-4  # rounded to nothing
        else:
            assert sums[label] > max(sums.values()) - 1e-4  # of equals, either


@settings(deadline=None)
@given(LABELS)
def test_at_the_same_resolution_labels_stay(labels):
    np.testing.assert_array_equal(resample_labels(labels, np.ones(labels.shape, bool)), labels)
    np.testing.assert_array_equal(resample_labels(labels, labels == 2), 2 * (labels == 2))


@settings(deadline=None)
@given(LABELS, st.integers(1, 4))
def test_pixels_in_the_middle_of_larger_ones_have_their_label(labels, zoom):
    zoom = 2 * zoom + 1  # so that there is a pixel right in the middle
    shape = tuple(zoom * side for side in labels.shape)
    carried = resample_labels(labels, np.ones(shape, bool))
    np.testing.assert_array_equal(carried[zoom // 2 :: zoom, zoom // 2 :: zoom], labels)


def test_a_picture_of_several_bands():
    labels = np.arange(1, 7).reshape(2, 3)
    mask = np.ones((800, 2610), bool)
    carried = resample_labels(labels, mask)
    y, x = np.indices(mask.shape)
    np.testing.assert_array_equal(carried, labels[y // 400, x // 870])


def test_labels_of_more_than_16_bits():
    labels = np.array([[70_000, 0, 2**24 + 1]])
    carried = resample_labels(labels, np.ones((4, 30), bool))
    assert set(np.unique(carried)) == {70_000, 2**24 + 1}


def covered(shape, middle, radius):
    """Draw a disc, from 0 to 1 by how much of a pixel it covers."""
    parts = 8
    y, x = (np.indices((shape[0] * parts, shape[1] * parts)) + 0.5) / parts
    inside = (y - middle[0]) ** 2 + (x - middle[1]) ** 2 <= radius**2
    return inside.reshape(shape[0], parts, shape[1], parts).mean((1, 3))


@pytest.mark.parametrize("middle", [(16, 16), (16.5, 15.75), (17.2, 14.9)])
def test_enlarged_discs_have_smooth_outlines(middle):
    foreground = covered((32, 32), middle, 12)
    labels = np.where(foreground > 0.5, 5, 0)
    found = resample_labels(labels, resample(foreground, (256, 256)) > 0.5)
    assert set(np.unique(found)) == {0, 5}
    true = covered((256, 256), np.multiply(middle, 8), 96) > 0.5
    assert (true & (found > 0)).sum() >= 0.97 * (true | (found > 0)).sum()


def two_halves(side, angle):
    """Give a label image of two nuclei that meet in a line through the middle."""
    y, x = (np.indices((side, side)) + 0.5) / side - 0.5
    return np.where(np.cos(angle) * x + np.sin(angle) * y > 0, 2, 1)


@pytest.mark.parametrize("angle", [0, np.pi / 2, np.pi])
def test_the_border_between_touching_nuclei_stays_straight(angle):
    carried = resample_labels(two_halves(16, angle), np.ones((128, 128), bool))
    np.testing.assert_array_equal(carried, two_halves(128, angle))


@pytest.mark.parametrize("angle", [0.3, 0.5, 1.0, 2.5])
def test_an_oblique_border_has_fewer_stairs_than_by_plain_enlargement(angle):
    labels, true = two_halves(32, angle), two_halves(256, angle)
    stairs = labels.repeat(8, 0).repeat(8, 1)
    carried = resample_labels(labels, np.ones((256, 256), bool))
    inner = slice(16, -16)
    assert (carried != true)[inner, inner].sum() < 0.9 * (stairs != true)[inner, inner].sum()
