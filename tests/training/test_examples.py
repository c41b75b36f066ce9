"""Annotated pictures made ready for training."""

import numpy as np
import pytest
from annotated import discs_with_labels
from hypothesis import given, settings
from hypothesis import strategies as st

from immunostain.training.examples import (
    MIDDLE,
    STORED_DIAMETER,
    annotate,
    depth_map,
    split_off,
    typical_diameter,
)


def test_the_typical_diameter_is_that_of_the_median_nucleus():
    labels = np.zeros((30, 30), int)
    labels[:2, :2] = 1
    labels[5:15, 5:15] = 4
    labels[20:30, :] = 9
    assert typical_diameter(labels) == pytest.approx(2 * (100 / np.pi) ** 0.5)
    assert typical_diameter(0 * labels) is None


@pytest.mark.parametrize("radius", [4, 7, 20])
def test_nuclei_get_the_stored_diameter_whatever_they_had(radius):
    shape = (12 * radius, 15 * radius)
    picture, labels = discs_with_labels(0, radius, shape, 3 * radius)
    found = annotate(picture, labels)
    assert np.median(found.diameters[1:]) == pytest.approx(STORED_DIAMETER, rel=0.08)
    assert found.picture.shape == found.foreground.shape == found.depth.shape == found.nuclei.shape
    assert len(found.centres) == labels.max() == found.nuclei.max() == len(found.diameters) - 1
    assert found.picture.dtype == found.foreground.dtype == found.depth.dtype == np.float16
    for number, (y, x) in enumerate(found.centres, 1):
        assert found.nuclei[round(y), round(x)] == number
    inside = found.nuclei > 0
    assert found.picture[inside].mean() > 0.7 and found.picture[~inside].mean() < 0.2
    np.testing.assert_array_equal(found.foreground > 0.5, inside)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("brightest", [0, 60000])
def test_pictures_without_nuclei(brightest):
    picture = np.zeros((20, 30), np.uint16)
    picture[5, 5] = brightest  # a hot pixel
    found = annotate(picture, np.zeros((20, 30), np.int32))
    assert found.picture.shape == (20, 30) and np.isfinite(found.picture).all()
    assert found.centres.shape == (0, 2) and not found.depth.any()
    assert found.diameters.tolist() == [0]


def test_depth_is_1_in_the_middle_and_falls_to_the_outline():
    _, labels = discs_with_labels(0, 9)
    depth = depth_map(labels.astype(np.int32))
    assert depth.dtype == np.float32 and depth.min() == 0 and depth.max() == 1
    assert (depth[labels == 0] == 0).all() and (depth[labels > 0] > 0).all()
    for number in range(1, labels.max() + 1):
        assert depth[labels == number].max() == 1
    middle = np.count_nonzero(depth == 1) / np.count_nonzero(labels)
    assert middle == pytest.approx(MIDDLE**2, abs=0.05)  # half the way in, so a quarter of a disc


def test_touching_nuclei_have_an_outline_between_them_and_none_at_the_edge():
    nuclei = np.repeat([[1] * 10 + [2] * 10], 9, axis=0).astype(np.int32)
    depth = depth_map(nuclei)
    assert depth[:, 9:11].max() < 0.11
    assert depth[:, [0, -1]].min() == 1
    np.testing.assert_allclose(depth, depth[:, ::-1])
    assert (depth_map(np.ones((4, 5), np.int32)) == 1).all()


@settings(deadline=None)
@given(st.integers(2, 50), st.floats(0.01, 0.5), st.integers(0, 5))
def test_the_validation_share(count, share, seed):
    names = [f"n{number}" for number in range(count)]
    drawn = split_off(names, share, seed)
    assert drawn == split_off(names, share, seed) and drawn < set(names)
    assert len(drawn) == max(1, round(share * count))


def test_another_seed_draws_others():
    names = [str(number) for number in range(100)]
    assert split_off(names, 0.05, 1) != split_off(names, 0.05, 2)
    # The shipped model's validation pictures were drawn like this.
    assert split_off(names, 0.05, 1) == {"6", "8", "16", "48", "81"}
