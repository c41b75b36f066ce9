"""Following nuclei whose paths are known."""

import numpy as np
import pandas as pd
import pytest

from immunostain.tracks import TRACK_COLUMNS, link_nuclei, track_table

REACH = {"search_range": 20, "memory": 2}


def detections(*rows, scene=0):
    """Make a table from (frame, true number, x, y)."""
    table = pd.DataFrame(rows, columns=["frame", "true", "x_px", "y_px"])
    table = table.assign(scene=scene, time_s=table["frame"] * 60.0)
    return table.assign(nucleus_id=table.groupby("frame").cumcount())


def walk(number, frames, seed=0, step=4.0, pitch=60):
    """Let nuclei on a grid walk; rows are shuffled within each frame."""
    rng = np.random.default_rng(seed)
    places = np.stack(np.divmod(np.arange(number), 5), 1) * float(pitch)
    rows = []
    for frame in range(frames):
        order = rng.permutation(number)
        rows += [(frame, n, *places[n]) for n in order]
        places += rng.uniform(-step, step, places.shape)
    return detections(*rows)


def one_to_one(linked):
    """See that tracks and true nuclei are the same."""
    pairs = linked.groupby(["true", "track_id"]).size()
    return len(pairs) == linked["true"].nunique() == linked["track_id"].nunique()


@pytest.mark.parametrize("seed", range(5))
def test_nuclei_that_are_apart_keep_their_ids(seed):
    nuclei = walk(20, 15, seed)
    linked = link_nuclei(nuclei, REACH)
    assert one_to_one(linked)
    assert sorted(linked["track_id"].unique()) == list(range(20))
    assert linked["parent_track_id"].isna().all()


def test_rows_keep_their_order_and_their_columns():
    nuclei = walk(6, 4).sample(frac=1, random_state=1)
    before = nuclei.copy()
    linked = link_nuclei(nuclei, REACH)
    pd.testing.assert_frame_equal(linked[nuclei.columns], before)
    pd.testing.assert_frame_equal(nuclei, before)
    assert one_to_one(linked)


def test_two_scenes_never_share_a_track():
    one, other = walk(6, 4, 0), walk(6, 4, 0).assign(scene=1)
    linked = link_nuclei(pd.concat([one, other], ignore_index=True), REACH)
    tracks = linked.groupby("scene")["track_id"].agg(set)
    assert tracks[0] == set(range(6))
    assert tracks[1] == set(range(6, 12))


@pytest.mark.parametrize(("missing", "tracks"), [(0, 1), (1, 1), (2, 1), (3, 2)])
def test_a_nucleus_may_be_missing_for_as_long_as_memory_says(missing, tracks):
    frames = [0, 1, 2 + missing, 3 + missing]
    other = [(f, 1, 500.0, 500.0) for f in range(4 + missing)]
    nuclei = detections(*[(f, 0, 50.0, 50.0) for f in frames], *other)
    linked = link_nuclei(nuclei, REACH)
    assert linked.loc[linked["true"] == 0, "track_id"].nunique() == tracks
    assert linked.loc[linked["true"] == 1, "track_id"].nunique() == 1


@pytest.mark.parametrize(("empty", "tracks"), [(1, 2), (2, 2), (3, 4)])
def test_frames_without_any_nucleus_count_as_missing(empty, tracks):
    nuclei = detections(
        *[(f, n, 100.0 * n, 0.0) for f in (0, 1, 2 + empty, 3 + empty) for n in (0, 1)]
    )
    assert link_nuclei(nuclei, REACH)["track_id"].nunique() == tracks


@pytest.mark.parametrize(("distance", "tracks"), [(19.9, 1), (20.1, 2)])
def test_the_search_range_bounds_a_step(distance, tracks):
    nuclei = detections((0, 0, 0.0, 0.0), (1, 0, distance, 0.0))
    assert link_nuclei(nuclei, REACH)["track_id"].nunique() == tracks


def test_the_nearest_assignment_over_all_nuclei():
    """Each for itself would take the same one."""
    nuclei = detections((0, 0, 0.0, 0.0), (0, 1, 10.0, 0.0), (1, 0, 6.0, 0.0), (1, 1, 16.0, 0.0))
    linked = link_nuclei(nuclei, REACH)
    assert one_to_one(linked)


@pytest.mark.parametrize("search_range", [100, 1e6])
def test_a_range_far_wider_than_the_distances_does_not_raise(search_range):
    nuclei = walk(100, 3, step=2.0, pitch=25)
    linked = link_nuclei(nuclei, {"search_range": search_range, "memory": 1})
    assert one_to_one(linked)


def test_many_nuclei_on_one_spot():
    nuclei = detections(*[(f, n, 10.0 + n * 1e-3, 10.0) for f in range(2) for n in range(40)])
    linked = link_nuclei(nuclei, {"search_range": 50, "memory": 0})
    assert linked["track_id"].notna().all()
    assert not linked.duplicated(["frame", "track_id"]).any()


def test_no_track_has_two_nuclei_of_a_frame():
    rng = np.random.default_rng(3)
    rows = [(f, 0, *rng.uniform(0, 200, 2)) for f in range(8) for _ in range(30)]
    linked = link_nuclei(detections(*rows), REACH)
    assert linked["track_id"].notna().all()
    assert not linked.duplicated(["frame", "track_id"]).any()


def test_no_nuclei_at_all():
    empty = detections().astype({"frame": int, "x_px": float, "y_px": float})
    linked = link_nuclei(empty, REACH)
    assert len(linked) == 0
    assert list(track_table(linked, None).columns) == TRACK_COLUMNS


def test_a_single_nucleus_in_a_single_frame():
    assert link_nuclei(detections((3, 0, 5.0, 6.0)), REACH)["track_id"].tolist() == [0]


def test_the_table_of_tracks():
    nuclei = detections((1, 0, 4.0, 6.0), (0, 0, 2.0, 6.0), (0, 1, 90.0, 8.0))
    table = track_table(link_nuclei(nuclei, REACH), (0.5, 0.25))
    assert list(table.columns) == TRACK_COLUMNS
    # One track of two frames, one of one.
    (long,) = (part for _, part in table.groupby("track_id") if len(part) == 2)
    assert long["frame"].tolist() == [0, 1]
    assert long["x_px"].tolist() == [2, 4]
    assert long["x_um"].tolist() == [1, 2]
    assert long["y_um"].tolist() == [1.5, 1.5]
    assert table["track_id"].is_monotonic_increasing


def test_without_a_pixel_size_micrometres_are_blank():
    table = track_table(link_nuclei(walk(3, 2), REACH), None)
    assert table["x_um"].isna().all()
    assert table["y_um"].isna().all()
    assert table["x_px"].notna().all()
