"""Stain over time, by condition."""

import numpy as np
import pandas as pd
import pytest
from many_nuclei import many_nuclei, written

from immunostain.comparison.by_condition import grouped_images
from immunostain.comparison.measures import read_nuclei
from immunostain.comparison.over_time import stain_over_time
from immunostain.samples.conditions import Design
from immunostain.samples.sample_sheet import SampleSheet

SHEET = SampleSheet(
    ("replicate", "dose"),
    {"a": ("1", "5"), "b": ("1", "5"), "c": ("2", "5"), "d": ("1", "0"), "e": ("", "0")},
)
GROUPED = grouped_images(list("abcde"), SHEET, Design("dose", "replicate"))


def over_time(tmp_path, nuclei):
    return stain_over_time(read_nuclei(written(tmp_path, nuclei)), GROUPED)


@pytest.mark.parametrize("seed", range(2))
def test_every_number_is_that_of_brute_force(tmp_path, seed):
    nuclei = many_nuclei(seed, list("abcde"), frames=3)
    table = over_time(tmp_path, nuclei)
    assert list(table.columns) == [
        *("dose", "frame", "minutes", "replicates", "images", "nuclei"),
        *("DAPI_mean_mean", "DAPI_mean_sd", "GFP_mean_mean", "GFP_mean_sd"),
    ]
    assert list(zip(table["dose"], table["frame"], strict=True)) == [
        (dose, frame) for dose in (0, 5) for frame in range(3)
    ]
    assert table["minutes"].tolist() == [0, 1, 2] * 2
    for row in table.to_dict("records"):
        replicates = {0: [["d"]], 5: [["a", "b"], ["c"]]}[row["dose"]]
        here = nuclei[nuclei["frame"] == row["frame"]]
        mine = [here[here["image"].isin(images)] for images in replicates]
        assert row["replicates"] == len(replicates) and row["images"] == sum(map(len, replicates))
        assert row["nuclei"] == sum(map(len, mine))
        for channel in ("DAPI", "GFP"):
            means = [part[f"{channel}_mean"].mean() for part in mine]
            means = [mean for mean in means if not np.isnan(mean)]
            np.testing.assert_allclose(row[f"{channel}_mean_mean"], np.mean(means))
            sd = np.std(means, ddof=1) if len(means) > 1 else np.nan
            np.testing.assert_allclose(row[f"{channel}_mean_sd"], sd, equal_nan=True)


@pytest.mark.parametrize(
    ("interval_of_c", "minutes"),
    [
        (60.0, [0, 1, 2]),
        (63.0, [0, 61 / 60, 122 / 60]),
        (600.0, [0, None, None]),
        (None, [None] * 3),
    ],
)
def test_times_that_do_not_belong_together_are_blank(tmp_path, interval_of_c, minutes):
    nuclei = many_nuclei(1, list("abc"), frames=3)
    of_c = nuclei["image"] == "c"
    times = nuclei["frame"].astype(float) * (np.nan if interval_of_c is None else interval_of_c)
    nuclei.loc[of_c, "time_s"] = times[of_c]
    found = over_time(tmp_path, nuclei)["minutes"]
    expected = pd.Series(minutes, dtype="float64")
    np.testing.assert_allclose(found, expected, equal_nan=True)


def test_a_frame_in_which_no_image_has_nuclei_is_left_out(tmp_path):
    nuclei = many_nuclei(1, list("ac"), frames=3)
    nuclei = nuclei[(nuclei["frame"] != 1) & ~((nuclei["frame"] == 2) & (nuclei["image"] == "c"))]
    table = over_time(tmp_path, nuclei)
    assert table["frame"].tolist() == [0, 2]
    assert table["images"].tolist() == table["replicates"].tolist() == [2, 1]


@pytest.mark.parametrize("images", ["", "e", "f"])  # none, without a replicate, not in the sheet
def test_without_timelapses_there_is_only_a_header(tmp_path, images):
    table = over_time(tmp_path, many_nuclei(1, list(images), frames=2))
    assert len(table) == 0 and list(table.columns[:3]) == ["dose", "frame", "minutes"]
    assert "GFP_mean_sd" in table


def test_no_image_has_a_condition(tmp_path):
    none = grouped_images(["a"], SampleSheet(("dose",), {"a": ("",)}), Design("dose"))
    nuclei = read_nuclei(written(tmp_path, many_nuclei(1, ["a"], frames=2)))
    table = stain_over_time(nuclei, none)
    assert len(table) == 0 and list(table.columns[:3]) == ["dose", "frame", "minutes"]
