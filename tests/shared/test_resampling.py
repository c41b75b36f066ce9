"""Pictures at another resolution."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from immunostain.shared.resampling import resample

SIDES = st.integers(1, 60)


def random_picture(shape, seed=0, dtype=np.uint16):
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, dtype)


@settings(deadline=None)
@given(st.tuples(SIDES, SIDES), st.tuples(SIDES, SIDES), st.data())
def test_a_window_is_that_part_of_the_whole(old, new, data):
    picture = random_picture(old)
    window = []
    for side in new:
        start = data.draw(st.integers(0, side - 1))
        window.append(slice(start, data.draw(st.integers(start + 1, side))))
    whole = resample(picture, new)
    part = resample(picture, new, tuple(window))
    assert whole.shape == new and whole.dtype == part.dtype == np.float32
    np.testing.assert_allclose(part, whole[tuple(window)], atol=65535 * 1e-4)


@pytest.mark.parametrize("new", [(700, 1300), (300, 499), (2801, 5203)])
def test_windows_of_a_large_picture(new):
    picture = random_picture((1400, 2600))
    whole = resample(picture, new)
    for y in range(0, new[0], 250):
        for x in range(0, new[1], 640):
            window = slice(y, min(y + 250, new[0])), slice(x, min(x + 640, new[1]))
            part = resample(picture, new, window)
            np.testing.assert_allclose(part, whole[window], atol=65535 * 1e-3)


@settings(deadline=None)
@given(st.tuples(SIDES, SIDES), st.tuples(SIDES, SIDES), st.integers(0, 65535))
def test_a_constant_stays(old, new, value):
    np.testing.assert_allclose(resample(np.full(old, value), new), value, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.float32, np.float64, bool])
def test_the_same_size_is_the_same_picture(dtype):
    picture = (random_picture((13, 17)) % 251).astype(dtype)
    np.testing.assert_array_equal(resample(picture, (13, 17)), picture)


@settings(deadline=None)
@given(st.integers(2, 9), st.integers(2, 9), st.integers(0, 2**32 - 1))
def test_shrinking_keeps_the_mean(down, along, seed):
    inner = np.random.default_rng(seed).random((6 * down, 7 * along))
    picture = np.pad(inner, ((2 * down,) * 2, (2 * along,) * 2))  # edges count more
    small = resample(picture, (10, 11))
    assert small.mean() == pytest.approx(picture.mean(), rel=1e-4)


@pytest.mark.parametrize("zoom", [0.25, 0.4, 1.7, 4.0])
def test_edges_and_places_stay(zoom):
    y, x = np.indices((40, 60)) + 0.5  # the place of each pixel's middle
    new = round(40 * zoom), round(60 * zoom)
    inside = slice(int(2 * max(1, zoom)), -int(2 * max(1, zoom)))
    for place, axis in ((y, 0), (x, 1)):
        expected = (np.indices(new)[axis] + 0.5) * place.shape[axis] / new[axis]
        found = resample(place, new)
        # Pillow's weights end at whole pixels, which moves what shrinks by a hundredth of one.
        np.testing.assert_allclose(found[inside, inside], expected[inside, inside], atol=0.02)
        assert found.min() >= 0.5 and found.max() <= place.shape[axis] - 0.5


@settings(deadline=None)
@given(st.integers(1, 300), st.integers(1, 300))
def test_pictures_one_pixel_high(old, new):
    row = np.arange(old, dtype=np.uint16)[None]
    across = resample(row, (1, new))
    assert across.shape == (1, new)
    assert (np.diff(across[0]) >= 0).all()
    np.testing.assert_array_equal(resample(row.T, (new, 1)), across.T)
    assert resample(row, (new, 1)).shape == (new, 1)


def test_a_part_of_a_picture_that_is_not_contiguous():
    picture = random_picture((30, 40))
    np.testing.assert_array_equal(
        resample(picture[::2, ::-3], (5, 6)), resample(picture[::2, ::-3].copy(), (5, 6))
    )
