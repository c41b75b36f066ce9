"""Bringing frames to 8 bits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from immunostain.images.eight_bit import brightness_range, smooth, to_8_bit

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, max_side=40)
FRAMES = st.one_of(
    hnp.arrays(np.uint8, SHAPES),
    hnp.arrays(np.uint16, SHAPES),
    hnp.arrays(np.uint16, SHAPES, elements=st.integers(0, 3)),
    hnp.arrays(np.float32, SHAPES, elements=st.floats(0, 1e6, width=32)),
)


def stretched(frame, low, high):
    """Stretch pixel by pixel, in Python's own numbers."""
    values = [[(float(v) - low) * (255 / (high - low)) for v in row] for row in frame]
    return np.array([[round(min(max(v, 0), 255)) for v in row] for row in values], np.uint8)


@settings(deadline=None)
@given(FRAMES)
def test_the_range_is_the_minimum_and_numpys_percentile_of_what_is_not_0(frame):
    low, high = brightness_range(frame)
    bright = frame[frame > 0]
    assert low == frame.min()
    assert high == pytest.approx(np.percentile(bright, 99.99) if bright.size else 0, rel=1e-12)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_the_percentile_of_many_pixels(dtype):
    rng = np.random.default_rng(3)
    frame = np.minimum(rng.exponential(15, (300, 301)), 250).astype(dtype)
    expected = np.percentile(frame[frame > 0], 99.99)
    assert expected < frame.max()
    assert brightness_range(frame)[1] == pytest.approx(expected, rel=1e-12)


@settings(deadline=None)
@given(FRAMES)
def test_stretching_pixel_by_pixel(frame):
    low, high = brightness_range(frame)
    found = to_8_bit(frame, low, high)
    assert found.dtype == np.uint8
    if high > low:
        assert np.array_equal(found, stretched(frame, low, high))
    else:
        assert not found.any()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("value", [0, 1, 200, 255, 65535])
def test_a_frame_of_one_brightness_is_black(dtype, value):
    frame = np.full(
        (20, 30), min(value, np.iinfo(dtype).max if dtype != np.float32 else value), dtype
    )
    assert not to_8_bit(frame, *brightness_range(frame)).any()


def test_a_saturated_frame_keeps_its_nuclei():
    frame = np.full((50, 40), 65535, np.uint16)
    frame[:, :20] = 100
    found = to_8_bit(frame, *brightness_range(frame))
    assert (found[:, :20] == 0).all()
    assert (found[:, 20:] == 255).all()


def test_one_hot_pixel_does_not_darken_the_rest():
    frame = np.full((200, 200), 100, np.uint16)
    frame[50:100, 50:100] = 1000
    frame[10, 10] = 65535
    found = to_8_bit(frame, *brightness_range(frame))
    assert found[10, 10] == 255
    assert found[60, 60] > 30
    frame[10, 10] = 1000
    assert to_8_bit(frame, *brightness_range(frame))[60, 60] == 255


def test_one_bright_pixel_in_the_dark_becomes_white():
    frame = np.zeros((30, 30), np.uint16)
    frame[4, 5] = 7
    found = to_8_bit(frame, *brightness_range(frame))
    assert found[4, 5] == 255
    assert found.sum() == 255


def kernel():
    """Write out the 5 x 5 Gaussian of sigma 1.1."""
    steps = np.arange(-2, 3)
    weights = np.exp(-(steps**2) / (2 * 1.1**2))
    return np.outer(weights, weights) / weights.sum() ** 2


@settings(deadline=None)
@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, min_side=3, max_side=24)))
def test_the_blur_is_a_5_by_5_gaussian_with_mirrored_borders(picture):
    around = np.pad(picture.astype(np.float64), 2, mode="reflect")
    exact = ndimage.correlate(around, kernel())[2:-2, 2:-2]
    found = smooth(picture)
    assert found.dtype == np.uint8
    # Rounded to the nearest; at a half, single precision decides.
    assert np.abs(found - exact).max() <= 0.5 + 1e-4


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2), (4, 1)])
@pytest.mark.parametrize("value", [0, 77, 255])
def test_blurring_one_brightness_changes_nothing(shape, value):
    picture = np.full(shape, value, np.uint8)
    assert np.array_equal(smooth(picture), picture)
