"""Scores of tracks by the measures of the Cell Tracking Challenge."""

import numpy as np
import pandas as pd
import pytest
from tracked_scenes import label_image, scene, shape_of

from immunostain.evaluation.of_tracks import (
    MEASURES,
    by_laptrack,
    by_trackpy,
    nuclei_with_tracks,
    score_folder,
    score_trackers,
    scores_as_text,
)
from immunostain.exports.ctc import write_ctc
from immunostain.shared.errors import ImageError, SettingsError
from immunostain.tracking.settings import LinkingSettings

FRAMES = 6
# Two nuclei that stay, one that divides after frame 2.
TABLE = scene({1: range(6), 2: range(6), 3: range(3), 4: range(3, 6), 5: range(3, 6)}, {4: 3, 5: 3})
SETTINGS = LinkingSettings(4.0, 1)


def write_truth(folder, table, frames=FRAMES, segmented=True, pictures=TABLE):
    """Write a ground truth as the challenge gives them, from what is exported."""
    shape = shape_of(pictures)
    write_ctc(folder / "r", table, frames, shape, lambda frame: label_image(pictures, frame))
    for name in ("TRA", "SEG") if segmented else ("TRA",):
        (folder / name).mkdir()
    for mask in sorted((folder / "r").glob("mask*.tif")):
        number = mask.stem.removeprefix("mask")
        (folder / "TRA" / f"man_track{number}.tif").write_bytes(mask.read_bytes())
        if segmented:
            (folder / "SEG" / f"man_seg{number}.tif").write_bytes(mask.read_bytes())
    (folder / "r" / "res_track.txt").rename(folder / "TRA" / "man_track.txt")
    return folder


@pytest.fixture
def truth(tmp_path):
    folder = tmp_path / "01_GT"
    folder.mkdir()
    return write_truth(folder, TABLE)


def scored(table, truth, settings=SETTINGS, frames=FRAMES):
    return score_trackers(
        truth, table, settings, frames, shape_of(TABLE), lambda frame: label_image(TABLE, frame)
    )


def changed(track_id):
    """Give the nuclei of `TABLE` other tracks, without mothers."""
    none = pd.array([pd.NA] * len(TABLE), dtype="Int64")
    return TABLE.assign(track_id=pd.array(track_id, dtype="Int64"), parent_track_id=none)


def test_perfect_tracks_score_1(truth):
    scores = scored(TABLE, truth)
    assert list(scores.columns) == list(MEASURES)
    assert scores.index.tolist() == ["immunostain", "trackpy", "LapTrack"]
    assert scores.loc["immunostain"].tolist() == pytest.approx([1] * len(MEASURES), abs=1e-4)


def test_the_numbers_of_tracks_do_not_matter(truth):
    other = TABLE.assign(
        track_id=100 - TABLE["track_id"], parent_track_id=100 - TABLE["parent_track_id"]
    )
    scores = scored(other, truth).loc["immunostain"]
    assert scores.tolist() == pytest.approx([1] * len(MEASURES), abs=1e-4)


def test_scrambled_tracks_score_less(truth):
    """Nuclei are found and have their shapes all the same."""
    scores = scored(changed(TABLE["nucleus_id"] + 1), truth).loc["immunostain"]
    assert scores[["DET", "SEG"]].tolist() == pytest.approx([1, 1])
    assert (scores[["TRA", "LNK", "CT", "BC(1)"]] < [1, 0.9, 0.5, 0.1]).all()
    # Worse than no links but those within one track.
    some = scored(changed(TABLE["track_id"]), truth)
    assert scores["LNK"] < some.loc["immunostain", "LNK"] < 1
    assert some.loc["immunostain", "BC(1)"] == 0


def test_tracks_of_one_frame_each_have_no_links(truth):
    scores = scored(changed(np.arange(len(TABLE)) + 1), truth).loc["immunostain"]
    assert scores["DET"] == pytest.approx(1)
    assert scores["LNK"] == pytest.approx(0)
    assert scores["CT"] == pytest.approx(0)


def test_nuclei_that_were_not_found_cost(truth):
    fewer = TABLE[TABLE["track_id"] != 2]
    scores = scored(fewer, truth).loc["immunostain"]
    assert (scores[["DET", "SEG", "TRA", "LNK", "CT"]] < 1).all()
    assert scores["BC(1)"] == pytest.approx(1, abs=1e-4)


def test_a_truth_without_segmentation_has_no_such_score(tmp_path):
    scores = scored(TABLE, write_truth(tmp_path, TABLE, segmented=False))
    assert scores["SEG"].isna().all()
    assert scores.loc["immunostain"].drop("SEG").tolist() == pytest.approx([1] * 5, abs=1e-4)


def test_a_truth_without_divisions_is_no_fault(tmp_path):
    table = TABLE[TABLE["track_id"] < 3]
    scores = scored(table, write_truth(tmp_path, table))
    rest = scores.drop(columns="BC(1)").to_numpy(float)
    assert rest == pytest.approx(np.ones(rest.shape), abs=1e-4)


@pytest.mark.parametrize("search_range", [None, 4.0])
def test_the_others_follow_nuclei_that_stay(truth, search_range):
    """They stand at places of their own; daughters come in new columns."""
    table = TABLE[TABLE["track_id"] < 3]
    scores = scored(table, truth, LinkingSettings(search_range, 1))
    assert scores.loc["trackpy", "LNK"] == pytest.approx(scores.loc["immunostain", "LNK"])
    assert scores.loc["LapTrack", "LNK"] == pytest.approx(scores.loc["immunostain", "LNK"])


# ---- the other two ----


def crowd(frames=6, seed=0, step=1.0):
    """Let nuclei on a grid walk; rows in any order and some frames empty."""
    rng = np.random.default_rng(seed)
    places = np.stack(np.divmod(np.arange(36), 6), 1) * 20.0
    rows = []
    for frame in range(frames):
        rows += [(frame, n, *place) for n, place in enumerate(places)]
        places = places + rng.normal(0, step, places.shape)
    table = pd.DataFrame(rows, columns=["frame", "true", "x_px", "y_px"])
    table = table.assign(area_px=100, scene=0).sample(frac=1, random_state=seed)
    return table.assign(nucleus_id=table.groupby("frame").cumcount())


BOTH = pytest.mark.parametrize("method", [by_trackpy, by_laptrack])


@BOTH
def test_rows_stay_as_they_are_and_each_has_a_track(method):
    nuclei = crowd()
    given = nuclei.copy()
    linked = method(nuclei, 10.0, 1)
    pd.testing.assert_frame_equal(nuclei, given)
    pd.testing.assert_frame_equal(linked[nuclei.columns], given)
    assert len(linked[["true", "track_id"]].drop_duplicates()) == 36 == linked["track_id"].nunique()
    assert linked["track_id"].min() >= 1
    assert linked["parent_track_id"].isna().all()
    assert str(linked["track_id"].dtype) == str(linked["parent_track_id"].dtype) == "Int64"


@BOTH
@pytest.mark.parametrize("seed", range(3))
def test_no_track_has_two_nuclei_of_a_frame(method, seed):
    rng = np.random.default_rng(seed)
    nuclei = crowd(seed=seed)
    nuclei[["x_px", "y_px"]] = rng.uniform(0, 100, (len(nuclei), 2))
    linked = method(nuclei, 12.0, 2)
    assert linked["track_id"].notna().all()
    assert not linked.duplicated(["frame", "track_id"]).any()
    ends = linked.groupby("track_id")["frame"].agg(["min", "max"])
    daughters = linked.dropna(subset=["parent_track_id"]).drop_duplicates("track_id")
    mothers = ends.loc[daughters["parent_track_id"], "max"].to_numpy()
    assert (mothers < ends.loc[daughters["track_id"], "min"]).all()


@BOTH
@pytest.mark.parametrize(("memory", "tracks"), [(0, 2), (1, 1), (3, 1)])
def test_memory_is_for_how_many_frames_a_nucleus_may_be_missing(method, memory, tracks):
    nuclei = crowd(step=0.3)
    missing = (nuclei["true"] == 7) & (nuclei["frame"] == 3)
    linked = method(nuclei[~missing], 10.0, memory)
    assert linked.loc[linked["true"] == 7, "track_id"].nunique() == tracks
    assert linked["track_id"].nunique() == 35 + tracks


@pytest.mark.parametrize(("method", "open_at_most"), [(by_trackpy, 0), (by_laptrack, 4)])
def test_frames_without_nuclei_are_bridged_too(method, open_at_most):
    """LapTrack leaves the dearest tenth of gaps open."""
    nuclei = crowd(step=0.3)
    linked = method(nuclei[~nuclei["frame"].isin([0, 3])], 10.0, 1)
    assert 36 <= linked["track_id"].nunique() <= 36 + open_at_most


def test_laptrack_finds_divisions():
    rows = [(f, 0, 50.0, 50.0) for f in range(3)]
    rows += [(f, n, 50.0, 50.0 + 6 * side) for f in range(3, 6) for n, side in ((1, 1), (2, -1))]
    rows += [(f, 3, 200.0, 200.0) for f in range(6)]
    nuclei = pd.DataFrame(rows, columns=["frame", "true", "x_px", "y_px"]).assign(area_px=100)
    linked = by_laptrack(nuclei, 10.0, 1)
    tracks = linked.groupby("true")["track_id"].first()
    parents = linked.groupby("true")["parent_track_id"].first()
    assert tracks.nunique() == 4
    assert parents[1] == parents[2] == tracks[0]
    assert parents[[0, 3]].isna().all()


# ---- what is no truth ----


def fails(truth, match, frames=FRAMES):
    with pytest.raises(SettingsError, match=match) as caught:
        scored(TABLE, truth, frames=frames)
    message = str(caught.value)
    assert message.startswith("evaluation.tracking_truth: ")
    assert str(truth) in message
    return message


def test_a_folder_that_is_not_there(tmp_path):
    fails(tmp_path / "none", "has no TRA/man_track.txt; give the folder of ground truth")


def test_a_folder_of_something_else(tmp_path):
    (tmp_path / "TRA").mkdir()
    fails(tmp_path, "has no TRA/man_track.txt")


def test_the_folder_inside_the_truth(truth):
    fails(truth / "TRA", "has no TRA/man_track.txt")


@pytest.mark.parametrize("frames", [FRAMES + 1, FRAMES + 4])
def test_a_truth_of_fewer_frames(truth, frames):
    fails(truth, "is not of the images that were analysed", frames)


def test_a_truth_of_more_frames(tmp_path):
    more = scene({1: range(9)})
    fails(write_truth(tmp_path, more, 9, pictures=more), "is not of the images that were analysed")


def test_a_truth_of_pictures_of_another_size(tmp_path):
    other = scene({n: range(6) for n in range(1, 9)})
    fails(write_truth(tmp_path, other, pictures=other), "is not of the images that were analysed")


def test_a_truth_without_masks(truth):
    for mask in (truth / "TRA").glob("*.tif"):
        mask.unlink()
    fails(truth, "is not of the images that were analysed")


@pytest.mark.parametrize(
    "lines", ["", "1 0 5 0\n9 0 5 7\n", "1 0 5 0\n2 3 5 1\n3 0 5 0\n", "one\n", "1 0 5\n"]
)
def test_a_truth_whose_tracks_are_not_those_of_its_masks(truth, lines):
    (truth / "TRA" / "man_track.txt").write_text(lines)
    fails(truth, "is not of the images that were analysed")


def test_a_mask_that_is_no_picture(truth):
    (truth / "TRA" / "man_track002.tif").write_text("not a picture")
    fails(truth, None)


def test_results_that_break_the_rules(truth, tmp_path):
    """The table names a track that no mask has."""
    folder = tmp_path / "result"
    write_ctc(folder, TABLE, FRAMES, shape_of(TABLE), lambda frame: label_image(TABLE, frame))
    with (folder / "res_track.txt").open("a") as file:
        file.write("77 0 1 0\n")
    with pytest.warns(UserWarning), pytest.raises(SettingsError, match="breaks the rules"):
        score_folder(folder, truth)


def test_no_nuclei_were_found(truth):
    with pytest.raises((SettingsError, ImageError), match="no nuclei"):
        scored(TABLE.iloc[:0], truth)


# ---- what people read ----


def test_the_report_has_a_line_for_each_method_and_explains_the_measures(truth):
    scores = scored(TABLE, truth)
    scores.loc["trackpy", "SEG"] = np.nan
    lines = scores_as_text(scores).splitlines()
    assert lines[1].split() == list(MEASURES)
    assert lines[2].split() == ["immunostain"] + ["1.0000"] * len(MEASURES)
    assert lines[3].split()[:3] == ["trackpy", f"{scores.loc['trackpy', 'DET']:.4f}", "-"]
    assert lines[4].startswith("LapTrack ")
    assert len({len(line) for line in lines[1:5]}) == 1
    assert all(f"{name}: {words}" in lines[6] for name, words in MEASURES.items())


def test_nuclei_of_all_chunks_get_their_tracks_and_mothers(tmp_path):
    keys = ["scene", "frame", "nucleus_id"]
    linked = TABLE.sort_values(keys).reset_index(drop=True)
    nuclei = linked.drop(columns=["track_id", "parent_track_id"])
    half = len(nuclei) // 2
    for name, part in (("1", nuclei[:half]), ("2", nuclei[half:]), ("3", nuclei[:0])):
        part.to_csv(tmp_path / name, index=False)
    linked[1:].sample(frac=1, random_state=0).to_csv(tmp_path / "tracks", index=False)
    found = nuclei_with_tracks([str(tmp_path / name) for name in "123"], str(tmp_path / "tracks"))
    assert found[keys].to_numpy().tolist() == linked[keys].to_numpy().tolist()
    for column in ("track_id", "parent_track_id"):
        assert found[column].dtype == "Int64"
        assert pd.isna(found[column][0])
        assert found[column][1:].equals(linked[column][1:].astype("Int64"))
