"""The columns of tables of nuclei and tracks."""

import pandas as pd
import pytest

from immunostain.measuring.columns import (
    CHANNEL_COLUMNS,
    NUCLEUS_COLUMNS,
    TRACK_COLUMNS,
    nucleus_columns,
    read_track_ids,
    told_apart,
    write_no_tracks,
)
from immunostain.results.writers import write_csv
from immunostain.tracking.link import link_nuclei
from immunostain.tracking.settings import LinkingSettings
from immunostain.tracking.table import track_table


def test_columns_are_those_of_the_nucleus_and_five_for_each_channel():
    names = nucleus_columns(["GFP", "DAPI"])
    assert names[: len(NUCLEUS_COLUMNS)] == NUCLEUS_COLUMNS
    assert names[len(NUCLEUS_COLUMNS) :] == [
        "GFP_sum",
        "GFP_mean",
        "GFP_background_corrected_sum",
        "GFP_perinuclear_sum",
        "GFP_saturated_px",
        "DAPI_sum",
        "DAPI_mean",
        "DAPI_background_corrected_sum",
        "DAPI_perinuclear_sum",
        "DAPI_saturated_px",
    ]


def test_no_two_columns_have_one_name():
    names = nucleus_columns(["a", "a (2)", "channel_2"])
    assert len(set(names)) == len(names) == len(NUCLEUS_COLUMNS) + 3 * len(CHANNEL_COLUMNS)


def test_without_channels():
    assert nucleus_columns([]) == NUCLEUS_COLUMNS


@pytest.mark.parametrize(
    ("channels", "renamed"),
    [
        (["DAPI", "GFP", "a", "a (2)"], {}),
        (["GFP_perinuclear", "GFP"], {"GFP_perinuclear": "GFP_perinuclear (2)"}),
        (
            ["GFP", "GFP_background_corrected", "GFP_background_corrected (2)"],
            {"GFP_background_corrected": "GFP_background_corrected (3)"},
        ),
        (
            ["x", "x_perinuclear", "x_perinuclear_perinuclear"],
            {"x_perinuclear": "x_perinuclear (2)"},
        ),
    ],
)
def test_channels_of_several_images_are_told_apart(channels, renamed):
    names = told_apart(channels)
    assert list(names) == channels
    assert {old: new for old, new in names.items() if new != old} == renamed
    nucleus_columns(list(names.values()))  # raises where two have one name


def test_tracks_are_read_by_scene_and_frame_as_they_were_written(tmp_path):
    rows = [(s, f, n, 90.0 * n + f, 5.0) for s in (0, 2) for f in (0, 3) for n in range(3)]
    names = ["scene", "frame", "nucleus_id", "x_px", "y_px"]
    nuclei = pd.DataFrame(rows, columns=names).assign(area_px=300.0, time_s=float("nan"))
    linked = link_nuclei(nuclei.iloc[::-1], LinkingSettings(20, 5), None)
    # What is measured besides, such as the drift, doesn't disturb.
    table = track_table(linked, None).assign(drift_x_px=1.5)
    path = str(tmp_path / "tracks.csv")
    write_csv(path, table)
    numbers = linked.set_index(["scene", "frame", "nucleus_id"])["track_id"]
    assert read_track_ids(path) == {
        (s, f): {n: int(numbers[s, f, n]) for n in range(3)} for s in (0, 2) for f in (0, 3)
    }


def test_a_table_without_tracks_has_all_columns_and_no_ids(tmp_path):
    path = str(tmp_path / "deep" / "tracks.csv")
    write_no_tracks(path)
    assert read_track_ids(path) == {}
    assert list(pd.read_csv(path).columns) == TRACK_COLUMNS
