"""Which settings are tried out."""

import pytest

from immunostain.preview import options
from immunostain.preview.options import Size

UM = (0.5, 0.5)


def test_sizes_are_tried_in_micrometres_where_all_images_tell_their_scale():
    sizes = [Size(24.0, UM), Size(48.0, (0.25, 0.25)), Size(None, UM)]
    assert options.diameters(sizes, "auto") == ["auto", "10 um", "20 um"]
    assert options.minimum_areas(sizes, "auto") == [
        *("auto", 0, "10 um2", "25 um2", "60 um2"),
    ]


def test_sizes_are_tried_in_pixels_otherwise():
    sizes = [Size(24.0, None), Size(26.0, UM)]
    assert options.diameters(sizes, "auto") == ["auto", 20, 40]
    assert options.minimum_areas(sizes, "auto") == ["auto", 0, 40, 100, 250]


def test_without_a_nucleus_there_is_no_other_diameter():
    sizes = [Size(None, UM)]
    assert options.diameters(sizes, "auto") == ["auto"]
    assert options.minimum_areas(sizes, "auto") == ["auto", 0, 25, 100, 400]


@pytest.mark.parametrize(
    ("in_use", "there"),
    [
        (75, ["auto", 0, 40, 75, 100, 250]),
        ("30 µm2", ["auto", 0, 40, 100, 250, "30 µm2"]),
        (100, ["auto", 0, 40, 100, 250]),
    ],
)
def test_the_minimum_area_in_use_is_among_those_that_are_tried(in_use, there):
    assert options.minimum_areas([Size(25.0, None)], in_use) == there


def test_level_and_probability_in_use_are_tried():
    assert 47 in options.levels(47) and options.levels(47)[-4:] == [
        *("otsu", "li", "triangle", "local")
    ]
    assert options.levels("li").count("li") == 1
    assert {30, 50, 120} <= set(options.levels(50))
    assert 0.62 in options.probabilities(0.62)
    assert options.probabilities(0.5) == sorted(set(options.probabilities(0.5)))


def test_all_options_are_those_of_the_settings():
    in_use = {
        "threshold": {"level": 33},
        "unet": {"probability": 0.4, "nucleus_diameter": "11 um"},
        "minimum_area": "17 um2",
    }
    tried = options.all_options([Size(24.0, UM)], in_use)
    assert 33 in tried["levels"] and 0.4 in tried["probabilities"]
    assert "11 um" in tried["diameters"] and "17 um2" in tried["minimum_areas"]
