"""Lengths and areas in pixels and micrometres."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from immunostain.shared.errors import ImageError
from immunostain.shared.units import area_in_pixels, length_in_pixels

SIZES = st.floats(0.01, 100)


@pytest.mark.parametrize("value", [0, 3, 2.5])
@pytest.mark.parametrize("convert", [length_in_pixels, area_in_pixels])
def test_numbers_are_pixels_whatever_the_scale(convert, value):
    assert convert(value, None) == value
    assert convert(value, (0.1, 0.1)) == value


@pytest.mark.parametrize("text", ["1.5 um", "1.5um", " 1.5 µm ", "1.5 μm"])
def test_lengths_in_micrometres(text):
    assert length_in_pixels(text, (0.5, 0.5)) == pytest.approx(3)


@pytest.mark.parametrize("text", ["30 um2", "30um²", "30 µm^2", " 30.0 μm2 "])
def test_areas_in_micrometres(text):
    assert area_in_pixels(text, (0.5, 0.5)) == pytest.approx(120)


@settings(deadline=None)
@given(st.integers(1, 1000), SIZES, SIZES)
def test_a_square_of_a_length_has_the_area_of_the_length_squared(length, width, height):
    side = length_in_pixels(f"{length} um", (width, height))
    assert side**2 == pytest.approx(area_in_pixels(f"{length**2} um2", (width, height)))


def test_area_counts_pixels_that_are_not_square():
    assert area_in_pixels("10 um2", (0.5, 0.2)) == pytest.approx(100)


@pytest.mark.parametrize(
    ("convert", "text"), [(length_in_pixels, "3 um"), (area_in_pixels, "3 um2")]
)
def test_micrometres_without_a_scale_are_refused(convert, text):
    with pytest.raises(ImageError, match=f'"{text}".*how large a pixel is'):
        convert(text, None)
