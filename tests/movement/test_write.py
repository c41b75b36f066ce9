"""Tables and plots of how the nuclei of all images move."""

import numpy as np
import openpyxl
import pandas as pd
import pytest

from immunostain.measuring.columns import TRACK_COLUMNS
from immunostain.movement import motility
from immunostain.movement.write import write_motility
from immunostain.results import writers
from immunostain.samples.sample_sheet import SampleSheet, read_if_any
from immunostain.shared.errors import SettingsError

NAMES = ["motility_by_track", "motility_by_image", "motility_msd"]
PLOTS = ["motility_msd.png", "motility_speeds.png"]


def straight(speeds, frames=21, pixel_um=0.5):
    """Make a table of tracks that go straight, each at so many pixels in a minute."""
    rows = [
        (0, n, None, f, 60.0 * f, v * f, 5.0, v * f * pixel_um, 5.0 * pixel_um, n - 1)
        for n, v in enumerate(speeds, 1)
        for f in range(frames)
    ]
    table = pd.DataFrame(rows, columns=TRACK_COLUMNS)
    return table.astype({"track_id": "int64", "parent_track_id": "Int64"})


def tracked(tmp_path, images):
    """Write the tables of images as tracking does; give each image's folder."""
    folders = {}
    for image, tracks in images.items():
        folder = tmp_path / f"tracked {image}"
        folder.mkdir()
        msds = motility.track_msds(tracks)
        writers.write_csv(
            str(folder / f"{image}_motility.csv"), motility.motility_table(tracks, msds)
        )
        writers.write_csv(str(folder / f"{image}_msd.csv"), motility.ensemble_msd(msds))
        folders[image] = str(folder)
    return folders


def files(folder):
    return sorted(file.name for file in folder.iterdir())


def outputs(*names):
    return sorted([*PLOTS, *(f"{name}{end}" for name in names for end in (".csv", ".xlsx"))])


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def images(tmp_path):
    speeds = {"a": [1, 2], "plate 1__b": [3, 4, 5], "c": [8]}
    return tracked(tmp_path, {image: straight(each) for image, each in speeds.items()})


def test_without_a_sample_sheet_images_are_compared(out, images):
    write_motility(out, images, SampleSheet(), None)
    assert files(out) == outputs(*NAMES)
    tracks = pd.read_csv(out / "motility_by_track.csv")
    assert tracks["image"].tolist() == ["a", "a", *["plate 1__b"] * 3, "c"]
    assert tracks["mean_speed_um_per_min"].to_numpy() == pytest.approx([0.5, 1, 1.5, 2, 2.5, 4])
    by_image = pd.read_csv(out / "motility_by_image.csv").set_index("image")
    assert by_image["tracks"].to_dict() == {"a": 2, "plate 1__b": 3, "c": 1}
    assert by_image["mean_speed_um_per_min_mean"].tolist() == pytest.approx([0.75, 2, 4])
    assert by_image["msd_exponent"].to_numpy() == pytest.approx([2] * 3)
    curves = pd.read_csv(out / "motility_msd.csv")
    assert set(curves["image"]) == set(images)
    of_c = curves[curves["image"] == "c"]
    assert of_c["msd_um2"].to_numpy() == pytest.approx((4 * of_c["lag_frames"]) ** 2)


def test_tables_for_excel_hold_the_same_as_those_for_programs(out, images):
    write_motility(out, images, SampleSheet(), None)
    for name in NAMES:
        sheets = openpyxl.load_workbook(out / f"{name}.xlsx")
        assert sheets.sheetnames == [name.removeprefix("motility_"), "columns"]
        rows = list(sheets.active.iter_rows(values_only=True))
        table = pd.read_csv(out / f"{name}.csv")
        assert list(rows[0]) == list(table.columns)
        assert len(rows) == len(table) + 1


def test_conditions_of_the_sample_sheet_are_compared(out, images, tmp_path):
    sheet = tmp_path / "samples.tsv"
    sheet.write_text("image\tplate\tcondition\na\t1\tdrug\nplate 1__b\t1\tnone\nc\t2\tnone\n")
    write_motility(out, images, read_if_any([str(sheet)], list(images)), "condition")
    assert files(out) == outputs(*NAMES, "motility_by_condition")
    summary = pd.read_csv(out / "motility_by_condition.csv").set_index("condition")
    assert summary["images"].to_dict() == {"drug": 1, "none": 2}
    assert summary["tracks"].to_dict() == {"drug": 2, "none": 4}
    assert summary["mean_speed_um_per_min"].to_dict() == pytest.approx({"drug": 0.75, "none": 3})
    tracks = pd.read_csv(out / "motility_by_track.csv")
    assert tracks["condition"].tolist() == ["drug"] * 2 + ["none"] * 4
    assert tracks["plate"].tolist() == [1] * 5 + [2]


def test_images_without_any_track_are_rows_without_measures(out, tmp_path):
    folders = tracked(tmp_path, {"a": straight([2]), "empty": straight([])})
    sheet = SampleSheet(("condition",), {"a": ("x",), "empty": ("y",)})
    write_motility(out, folders, sheet, "condition")
    assert files(out) == outputs(*NAMES, "motility_by_condition")
    by_image = pd.read_csv(out / "motility_by_image.csv").set_index("image")
    assert by_image["tracks"].to_dict() == {"a": 1, "empty": 0}
    assert by_image["mean_speed_um_per_min_mean"].isna().to_dict() == {"a": False, "empty": True}
    assert set(pd.read_csv(out / "motility_by_track.csv")["image"]) == {"a"}


def test_no_image_has_any_track(out, tmp_path):
    folders = tracked(tmp_path, {"one": straight([]), "other": straight([])})
    write_motility(out, folders, SampleSheet(), None)
    assert files(out) == outputs(*NAMES)
    assert len(pd.read_csv(out / "motility_by_track.csv")) == 0
    assert pd.read_csv(out / "motility_by_image.csv")["tracks"].tolist() == [0, 0]


def test_images_with_and_without_a_pixel_size(out, tmp_path):
    folders = tracked(tmp_path, {"um": straight([2]), "px": straight([2], pixel_um=np.nan)})
    write_motility(out, folders, SampleSheet(), None)
    tracks = pd.read_csv(out / "motility_by_track.csv").set_index("image")
    assert tracks.loc["um", "mean_speed_um_per_min"] == pytest.approx(1)
    assert tracks.loc["px", "mean_speed_px_per_frame"] == pytest.approx(2)
    assert tracks["mean_speed_um_per_min"].isna().tolist() == [False, True]


def test_ids_stay_whole_numbers(out, tmp_path):
    tracks = straight([1, 2, 3])
    tracks.loc[tracks["track_id"] == 3, "parent_track_id"] = 1
    write_motility(out, tracked(tmp_path, {"a": tracks}), SampleSheet(), None)
    table = pd.read_csv(out / "motility_by_track.csv", dtype=str)
    assert table["track_id"].tolist() == ["1", "2", "3"]
    assert table["parent_track_id"].tolist()[2] == "1"
    assert table["parent_track_id"].isna().tolist() == [True, True, False]


def test_a_column_of_the_sheet_that_the_results_have_too(out, images):
    with pytest.raises(SettingsError, match="tracks"):
        write_motility(out, images, SampleSheet(("tracks",), {"a": ("1",)}), "tracks")
