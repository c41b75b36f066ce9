"""How large nuclei are, as the shipped network sees it."""

import numpy as np
import pytest
from czi_files import REAL, needs_real_files
from drawn_nuclei import drawn
from networks import shipped_network

from immunostain.czi.image import open_czi
from immunostain.czi.planes import read_frame
from immunostain.network.diameter import estimate, estimate_diameter


@pytest.fixture(scope="module")
def network():
    return shipped_network()


@pytest.mark.parametrize(("diameter", "across"), [(15, 8), (30, 5), (60, 4), (120, 3), (240, 2)])
def test_discs_of_any_size(network, diameter, across):
    picture = drawn(diameter, across)
    assert estimate_diameter(network, [picture]) == pytest.approx(diameter, rel=0.25)


def test_brightness_does_not_matter(network):
    picture = drawn(40, 4)
    expected = estimate_diameter(network, [picture])
    for other in (picture * 20, picture.astype(np.float32) * 0.001 - 5):
        assert estimate_diameter(network, [other]) == pytest.approx(expected, rel=0.02)


def test_the_same_picture_at_another_resolution(network):
    picture = drawn(40, 4)
    twice = picture.repeat(2, 0).repeat(2, 1)
    expected = 2 * estimate_diameter(network, [picture])
    assert estimate_diameter(network, [twice]) == pytest.approx(expected, rel=0.15)


def test_a_long_picture(network):
    picture = drawn(50, 16, down=2)
    assert estimate_diameter(network, [picture]) == pytest.approx(50, rel=0.25)


def _of_real_cell(name):
    image = open_czi(str(REAL / f"{name}.czi"))
    return [read_frame(image, frame, image.channels[0], "max") for frame in image.frames]


@needs_real_files
@pytest.mark.parametrize(
    "name",
    [
        "czitools__CellDivision_T3_Z5_CH2_X240_Y170",
        "czitools__CellDivision_T3_Z6_CH1_X300_Y200_DCV_ZSTD",
    ],
)
def test_the_size_is_uncertain_where_chromosomes_fill_the_picture(network, name):
    frames = _of_real_cell(name)
    found = estimate(network, frames)
    assert found.diameter_px < 20 and found.coarse_px > 40


@pytest.mark.parametrize(("diameter", "across"), [(15, 8), (60, 4), (240, 2)])
def test_of_discs_the_size_is_certain(network, diameter, across):
    assert estimate(network, [drawn(diameter, across)]).coarse_px is None


def test_of_several_pictures_the_median_counts_and_empty_ones_do_not(network):
    pictures = [drawn(30, 3), np.zeros((90, 90), np.uint16), drawn(30, 4), drawn(80, 3)]
    assert estimate_diameter(network, iter(pictures)) == pytest.approx(30, rel=0.25)


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (31, 31), (64, 200)])
@pytest.mark.parametrize("value", [0, 65535])
def test_in_constant_pictures_there_is_nothing(network, shape, value):
    assert estimate_diameter(network, [np.full(shape, value, np.uint16)]) is None


def test_without_pictures_there_is_nothing(network):
    assert estimate_diameter(network, []) is None


@pytest.mark.parametrize("mean", [3, 100, 10_000])
@pytest.mark.parametrize("side", [100, 600])
def test_in_noise_there_is_nothing_larger_than_specks(network, side, mean):
    noise = np.random.default_rng(0).poisson(mean, (side, side)).astype(np.uint16)
    found = estimate_diameter(network, [noise])
    assert found is None or found < 12
