"""Summaries of tracks per image and condition."""

import numpy as np
import pandas as pd
import pytest

from immunostain.measuring.columns import TRACK_COLUMNS
from immunostain.movement.by_condition import (
    all_msds,
    all_tracks,
    condition_summary,
    image_summary,
)
from immunostain.movement.motility import COLUMNS, ensemble_msd, motility_table, track_msds
from immunostain.samples.sample_sheet import SampleSheet
from immunostain.shared.errors import SettingsError

NO_SHEET = SampleSheet()


def straight(speeds, frames=21, minutes=10.0, pixel_um=1.0, mothers=None, scene=0):
    """Make a table of tracks that go straight, each at so many pixels a frame."""
    rows = [
        (
            scene,
            n,
            (mothers or {}).get(n),
            f,
            f * minutes * 60,
            v * f,
            0.0,
            v * f * pixel_um,
            0.0,
            0,
        )
        for n, v in enumerate(speeds, 1)
        for f in range(frames)
    ]
    table = pd.DataFrame(rows, columns=TRACK_COLUMNS)
    table["y_um"] = table["y_px"] * pixel_um
    return table.astype({"track_id": "int64", "parent_track_id": "Int64"})


def gathered(images):
    """Give the tables of motility and of MSD of each image."""
    msds = {image: track_msds(tracks) for image, tracks in images.items()}
    tables = {image: motility_table(images[image], msds[image]) for image in images}
    return tables, {image: ensemble_msd(table) for image, table in msds.items()}


def test_all_tracks_stand_in_one_table_with_the_sheet():
    tables, msds = gathered({"b": straight([1, 2]), "a": straight([3], mothers={1: 7})})
    sheet = SampleSheet(("dose", "well"), {"a": ("0,5", "x")})
    table = all_tracks(tables, sheet)
    assert list(table.columns) == ["image", *tables["a"].columns, "dose", "well"]
    assert table["image"].tolist() == ["b", "b", "a"]
    assert table["mean_speed_um_per_min"].tolist() == pytest.approx([0.1, 0.2, 0.3])
    assert table["parent_track_id"].tolist() == [pd.NA, pd.NA, 7]
    assert table["dose"].isna().tolist() == [True, True, False]
    assert table["dose"].iloc[2] == 0.5
    curves = all_msds(msds, sheet)
    assert list(curves.columns) == ["image", *msds["a"].columns, "dose", "well"]
    assert len(curves) == len(msds["a"]) + len(msds["b"])


def test_pixels_and_micrometres_have_columns_of_their_own():
    images = {"um": straight([1]), "px": straight([1], pixel_um=np.nan)}
    tables, msds = gathered(images)
    table = all_tracks(tables, NO_SHEET).set_index("image")
    assert table["path_length_um"].isna().tolist() == [False, True]
    assert table["path_length_px"].isna().tolist() == [True, False]
    assert table["duration_min"].notna().all()
    assert "duration_frames" not in table
    names = [name for name in table.columns if name in COLUMNS]
    assert names == [name for name in COLUMNS if name in names]
    curves = all_msds(msds, NO_SHEET).set_index("image")
    assert curves.loc["um", "msd_px2"].isna().all()
    assert curves.loc["px", ["msd_um2", "lag_min"]].isna().all(axis=None)
    summary = image_summary(tables, msds, NO_SHEET).set_index("image")
    assert summary["mean_speed_um_per_min_mean"].isna().tolist() == [False, True]
    assert summary["mean_speed_px_per_frame_mean"].isna().tolist() == [True, False]
    assert summary["diffusion_um2_per_min"].isna().tolist() == [False, True]
    assert summary["msd_exponent"].tolist() == pytest.approx([2, 2])


def test_an_image_without_tracks_adds_no_units():
    images = {"px": straight([1], pixel_um=np.nan), "none": straight([])}
    tables, msds = gathered(images)
    table = all_tracks(tables, NO_SHEET)
    assert table["image"].tolist() == ["px"]
    assert "path_length_um" not in table
    summary = image_summary(tables, msds, NO_SHEET)
    assert summary["image"].tolist() == ["px", "none"]
    assert summary["tracks"].tolist() == [1, 0]
    assert not any("um" in name for name in summary.columns)
    assert "msd_um2" not in all_msds(msds, NO_SHEET)


@pytest.mark.parametrize("images", [{}, {"a": straight([])}])
def test_without_any_track_tables_have_their_columns(images):
    tables, msds = gathered(images)
    sheet = SampleSheet(("condition",), {"a": ("x",)})
    for table in (all_tracks(tables, sheet), all_msds(msds, sheet)):
        assert len(table) == 0
        assert table.columns[0] == "image"
        assert table.columns[-1] == "condition"
    summary = image_summary(tables, msds, sheet)
    assert summary["image"].tolist() == list(images)
    assert "mean_speed_um_per_min_mean" in summary
    found = condition_summary(summary, "condition")
    assert found["images"].tolist() == [1] * len(images)
    assert "mean_speed_um_per_min" in found


def test_the_summary_of_an_image():
    mothers = {2: 1, 3: 1, 4: 3}
    tracks = straight([1, 2, 3, 10], mothers=mothers)
    tracks.loc[tracks["track_id"] == 4, "scene"] = 1
    tables, msds = gathered({"a": tracks})
    (row,) = image_summary(tables, msds, SampleSheet(("well",), {"a": ("A1",)})).to_dict("records")
    assert (row["image"], row["well"], row["scenes"], row["tracks"]) == ("a", "A1", 2, 4)
    assert row["divisions"] == 1  # track 3 has one daughter only
    assert row["mean_speed_um_per_min_mean"] == pytest.approx(0.4)
    assert row["mean_speed_um_per_min_median"] == pytest.approx(0.25)
    assert row["path_length_um_mean"] == pytest.approx(80)
    assert row["duration_min_median"] == 200
    assert row["straightness_mean"] == pytest.approx(1)
    assert row["msd_exponent"] == pytest.approx(2)
    assert row["diffusion_um2_per_min"] == pytest.approx((1 + 4 + 9 + 100) / 4 / 40)


def test_in_a_condition_each_image_counts_as_one():
    images = {"a": straight([1] * 9), "b": straight([3]), "c": straight([8]), "d": straight([5])}
    tables, msds = gathered(images)
    sheet = SampleSheet(("Condition",), {"a": ("drug",), "b": ("drug",), "c": ("control",)})
    found = condition_summary(image_summary(tables, msds, sheet), "Condition")
    assert found["Condition"].tolist()[:2] == ["drug", "control"]
    assert found["Condition"].isna().tolist() == [False, False, True]
    assert found["images"].tolist() == [2, 1, 1]
    assert found["tracks"].tolist() == [10, 1, 1]
    assert found["mean_speed_um_per_min"].tolist() == pytest.approx([0.2, 0.8, 0.5])
    assert found["mean_speed_um_per_min_sd"].iloc[0] == pytest.approx(np.std([0.1, 0.3], ddof=1))
    assert found["mean_speed_um_per_min_sd"].isna().tolist() == [False, True, True]
    assert found["mean_speed_um_per_min_images"].tolist() == [2, 1, 1]


def test_images_in_other_units_are_not_in_one_mean():
    images = {"a": straight([1]), "b": straight([3], pixel_um=np.nan), "c": straight([])}
    tables, msds = gathered(images)
    sheet = SampleSheet(("condition",), dict.fromkeys(images, ("x",)))
    (row,) = condition_summary(image_summary(tables, msds, sheet), "condition").to_dict("records")
    assert (row["images"], row["tracks"]) == (3, 2)
    assert row["mean_speed_um_per_min"] == pytest.approx(0.1)
    assert row["mean_speed_px_per_frame"] == pytest.approx(3)
    assert row["mean_speed_um_per_min_images"] == row["mean_speed_px_per_frame_images"] == 1
    assert row["straightness_images"] == 2


def test_conditions_that_are_numbers_are_sorted():
    tables, msds = gathered({name: straight([1]) for name in "abc"})
    sheet = SampleSheet(("dose",), {"a": ("10",), "b": ("0",), "c": ("2",)})
    assert condition_summary(image_summary(tables, msds, sheet), "dose")["dose"].tolist() == [
        0,
        2,
        10,
    ]


@pytest.mark.parametrize("name", ["tracks", "straightness_mean", "images", "duration_min_sd"])
def test_a_column_of_the_sheet_takes_no_place(name):
    tables, msds = gathered({"a": straight([1])})
    with pytest.raises(SettingsError, match=f"a column named {name}"):
        condition_summary(image_summary(tables, msds, SampleSheet((name,), {"a": ("x",)})), name)


def test_tables_that_were_files_give_the_same(tmp_path):
    tables, msds = gathered({"a": straight([1, 2], mothers={2: 1}), "b": straight([])})
    sheet = SampleSheet(("condition",), {"a": ("x",)})
    expected = all_tracks(tables, sheet), image_summary(tables, msds, sheet)
    for parts in (tables, msds):
        for image, table in parts.items():
            table.to_csv(tmp_path / "t.csv", index=False)
            parts[image] = pd.read_csv(tmp_path / "t.csv")
    pd.testing.assert_frame_equal(all_tracks(tables, sheet), expected[0])
    pd.testing.assert_frame_equal(image_summary(tables, msds, sheet), expected[1])
