"""Above which mean intensity nuclei are positive."""

import numpy as np
import pytest
from skimage.filters import threshold_otsu

from immunostain.measuring.positive import (
    PositiveLevel,
    as_table,
    find_channels,
    in_words,
    positive_level,
    why_not_found,
)

CHANNELS = ["DAPI", "AF488", "AF568", "GFP", "GFP long", "gfp"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["488"], ["AF488"]),
        (["af568"], ["AF568"]),
        (["AF"], [None]),
        (["Cy5"], [None]),
        (["GFP", "gfp", "long"], ["GFP", "gfp", "GFP long"]),
        (["Gfp"], [None]),  # both GFP and gfp
        (["48", "af488", "AF488", "dapi"], [None, None, "AF488", "DAPI"]),
        (["56", "68"], ["AF568", None]),
        ([], []),
    ],
)
def test_channels_are_found_by_part_of_their_name(wanted, found):
    assert find_channels(wanted, CHANNELS) == dict(zip(wanted, found, strict=True))


def test_why_a_channel_is_not_found():
    assert "there are: DAPI, AF488" in why_not_found("Cy5", CHANNELS)
    assert why_not_found("AF", CHANNELS) == "it may be AF488 or AF568; write more of the name"
    assert why_not_found("48", CHANNELS) == "AF488 has another level already"
    assert why_not_found("Cy5", []).endswith("there are: none")


def values(*numbers):
    return lambda: np.array(numbers, dtype="float64")


def not_asked():
    raise AssertionError


def test_a_number_is_the_level_as_it_is():
    level = positive_level("GFP", 500, not_asked, not_asked)
    assert level == PositiveLevel("GFP", 500.0, "given in the settings")


def test_otsu_is_that_of_scikit_image_over_all_nuclei():
    rng = np.random.default_rng(3)
    means = np.concatenate([rng.normal(200, 20, 300), rng.normal(800, 60, 100)])
    level = positive_level("GFP", "otsu", lambda: means, not_asked)
    assert level.level == threshold_otsu(means) and 250 < level.level < 650
    assert level.nuclei == 400 and "Otsu" in level.how


@pytest.mark.parametrize(("percentile", "expected"), [(99, 3.97), (50, 2.5), (0, 1), (100, 4)])
def test_the_percentile_of_the_control(percentile, expected):
    how = {"control": {"condition": "untreated", "dose": 0}, "percentile": percentile}
    level = positive_level("GFP", how, not_asked, values(4, 1, 3, 2))
    assert level.level == pytest.approx(expected) and level.nuclei == 4
    told = f"percentile {percentile} of the control (condition: untreated, dose: 0)"
    assert level.how == told


def test_the_percentile_is_99_where_none_is_given():
    how = {"control": {"condition": "untreated"}}
    assert positive_level("GFP", how, not_asked, values(4, 1, 3, 2)).level == pytest.approx(3.97)


@pytest.mark.parametrize(
    ("how", "means", "reason"),
    [
        ("otsu", values(), "no nuclei"),
        ("otsu", values(5, 5, 5), "all nuclei have the same mean intensity"),
        ({"control": {"x": 1}}, values(), "no nuclei there"),
    ],
)
def test_where_the_level_cannot_be_told_the_reason_is(how, means, reason):
    level = positive_level("GFP", how, means, means)
    assert level.level is None and level.how.endswith(reason)
    assert level.nuclei == len(means())
    assert "GFP" in in_words(level) and reason in in_words(level)


def test_the_table_of_levels():
    levels = [PositiveLevel("GFP", 5.0, "given"), PositiveLevel("Cy5", None, "no nuclei", 0)]
    table = as_table(levels)
    assert list(table.columns) == ["channel", "level", "how", "nuclei"]
    assert table["level"].tolist()[0] == 5 and table["level"].isna().tolist() == [False, True]
    assert table["nuclei"].isna().tolist() == [True, False]
    assert list(as_table([]).columns) == list(table.columns) and len(as_table([])) == 0
