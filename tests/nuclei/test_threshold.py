"""Telling nuclei from background."""

import tracemalloc

import numpy as np
import pytest
from czi_files import write_channels
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from measured_files import segmented
from scipy import ndimage
from skimage import filters

from immunostain.images.frames import read_picture
from immunostain.nuclei.threshold import above_level, only_noise, uneven_background

METHODS = ["otsu", "li", "triangle", "local"]


def field(shape=(120, 90)):
    """Draw bright squares on noise, as they are after smoothing; give the picture and the mask."""
    rng = np.random.default_rng(5)
    mask = np.zeros(shape, bool)
    mask[20:50, 10:40] = mask[70:100, 45:75] = True
    picture = ndimage.gaussian_filter(rng.normal(8, 3, shape) + mask * 180.0, 1.5)
    return picture.clip(0, 255).astype(np.uint8), mask


@settings(deadline=None)
@given(hnp.arrays(np.uint8, (7, 5)), st.integers(0, 255))
def test_a_number_is_the_highest_level_of_the_background(picture, level):
    found = above_level(picture, level)
    assert found.dtype == bool
    assert found.tolist() == [[int(v) > level for v in row] for row in picture]


@pytest.mark.parametrize("method", METHODS)
def test_each_method_finds_bright_squares(method):
    picture, mask = field()
    found = above_level(picture, method)
    assert found[ndimage.binary_erosion(mask, iterations=3)].all()
    assert not found[~ndimage.binary_dilation(mask, iterations=5)].any()


@pytest.mark.parametrize(
    ("method", "function"),
    [
        ("otsu", filters.threshold_otsu),
        ("li", filters.threshold_li),
        ("triangle", filters.threshold_triangle),
    ],
)
def test_methods_are_those_of_scikit_image(method, function):
    rng = np.random.default_rng(1)
    picture = rng.gamma(2, 20, (60, 80)).clip(0, 255).astype(np.uint8)
    found = above_level(picture, method)
    assert np.array_equal(found, picture > function(picture))
    assert 0 < found.sum() < found.size


@pytest.mark.parametrize("level", METHODS)
@pytest.mark.parametrize("value", [0, 50, 255])
@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (60, 70)])
def test_a_picture_of_one_brightness_has_no_nuclei(level, value, shape):
    assert not above_level(np.full(shape, value, np.uint8), level).any()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", [(1, 2), (2, 1), (1, 200), (3, 7)])
def test_methods_work_on_tiny_pictures(method, shape):
    picture = np.zeros(shape, np.uint8)
    picture.flat[-1] = 200
    found = above_level(picture, method)
    assert found.shape == shape
    assert not found.flat[0]
    assert found.flat[-1]


def test_local_finds_nuclei_on_an_uneven_background():
    y, x = np.indices((512, 512))
    nuclei = np.zeros((512, 512), bool)
    for cy in range(50, 500, 100):
        for cx in range(50, 500, 100):
            nuclei |= (x - cx) ** 2 + (y - cy) ** 2 <= 20**2
    picture = (10 + 120 * x / 512 + 100 * nuclei).astype(np.uint8)
    found = above_level(picture, "local")
    assert np.mean(found != nuclei) < 0.002
    assert np.mean(above_level(picture, "otsu") != nuclei) > 0.05


def test_uneven_background_is_the_same_in_bands_and_needs_little_memory(monkeypatch):
    picture = np.random.default_rng(0).integers(0, 200, (1500, 1400)).astype(np.uint8)
    whole = uneven_background(picture)
    monkeypatch.setattr("immunostain.nuclei.threshold._ENOUGH", 1 << 16)
    tracemalloc.start()
    in_bands = uneven_background(picture)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    np.testing.assert_array_equal(in_bands, whole)
    assert peak < 8 * picture.size, "4 of them are the background itself"


def test_uneven_background_of_a_slope():
    x = np.indices((300, 700))[1]
    slope = (x / 5).astype(np.uint8)
    found = uneven_background(slope)
    assert found.shape == slope.shape
    assert np.abs(found - slope).max() < 8


@pytest.mark.parametrize("shape", [(1, 1), (1, 90), (64, 3)])
def test_uneven_background_of_tiny_pictures(shape):
    assert (uneven_background(np.full(shape, 7, np.uint8)) == 7).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("light", [0.05, 3, 120])
def test_noise_is_only_noise(dtype, light):
    rng = np.random.default_rng(3)
    noise = rng.poisson(light, (300, 400)).astype(dtype)
    assert only_noise(noise)
    some = np.ma.MaskedArray(noise.copy(), rng.random(noise.shape) < 0.3)
    some[some.mask] = 0
    assert only_noise(some)


@pytest.mark.parametrize("what", ["one dim nucleus", "haze"])
def test_what_light_forms_is_more_than_noise(what):
    rng = np.random.default_rng(4)
    y, x = np.indices((512, 512))
    form = 35.0 * (np.hypot(y - 200, x - 300) < 12) if what == "one dim nucleus" else 0.1 * x
    assert not only_noise(rng.poisson(100 + form).astype(np.uint16))  # the noise is 10
    beside = np.ma.MaskedArray(rng.poisson(100 + form).astype(np.uint16), x < 100)
    assert not only_noise(beside)


def test_nuclei_between_the_rows_of_a_sample_are_seen(monkeypatch):
    monkeypatch.setattr("immunostain.nuclei.threshold._ENOUGH", 20_000)
    noise = np.random.default_rng(7).poisson(100, (512, 512)).astype(np.uint16)
    assert only_noise(noise)
    noise[199:208, 300:309] += 400  # of every fourteenth row none is between 196 and 210
    assert not only_noise(noise)


def test_little_or_nothing_is_not_said_to_be_noise():
    rng = np.random.default_rng(5)
    assert not only_noise(rng.poisson(100, (60, 80)).astype(np.uint16))
    assert not only_noise(np.full((300, 400), 7, np.uint16))


@pytest.mark.parametrize("level", [50, *METHODS])
def test_a_frame_of_noise_has_no_nuclei(level, tmp_path):
    noise = np.random.default_rng(6).poisson(130, (200, 260)).astype(np.uint16)
    path = write_channels(tmp_path / "empty.czi", {"DAPI": noise})
    folder, facts = segmented(path, tmp_path, level=level, minimum_area="auto")
    assert not read_picture(folder, 0, 0).any()
    assert (facts.too_small, facts.at_edge) == (0, 0)
