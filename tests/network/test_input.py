"""What the network is shown."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from immunostain.network.input import NOISE_SHARE, both_stretches, network_input, stretch_range


@pytest.mark.parametrize("value", [0, 7, 65535, -3.5])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (20, 30)])
def test_a_constant_picture_is_shown_as_nothing(shape, value):
    picture = np.full(shape, value, np.float32)
    low, high = stretch_range(picture)
    assert low == high == value
    shown = network_input(picture, low, high)
    assert shown.shape == (2, *shape) and shown.dtype == np.float32
    assert not shown.any()


def test_the_range_is_from_the_first_to_the_99_8th_percentile():
    y, x = np.indices((401, 501), np.float32)
    picture = x + 501 * y  # every whole number once, in steps of 1
    low, high = stretch_range(picture)
    assert low == pytest.approx(0.01 * (picture.size - 1), abs=0.1)
    assert high == pytest.approx(0.998 * (picture.size - 1), abs=0.1)


@pytest.mark.parametrize("sigma", [0.1, 5, 3000])
def test_noise_alone_spans_a_small_part_of_the_range(sigma):
    noise = np.random.default_rng(0).normal(100, sigma, (300, 300)).astype(np.float32)
    low, high = stretch_range(noise)
    assert high - low == pytest.approx(NOISE_SHARE * sigma, rel=0.05)
    assert network_input(noise, low, high)[0].std() == pytest.approx(1 / NOISE_SHARE, rel=0.05)


def test_noise_does_not_widen_the_range_of_bright_nuclei():
    picture = np.random.default_rng(0).normal(100, 5, (300, 300)).astype(np.float32)
    picture[100:150, 100:150] += 1000
    low, high = stretch_range(picture)
    assert low < 100 and 1095 < high < 1125


@settings(deadline=None)
@given(st.floats(-1e3, 1e3), st.floats(1, 1e4), st.integers(0, 2**32 - 1))
def test_brighter_or_more_contrast_looks_the_same(offset, gain, seed):
    picture = np.random.default_rng(seed).random((20, 30), np.float32)
    other = offset + gain * picture.astype(float)
    same = network_input(other, *stretch_range(other))
    # Near 0 the second channel is about 5 times as steep as the first.
    np.testing.assert_allclose(network_input(picture, *stretch_range(picture)), same, atol=5e-3)


def test_what_is_shown():
    picture = np.array([[0, 10, 20, 30, 1000, -1000]], np.float32)
    even, compressed = network_input(picture, 10, 30)
    np.testing.assert_allclose(even, [[-0.5, 0, 0.5, 1, 4, -1]])
    assert compressed[0, 1] == 0
    np.testing.assert_allclose(compressed[0, 3], 1, rtol=1e-6)
    assert (np.argsort(compressed[0]) == np.argsort(even[0])).all()
    assert compressed[0, 2] > 0.75  # the dim is lifted
    np.testing.assert_allclose(compressed[0, 0], -compressed[0, 2])


def test_numpy_and_torch_agree():
    even = np.random.default_rng(0).normal(size=(3, 4, 5)).astype(np.float32)
    shown = both_stretches(even, np)
    assert shown.shape == (3, 2, 4, 5)
    np.testing.assert_allclose(
        both_stretches(torch.from_numpy(even), torch), shown, rtol=1e-4, atol=1e-6
    )
