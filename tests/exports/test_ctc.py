"""Result folders of the Cell Tracking Challenge, checked with py-ctcmetrics' own check."""

import numpy as np
import pandas as pd
import pytest
import tifffile
from ctc_metrics.scripts.validate import validate_sequence
from hypothesis import HealthCheck, assume, given, settings
from tracked_scenes import brute_force_links, label_image, scene, scenes, shape_of

from immunostain.exports import ctc
from immunostain.shared.errors import ImageError


def written(folder, table, frames, missing=()):
    """Write a scene and read back masks and lines."""

    def read(frame):
        return None if frame in missing else label_image(table, frame)

    ctc.write_ctc(folder, table, frames, shape_of(table), read)
    masks = [tifffile.imread(path) for path in sorted(folder.glob("mask*.tif"))]
    text = (folder / "res_track.txt").read_text()
    return masks, [tuple(map(int, line.split())) for line in text.splitlines()]


def is_valid(folder):
    """See if py-ctcmetrics finds a folder valid; it warns of what is not."""
    return bool(validate_sequence(str(folder), threads=1)["Valid"])


def links_of(masks, lines):
    """List the links that a folder holds, as the label and frame of both nuclei."""
    found = []
    for label, begin, end, parent in lines:
        found += [((label, frame), (label, frame + 1)) for frame in range(begin, end)]
        if parent:
            parent_end = next(line[2] for line in lines if line[0] == parent)
            found.append(((parent, parent_end), (label, begin)))
    return sorted(found)


def test_tracks_without_gaps_keep_their_ids(tmp_path):
    table = scene({3: [0, 1], 5: [2, 3], 4: [3], 70: [0, 1, 2, 3]}, {5: 3, 4: 3})
    masks, lines = written(tmp_path / "01_RES", table, 4)
    assert lines == [(3, 0, 1, 0), (4, 3, 3, 3), (5, 2, 3, 3), (70, 0, 3, 0)]
    assert [sorted(set(np.unique(mask).tolist()) - {0}) for mask in masks] == [
        [3, 70],
        [3, 70],
        [5, 70],
        [4, 5, 70],
    ]
    assert all(mask.dtype == np.uint16 for mask in masks)
    assert is_valid(tmp_path / "01_RES")


def test_the_part_after_a_gap_descends_from_the_part_before(tmp_path):
    table = scene({1: [0, 1, 3, 6, 7], 2: [9]}, {2: 1})
    masks, lines = written(tmp_path / "r", table, 10)
    assert lines == [(1, 0, 1, 0), (2, 9, 9, 4), (3, 3, 3, 1), (4, 6, 7, 3)]
    assert [int(mask.max()) for mask in masks] == [1, 1, 0, 3, 0, 0, 4, 4, 0, 2]
    with pytest.warns(UserWarning, match="Empty frame"):  # it warns, and says that it is valid
        assert is_valid(tmp_path / "r")


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(scenes())
@pytest.mark.filterwarnings("ignore:Empty frame:UserWarning")
def test_what_is_written_is_valid_and_loses_no_link(tmp_path_factory, drawn):
    table, frames = drawn
    assume(table["track_id"].notna().any())
    folder = tmp_path_factory.mktemp("ctc") / "01_RES"
    masks, lines = written(folder, table, frames)
    assert is_valid(folder)
    assert len(masks) == frames
    # Each nucleus is where it was, so a pixel in it tells which track a label stands for.
    known = table.dropna(subset=["track_id"])
    track_of = {}
    for row in known.itertuples():
        label = int(masks[row.frame][int(row.y_px), int(row.x_px)])
        assert track_of.setdefault((label, row.frame), row.track_id) == row.track_id
    assert len(track_of) == len(known) == sum(len(np.unique(m[m > 0])) for m in masks)
    found = [
        ((track_of[source], source[1]), (track_of[target], target[1]))
        for source, target in links_of(masks, lines)
    ]
    assert sorted(found) == brute_force_links(table)
    first = known.sort_values("frame").groupby("track_id").first()
    for track, row in first.iterrows():
        assert track_of[track, row["frame"]] == track, "a track's own label is where it begins"


def test_a_frame_that_the_file_lacks_is_an_empty_mask(tmp_path):
    table = scene({1: [0, 2]})
    masks, lines = written(tmp_path / "r", table, 4, missing=[1, 3])
    assert [int(mask.max()) for mask in masks] == [1, 0, 2, 0]
    assert lines == [(1, 0, 0, 0), (2, 2, 2, 1)]


@pytest.mark.parametrize("table", [scene({}), scene({}, without_track=[0, 2])])
def test_without_tracks_all_masks_are_empty(tmp_path, table):
    masks, lines = written(tmp_path / "r", table, 3)
    assert lines == []
    assert len(masks) == 3
    assert not np.any(masks)


@pytest.mark.parametrize(
    ("frames", "last"), [(1, "mask000"), (1000, "mask999"), (1001, "mask1000"), (1500, "mask1499")]
)
def test_names_have_as_many_digits_as_they_need(tmp_path, frames, last):
    table = scene({1: [0]})
    ctc.write_ctc(tmp_path / "r", table, frames, shape_of(table), lambda _: None)
    names = sorted(path.stem for path in (tmp_path / "r").glob("*.tif"))
    assert len(names) == frames
    assert names[-1] == last
    assert len({len(name) for name in names}) == 1


def many_tracks(number, first=1):
    """Make a table of so many tracks of one nucleus each."""
    return pd.DataFrame(
        {
            "frame": 0,
            "nucleus_id": range(number),
            "track_id": pd.array(range(first, first + number), dtype="Int64"),
            "parent_track_id": pd.array([pd.NA] * number, dtype="Int64"),
        }
    )


def test_as_many_tracks_as_16_bits_number_are_written():
    labelled, lines = ctc.ctc_tracks(many_tracks(65535))
    assert lines["label"].tolist() == list(range(1, 65536))
    assert labelled["track_id"].tolist() == list(range(1, 65536))


def test_more_tracks_are_refused_with_a_sentence():
    with pytest.raises(ImageError, match=r"65536 tracks.* at most 65535; leave this export out"):
        ctc.ctc_tracks(many_tracks(65536))


def test_parts_after_gaps_count_as_tracks():
    table = pd.concat([many_tracks(65535), many_tracks(1).assign(frame=2)])
    with pytest.raises(ImageError, match="65536"):
        ctc.ctc_tracks(table)


def test_high_ids_of_a_late_scene_get_labels_that_no_track_has():
    table = scene({1: [0], 3: [0], 65535: [0], 70_000: [1], 70_001: [1, 3]}, {70_001: 3})
    labelled, lines = ctc.ctc_tracks(table)
    assert labelled["track_id"].tolist() == [1, 3, 65535, 2, 4, 5]
    assert lines.to_numpy().tolist() == [
        [1, 0, 0, 0],
        [2, 1, 1, 0],
        [3, 0, 0, 0],
        [4, 1, 1, 3],
        [5, 3, 3, 4],
        [65535, 0, 0, 0],
    ]


def test_an_old_folder_is_replaced(tmp_path):
    table = scene({1: [0, 1]})
    written(tmp_path / "r", table, 2)
    written(tmp_path / "r", table[table["frame"] == 0], 1)
    assert sorted(path.name for path in (tmp_path / "r").iterdir()) == [
        "mask000.tif",
        "res_track.txt",
    ]
