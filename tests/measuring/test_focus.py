"""How sharp a picture is, and what does not change it."""

import numpy as np
import pytest
from czi_files import EXAMPLE, REAL, needs_real_files
from drawn_nuclei import drawn
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import ndimage

from immunostain.czi.image import open_czi
from immunostain.czi.planes import read_frame
from immunostain.measuring.focus import FAR, TIMES_NOISE, focus

SHARP = drawn(30, 8)
BLURS = (0, 1, 2, 3, 4, 6)  # sigma, pixels


def blurred(picture, sigma):
    return ndimage.gaussian_filter(picture.astype(np.float32), sigma) if sigma else picture


def nuclear_channel(path):
    image = open_czi(str(path))
    return np.ma.getdata(read_frame(image, image.frames[0], image.channels[0], "max"))


def falls(picture):
    """See that each blur gives less than the one before, and the last well below the first."""
    values = [focus(blurred(picture, sigma)) for sigma in BLURS]
    assert values == sorted(values, reverse=True)
    return values[0] > 2 * values[-1]


@pytest.mark.parametrize("file", ["still_1", "still_2", "still_3"])
def test_the_example_blurred(file):
    assert falls(nuclear_channel(EXAMPLE / f"{file}.czi"))


@needs_real_files
@pytest.mark.parametrize(
    "file", ["DAPI_GFP", "nuc_small", "CellDivision_T3_Z5_CH2_X240_Y170", "newCZI_compressed"]
)
def test_real_files_blurred(file):
    assert falls(nuclear_channel(REAL / f"czitools__{file}.czi"))


@pytest.mark.parametrize("sigma", [0, 3])
def test_neither_number_nor_brightness_of_nuclei_nor_noise_changes_it_much(sigma):
    """A blur of 3 pixels changes it from 0.045 to 0.021."""
    picture = blurred(drawn(30, 8), sigma).astype(float)
    noise = np.random.default_rng(0).normal(0, 80, picture.shape)  # a tenth of a nucleus
    few = picture.copy()
    few[len(few) // 4 :] = 100  # 16 of 64
    for other in (20 * picture + 500, picture / 50, few):
        assert focus(other) == pytest.approx(focus(picture), rel=0.05)
    for other in (picture + noise, few + noise):
        assert focus(other) == pytest.approx(focus(picture), abs=0.004)
    assert focus(blurred(SHARP, 3)) < 0.6 * focus(SHARP)


@pytest.mark.parametrize("diameter", [17, 30, 100])
def test_sharp_outlines_of_any_size_give_about_as_much(diameter):
    disc = np.hypot(*np.mgrid[-150:150, -150:150]) <= diameter / 2
    assert focus(disc.astype(np.uint8)) == pytest.approx(1 / 15, rel=0.25)


def test_what_is_only_smooth_gives_least():
    waves = np.sin(np.linspace(0, 6 * np.pi, 600)) + np.zeros((600, 1))
    assert focus((waves * 1000 + 1000).astype(np.float32)) == pytest.approx(3 / 255, rel=0.05)


@pytest.mark.parametrize(
    "picture",
    [
        np.full((90, 90), 500, np.uint16),
        np.zeros((90, 90), np.float32),
        np.random.default_rng(0).poisson(100, (500, 500)).astype(np.uint16),
        np.random.default_rng(0).normal(0, 1, (90, 90)).astype(np.float32),
        SHARP[:FAR],
        SHARP[:, :FAR],
        np.ma.MaskedArray(SHARP, True),
    ],
    ids=["one grey", "black", "a camera's noise", "noise", "low", "narrow", "all left out"],
)
def test_nothing_to_measure(picture):
    assert focus(picture) is None


def defined(picture):
    """Vollath's F4 over that of far pixels, from products about the mean, pixel by pixel."""
    known = ~np.ma.getmaskarray(picture)
    unlike = {}
    for step in (1, 2, FAR):
        half_squares = []
        for one, other in (
            (np.s_[:, :-step], np.s_[:, step:]),
            (np.s_[:-step], np.s_[step:]),
        ):
            both = known[one] & known[other]
            a, b = (np.ma.getdata(picture).astype(float)[at][both] for at in (one, other))
            half_squares += ((a * a + b * b) / 2 - a * b).tolist()
        if not half_squares:
            return None
        unlike[step] = np.mean(half_squares), len(half_squares)
    fall = unlike[FAR][0] - unlike[1][0]
    if fall <= TIMES_NOISE * unlike[1][0] / np.sqrt(unlike[1][1]):
        return None
    return (unlike[2][0] - unlike[1][0]) / fall


@given(
    shape=st.tuples(st.integers(FAR + 1, 90), st.integers(FAR + 1, 90)),
    seed=st.integers(0, 2**32),
    left_out=st.sampled_from([0, 0.1, 0.9]),
    dtype=st.sampled_from([np.uint8, np.uint16, np.float32]),
    in_cache=st.sampled_from([1, 1 << 17]),
)
def test_it_is_what_is_defined_in_bands_of_any_height(shape, seed, left_out, dtype, in_cache):
    rng = np.random.default_rng(seed)
    picture = ndimage.gaussian_filter(rng.normal(0, 1, shape), rng.uniform(0.5, 8))
    picture = (100 + 100 * picture / np.abs(picture).max()).astype(dtype)
    if left_out:
        picture = np.ma.MaskedArray(
            picture, ndimage.zoom(rng.random((3, 3)), np.divide(shape, 3), order=0) < left_out
        )
        picture.data[picture.mask] = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("immunostain.measuring.focus.IN_CACHE", in_cache)
        patch.setattr("immunostain.measuring.focus.ROWS", 3)
        found = focus(picture)
    assert found == (None if found is None else pytest.approx(defined(picture), rel=1e-3))
    assert (found is None) == (defined(picture) is None)


@given(picture=arrays.arrays(np.uint8, st.tuples(st.integers(0, 40), st.integers(0, 40))))
def test_any_picture_has_a_focus_or_none(picture):
    found = focus(picture)
    assert found is None or np.isfinite(found)
