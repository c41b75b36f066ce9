"""By which columns of the sample sheet images are compared, and what the settings say of it."""

import pytest

from immunostain.samples.conditions import (
    Design,
    check,
    design,
    images_with,
    is_meant,
    without_replicate,
)
from immunostain.samples.sample_sheet import SampleSheet
from immunostain.shared.errors import SettingsError

NOTHING = {"by": None, "replicate": None, "reference": None}
SHEET = SampleSheet(
    ("condition", "replicate", "dose"),
    {
        "a": ("control", "1", "0"),
        "b": ("drug", "1", "0,50"),
        "c": ("drug", "", "1,5"),
        "d": ("", "", ""),
        "elsewhere": ("other", "2", "7"),
    },
)
IMAGES = ["a", "b", "c", "d", "not in the sheet"]


@pytest.mark.parametrize(
    ("columns", "settings", "condition", "replicate"),
    [
        (["plate", "condition"], {}, "condition", None),
        (["plate", "CONDITION", "Replicate"], {}, "CONDITION", "Replicate"),
        (["treatment", "plate"], {}, "treatment", None),
        (["replicate", "treatment"], {}, "treatment", "replicate"),
        (["condition", "plate"], {"replicate": "condition"}, "plate", "condition"),
        (["condition", "replicate", "day"], {"by": "day"}, "day", "replicate"),
        (["replicate", "day"], {"by": "replicate"}, "replicate", None),
        (["condition", "replicate", "day"], {"replicate": "day"}, "condition", "day"),
        (["replicate"], {}, None, "replicate"),
        ([], {}, None, None),
    ],
)
def test_which_columns_count(columns, settings, condition, replicate):
    assert design(columns, **settings) == Design(condition, replicate)


@pytest.mark.parametrize(
    ("value", "text", "same"),
    [
        ("control", "control", True),
        ("control", "Control", False),
        ("7", "007", False),
        (7, "007", True),
        (0, "0,0", True),
        (0.5, ".5", True),
        ("0.5", "0,5", False),
        (1, "one", False),
        (0, "", False),
    ],
)
def test_a_value_of_the_settings_is_one_of_the_sheet(value, text, same):
    assert is_meant(value, text) == same


def test_images_that_have_all_values():
    assert images_with(SHEET, {"condition": "drug"}) == ["b", "c"]
    assert images_with(SHEET, {"condition": "drug", "dose": 0.5}) == ["b"]
    assert images_with(SHEET, {"condition": "control", "dose": 0.5}) == []


def test_images_without_a_replicate_are_known():
    assert without_replicate(SHEET, Design("condition", "replicate"), IMAGES) == ["c"]
    assert without_replicate(SHEET, Design("condition"), IMAGES) == []
    assert without_replicate(SampleSheet(), Design(), IMAGES) == []


@pytest.mark.parametrize(
    ("comparison", "positive"),
    [
        ({}, {}),
        ({"by": "dose", "reference": 0.5}, {}),
        ({"reference": "control"}, {"GFP": "otsu", "DAPI": 5}),
        ({}, {"GFP": {"control": {"condition": "control", "dose": 0}}}),
    ],
)
def test_settings_that_the_sheet_has(comparison, positive):
    check(NOTHING | comparison, positive, SHEET, IMAGES)


CONTROL = {"control": {"condition": "control"}}


@pytest.mark.parametrize(
    ("comparison", "positive", "sheet", "words"),
    [
        ({"by": "Dose"}, {}, SHEET, 'comparison.by is \'Dose\'.* "condition", "replicate", "dose"'),
        (
            {"by": "dose"},
            {},
            SampleSheet(),
            "comparison.by is 'dose'.* none, as there is no sample",
        ),
        ({"replicate": "day"}, {}, SHEET, "comparison.replicate is 'day'"),
        (
            {"by": "dose", "replicate": "dose"},
            {},
            SHEET,
            "replicate is 'dose', the column of the c",
        ),
        (
            {"reference": "none"},
            {},
            SHEET,
            "reference is 'none', .* column condition.* control, drug$",
        ),
        ({"reference": "other"}, {}, SHEET, "comparison.reference is 'other'"),
        ({"by": "dose", "reference": 7}, {}, SHEET, "comparison.reference is 7, .* 0, 0,50, 1,5$"),
        (
            {"reference": "control"},
            {},
            SampleSheet(),
            "there is no sample_sheet with a column of co",
        ),
        (
            {},
            {"GFP": {"control": {"day": 1}}},
            SHEET,
            "quantification.positive.GFP.control is 'day'",
        ),
        ({}, {"GFP": {"control": {"dose": 9}}}, SHEET, "positive.GFP.control is 9, .* column dose"),
        (
            {},
            {"GFP": CONTROL},
            SampleSheet(),
            "positive.GFP.control is 'condition'.* no sample_sheet",
        ),
        (
            {},
            {"GFP": {"control": {"condition": "drug", "dose": 0}}},
            SHEET,
            "positive.GFP.control: no image has all of these values",
        ),
        (
            {},
            {"her": "otsu"},
            SampleSheet(("HER2_positive",), {"a": ("x",)}),
            "positive.her makes a column HER2_positive, which the sample sheet has",
        ),
    ],
)
def test_settings_that_the_sheet_has_not(comparison, positive, sheet, words):
    with pytest.raises(SettingsError, match=words):
        check(NOTHING | comparison, positive, sheet, IMAGES)


def test_a_sheet_may_tell_what_is_positive_where_it_is_not_asked_of_the_images():
    sheet = SampleSheet(("HER2_positive",), {"a": ("x",)})
    check(NOTHING, {"GFP": 5}, sheet, ["a"])
