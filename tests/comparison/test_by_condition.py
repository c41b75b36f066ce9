"""Replicates and conditions: each counts once."""

import math
import statistics

import numpy as np
import pandas as pd
import pytest
from many_nuclei import many_nuclei, written

from immunostain.comparison.by_condition import (
    grouped_images,
    means_over_replicates,
    summary_by_condition,
    summary_by_replicate,
)
from immunostain.comparison.measures import read_nuclei
from immunostain.samples.conditions import Design
from immunostain.samples.sample_sheet import SampleSheet

DESIGN = Design("condition", "replicate")


def sheet(*rows, columns=("condition", "replicate")):
    """Give a sample sheet of rows that begin with the image."""
    return SampleSheet(columns, {image: values for image, *values in rows})


def groups(sample_sheet, images=None, design=DESIGN):
    """Give the images of each replicate, in order, as (condition, replicate, images)."""
    table = grouped_images(images or list(sample_sheet.rows), sample_sheet, design)
    keys = [design.condition, design.replicate or "image"]
    number = table.columns[-1]
    return [
        (*part.iloc[0][keys].tolist(), part["image"].tolist()) for _, part in table.groupby(number)
    ]


def test_texts_stand_in_the_order_of_the_sheet():
    found = groups(
        sheet(("z", "low", "B"), ("a", "high", "A"), ("m", "low", "A"), ("b", "low", "B"))
    )
    assert found == [("low", "B", ["z", "b"]), ("low", "A", ["m"]), ("high", "A", ["a"])]


def test_numbers_are_sorted_and_those_like_whole_ones_are_whole():
    found = groups(sheet(("a", "5", "2"), ("b", "0,5", "10"), ("c", "5", "1"), ("d", "0,5", "9")))
    assert [(c, r) for c, r, _ in found] == [(0.5, 9), (0.5, 10), (5, 1), (5, 2)]
    assert [str(r) for _, r, _ in found] == ["9", "10", "1", "2"]


def test_one_number_in_two_ways_is_one_condition_and_007_is_a_text():
    assert len(groups(sheet(("a", "0.5", "1"), ("b", "0.50", "1")))) == 1
    assert len(groups(sheet(("a", "7", "x"), ("b", "007", "x")))) == 2


def test_a_replicate_of_two_conditions_is_two():
    found = groups(sheet(("a", "x", "1"), ("b", "y", "1"), ("c", "x", "1")))
    assert found == [("x", 1, ["a", "c"]), ("y", 1, ["b"])]


def test_images_are_replicates_where_there_are_no_others():
    rows = sheet(("a", "x", "1"), ("b", "y", "1"), ("c", "x", "1"))
    assert groups(rows, design=Design("condition")) == [
        *(("x", "a", ["a"]), ("x", "c", ["c"]), ("y", "b", ["b"])),
    ]


def test_images_of_which_the_sheet_does_not_tell_both_are_left_out():
    rows = sheet(("a", "x", "1"), ("b", "", "1"), ("c", "x", ""), ("elsewhere", "x", "1"))
    assert groups(rows, images=["a", "b", "c", "not in the sheet"]) == [("x", 1, ["a"])]
    assert groups(sheet(("a", "", ""))) == []


def test_columns_of_any_name():
    rows = sheet(("a", "x", "1"), columns=("replicate_number", "image 2"))
    assert groups(rows, design=Design("replicate_number", "image 2")) == [("x", 1, ["a"])]


SHEET = sheet(
    *(("a", "x", "1"), ("b", "x", "1"), ("c", "x", "2"), ("d", "x", "3")),
    *(("e", "y", "1"), ("f", "y", "2"), ("empty", "y", "2"), ("none", "y", "4"), ("g", "", "9")),
)
MEASURES = ["area_px", "area_um2", "DAPI_sum", "DAPI_mean", "GFP_sum", "GFP_mean"]


def summaries(tmp_path, seed):
    nuclei = many_nuclei(seed, [*list("abcdefg"), "not in the sheet"])
    grouped = grouped_images([*SHEET.rows, "not in the sheet"], SHEET, DESIGN)
    return nuclei, summary_by_replicate(read_nuclei(written(tmp_path, nuclei)), grouped)


def numbers(values):
    return [float(value) for value in values if not pd.isna(value)]


def of_numbers(values):
    """Describe numbers by Python's own statistics."""
    if not values:
        return dict.fromkeys(["mean", "sd", "sem", "median", "q1", "q3"], math.nan)
    sd = statistics.stdev(values) if len(values) > 1 else math.nan
    quartiles = (
        statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
    )
    return {
        "mean": statistics.mean(values),
        "sd": sd,
        "sem": sd / math.sqrt(len(values)),
        "median": statistics.median(values),
        "q1": quartiles[0],
        "q3": quartiles[2],
    }


def assert_described(row, name, values):
    for statistic, number in of_numbers(values).items():
        np.testing.assert_allclose(row[f"{name}_{statistic}"], number, rtol=1e-9, equal_nan=True)


@pytest.mark.parametrize("seed", range(3))
def test_replicates_are_all_of_their_nuclei_together(tmp_path, seed):
    nuclei, table = summaries(tmp_path, seed)
    assert list(table.columns[:4]) == ["condition", "replicate", "images", "nuclei"]
    expected = {
        ("x", 1): ["a", "b"],
        ("x", 2): ["c"],
        ("x", 3): ["d"],
        ("y", 1): ["e"],
        ("y", 2): ["f", "empty"],
        ("y", 4): ["none"],
    }
    rows = table.to_dict("records")
    assert [(row["condition"], row["replicate"]) for row in rows] == list(expected)
    for row, images in zip(rows, expected.values(), strict=True):
        mine = nuclei[nuclei["image"].isin(images)]
        assert (row["images"], row["nuclei"]) == (len(images), len(mine))
        for measure in MEASURES:
            assert_described(row, measure, numbers(mine[measure]))
        shares = numbers(mine["GFP_positive"])
        share = 100 * sum(shares) / len(shares) if shares else math.nan
        np.testing.assert_allclose(row["GFP_positive_percent"], share, equal_nan=True)


@pytest.mark.parametrize("seed", range(3))
def test_conditions_are_the_means_of_their_replicates(tmp_path, seed):
    _, replicates = summaries(tmp_path, seed)
    table = summary_by_condition(replicates)
    assert list(table.columns[:4]) == ["condition", "replicates", "images", "nuclei"]
    assert table["condition"].tolist() == ["x", "y"]
    assert table["replicates"].tolist() == [3, 3] and table["images"].tolist() == [4, 4]
    for row in table.to_dict("records"):
        mine = replicates[replicates["condition"] == row["condition"]]
        assert row["nuclei"] == mine["nuclei"].sum()
        for measure in MEASURES:
            assert_described(row, measure, numbers(mine[f"{measure}_mean"]))
        assert_described(row, "GFP_positive_percent", numbers(mine["GFP_positive_percent"]))


def test_each_replicate_counts_once_whatever_its_size():
    """Ten nuclei of 1 and one of 3: their mean is 1.18, that of the replicates is 2."""
    nuclei = pd.DataFrame({"image": ["a"] * 10 + ["b"], "area_px": [1.0] * 10 + [3.0]})
    nuclei["area_um2"] = np.nan
    grouped = grouped_images(["a", "b"], sheet(("a", "x", "1"), ("b", "x", "2")), DESIGN)
    table = summary_by_condition(summary_by_replicate(nuclei, grouped))
    assert table["area_px_mean"].tolist() == [2] and table["area_um2_mean"].isna().all()


def test_conditions_without_any_nucleus_and_no_condition_at_all(tmp_path):
    nuclei = read_nuclei(written(tmp_path, many_nuclei(1, [])))
    found = summary_by_replicate(nuclei, grouped_images(["a"], sheet(("a", "x", "1")), DESIGN))
    assert found["nuclei"].tolist() == [0] and found["area_px_mean"].isna().all()
    assert summary_by_condition(found)["replicates"].tolist() == [1]
    none = summary_by_replicate(nuclei, grouped_images(["a"], sheet(("a", "", "")), DESIGN))
    assert len(none) == len(summary_by_condition(none)) == 0
    assert list(none.columns) == list(found.columns)


def test_columns_that_are_compared(tmp_path):
    _, replicates = summaries(tmp_path, 1)
    table = replicates.rename(columns={"condition": "my_sd"})
    found = means_over_replicates(table)
    assert list(found) == [
        *("area_px", "area_um2", "DAPI_sum", "DAPI_mean", "DAPI_background_corrected_sum"),
        *("GFP_sum", "GFP_mean", "GFP_background_corrected_sum", "GFP_positive_percent"),
    ]
    assert {*found.values()} <= {*table}
