"""Which nuclei are shown."""

import math

import numpy as np
import pandas as pd
import pytest

from immunostain.pictures.nuclei_to_show import columns_needed, nuclei_to_show


def table(means, images=None, tracks=None, area_um2=np.nan, area_px=100, level=None):
    """Give a table of nuclei as in nuclei.parquet, one of an image's frame after the other."""
    count = len(means)
    images = ["a"] * count if images is None else images
    given = pd.DataFrame(
        {
            "image": pd.Series(images, dtype="str"),
            "scene": 0,
            "frame": 0,
            "nucleus_id": range(count),
            "track_id": tracks,
            "x_px": np.arange(count) + 0.25,
            "y_px": 7.5,
            "area_px": area_px,
            "area_um2": area_um2,
            "GFP_mean": pd.Series(means, dtype="float64"),
        }
    )
    whole = dict.fromkeys(["scene", "frame", "nucleus_id", "track_id", "area_px"], "Int64")
    given = given.astype(whole)
    if level is not None:
        given["GFP_positive"] = (given["GFP_mean"] > level).astype("boolean")
    return given[columns_needed("GFP", level is not None)]


def means(shown, kind):
    return [nucleus.mean for nucleus in shown if nucleus.kind == kind]


def test_the_dimmest_the_median_and_the_brightest():
    order = np.random.default_rng(0).permutation(101)
    shown = nuclei_to_show(table(order), "GFP")
    assert means(shown, "dimmest") == [0, 1, 2, 3, 4, 5]
    assert means(shown, "median") in ([47, 48, 49, 50, 51, 52], [48, 49, 50, 51, 52, 53])
    assert means(shown, "brightest") == [95, 96, 97, 98, 99, 100]
    assert len(shown) == 18
    first = shown[0]
    assert (first.image, first.channel, first.scene, first.positive) == ("a", "GFP", 0, None)
    assert order[first.nucleus_id] == 0 and first.x_px == first.nucleus_id + 0.25
    assert type(first.nucleus_id) is int and type(first.mean) is float


def test_those_next_to_the_level():
    shown = nuclei_to_show(table(range(100), level=20.0), "GFP")
    assert means(shown, "below_level") == [15, 16, 17, 18, 19, 20]
    assert means(shown, "above_level") == [21, 22, 23, 24, 25, 26]
    assert all(nucleus.positive is (nucleus.mean > 20) for nucleus in shown)
    kinds = list(dict.fromkeys(nucleus.kind for nucleus in shown))
    assert kinds == ["dimmest", "median", "brightest", "below_level", "above_level"]


def test_a_level_that_cannot_be_told_is_none():
    given = table(range(9), level=3).assign(GFP_positive=pd.array([pd.NA] * 9, "boolean"))
    shown = nuclei_to_show(given, "GFP")
    assert {nucleus.kind for nucleus in shown} == {"dimmest", "median", "brightest"}
    assert {nucleus.positive for nucleus in shown} == {None}


@pytest.mark.parametrize(("level", "below", "above"), [(-1, 0, 6), (99, 6, 0), (97.5, 6, 2)])
def test_a_level_beyond_which_there_are_few(level, below, above):
    shown = nuclei_to_show(table(range(100), level=level), "GFP")
    assert (len(means(shown, "below_level")), len(means(shown, "above_level"))) == (below, above)


@pytest.mark.parametrize(
    ("count", "kinds"),
    [
        (0, (0, 0, 0)),
        (1, (1, 0, 0)),
        (2, (1, 0, 1)),
        (3, (1, 1, 1)),
        (8, (2, 2, 2)),
        (18, (6, 6, 6)),
    ],
)
def test_few_nuclei_are_shared_out(count, kinds):
    shown = nuclei_to_show(table(range(count)), "GFP")
    assert tuple(len(means(shown, kind)) for kind in ("dimmest", "median", "brightest")) == kinds
    assert len({nucleus.nucleus_id for nucleus in shown}) == len(shown)


def test_a_bad_image_does_not_fill_all_places():
    images = ["bad"] * 50 + ["b"] * 50 + ["c"] * 50 + ["d"] * 50
    shown = nuclei_to_show(table(range(200), images), "GFP")
    assert means(shown, "dimmest") == [0, 1, 50, 51, 100, 101]
    assert means(shown, "brightest") == [98, 99, 148, 149, 198, 199]


def test_two_images_have_three_each():
    shown = nuclei_to_show(table(range(100), ["a"] * 50 + ["b"] * 50), "GFP")
    assert means(shown, "dimmest") == [0, 1, 2, 50, 51, 52]


def test_places_that_other_images_cannot_fill_are_filled_all_the_same():
    shown = nuclei_to_show(table(range(50), ["a"] * 49 + ["b"]), "GFP")
    assert means(shown, "dimmest") == [0, 1, 2, 3, 4, 49]


def test_a_track_is_shown_once_in_a_kind():
    tracks = [1] * 30 + [2] * 30 + list(range(3, 33))
    shown = nuclei_to_show(table(range(90), tracks=tracks), "GFP")
    assert means(shown, "dimmest") == [0, 30, 60, 61, 62, 63]


def test_nuclei_of_one_intensity_are_in_the_order_of_the_table():
    shown = nuclei_to_show(table([5.0] * 20, level=5.0), "GFP")
    assert [n.nucleus_id for n in shown if n.kind == "dimmest"] == [0, 1, 2, 3, 4, 5]
    assert [n.nucleus_id for n in shown if n.kind == "brightest"] == [14, 15, 16, 17, 18, 19]
    assert not any(nucleus.positive for nucleus in shown)


def test_nuclei_without_a_number_are_not_shown():
    given = [np.nan, np.inf, 1.0, 2.0, 3.0, -np.inf]
    assert [n.mean for n in nuclei_to_show(table(given), "GFP")] == [1, 2, 3]


def test_all_of_a_channel_are_shown_at_one_physical_size():
    """One image has pixels of 0.5, one of 0.25 um; the third doesn't say."""
    images = ["a"] * 10 + ["b"] * 10 + ["c"] * 10
    area_px = [100] * 10 + [400] * 10 + [900] * 10
    area_um2 = [25.0] * 20 + [np.nan] * 10
    shown = nuclei_to_show(table([*range(10)] * 3, images, None, area_um2, area_px), "GFP")
    sides = {image: {n.side_px for n in shown if n.image == image} for image in "abc"}
    diameter = 2 * math.sqrt(25 / math.pi)
    assert list(sides["a"]) == pytest.approx([2.2 * diameter / 0.5])
    assert list(sides["b"]) == pytest.approx([2.2 * diameter / 0.25])
    assert list(sides["c"]) == pytest.approx([2.2 * 2 * math.sqrt(900 / math.pi)])


@pytest.mark.parametrize(("largest", "side"), [(121, 2.2), (400, 2.6), (10_000, 4.4)])
def test_large_nuclei_fit_in_within_limits(largest, side):
    shown = nuclei_to_show(table(range(30), area_px=[100] * 29 + [largest]), "GFP")
    assert len(shown) == 18
    for nucleus in shown:
        assert nucleus.side_px == pytest.approx(side * 2 * math.sqrt(100 / math.pi))
