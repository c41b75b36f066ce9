"""Following nuclei whose paths are known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from immunostain.measuring.columns import TRACK_COLUMNS
from immunostain.tracking.link import link_nuclei
from immunostain.tracking.settings import LinkingSettings
from immunostain.tracking.table import track_table

REACH = LinkingSettings(20, 2)
AREA = 300.0


def link(nuclei, settings):
    """Link nuclei, by their brightness too where they have one."""
    return link_nuclei(nuclei, settings, "DAPI_mean" if "DAPI_mean" in nuclei else None)


def detections(*rows, scene=0):
    """Make a table from (frame, true number, x, y) and, if not usual, the area."""
    table = pd.DataFrame(
        rows,
        columns=["frame", "true", "x_px", "y_px", "area_px"][: len(rows[0])]
        if rows
        else ["frame", "true", "x_px", "y_px"],
    )
    if "area_px" not in table:
        table["area_px"] = AREA
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
    linked = link(nuclei, REACH)
    assert one_to_one(linked)
    assert sorted(linked["track_id"].unique()) == list(range(1, 21))
    assert linked["parent_track_id"].isna().all()


def test_rows_keep_their_order_and_their_columns():
    nuclei = walk(6, 4).sample(frac=1, random_state=1)
    before = nuclei.copy()
    linked = link(nuclei, REACH)
    pd.testing.assert_frame_equal(linked[nuclei.columns], before)
    pd.testing.assert_frame_equal(nuclei, before)
    assert one_to_one(linked)


def test_two_scenes_never_share_a_track():
    one, other = walk(6, 4, 0), walk(6, 4, 0).assign(scene=1)
    linked = link(pd.concat([one, other], ignore_index=True), REACH)
    tracks = linked.groupby("scene")["track_id"].agg(set)
    assert tracks[0] == set(range(1, 7))
    assert tracks[1] == set(range(7, 13))


@pytest.mark.parametrize(("missing", "tracks"), [(0, 1), (1, 1), (2, 1), (3, 2)])
def test_a_nucleus_may_be_missing_for_as_long_as_memory_says(missing, tracks):
    frames = [0, 1, 2 + missing, 3 + missing]
    other = [(f, 1, 500.0, 500.0) for f in range(4 + missing)]
    nuclei = detections(*[(f, 0, 50.0, 50.0) for f in frames], *other)
    linked = link(nuclei, REACH)
    assert linked.loc[linked["true"] == 0, "track_id"].nunique() == tracks
    assert linked.loc[linked["true"] == 1, "track_id"].nunique() == 1


@pytest.mark.parametrize(("empty", "tracks"), [(1, 2), (2, 2), (3, 4)])
def test_frames_without_any_nucleus_count_as_missing(empty, tracks):
    nuclei = detections(
        *[(f, n, 100.0 * n, 0.0) for f in (0, 1, 2 + empty, 3 + empty) for n in (0, 1)]
    )
    assert link(nuclei, REACH)["track_id"].nunique() == tracks


@pytest.mark.parametrize(("distance", "tracks"), [(19.9, 1), (20.1, 2)])
def test_the_search_range_bounds_a_step(distance, tracks):
    nuclei = detections((0, 0, 0.0, 0.0), (1, 0, distance, 0.0))
    assert link(nuclei, REACH)["track_id"].nunique() == tracks


def test_the_nearest_assignment_over_all_nuclei():
    """Each for itself would take the same one."""
    nuclei = detections((0, 0, 0.0, 0.0), (0, 1, 10.0, 0.0), (1, 0, 6.0, 0.0), (1, 1, 16.0, 0.0))
    linked = link(nuclei, REACH)
    assert one_to_one(linked)


@pytest.mark.parametrize("search_range", [100, 1e6])
def test_a_range_far_wider_than_the_distances_does_not_raise(search_range):
    nuclei = walk(100, 3, step=2.0, pitch=25)
    linked = link(nuclei, LinkingSettings(search_range, 1))
    assert one_to_one(linked)


def test_many_nuclei_on_one_spot():
    nuclei = detections(*[(f, n, 10.0 + n * 1e-3, 10.0) for f in range(2) for n in range(40)])
    linked = link(nuclei, LinkingSettings(50, 0))
    assert linked["track_id"].notna().all()
    assert not linked.duplicated(["frame", "track_id"]).any()


def test_no_track_has_two_nuclei_of_a_frame():
    rng = np.random.default_rng(3)
    rows = [(f, 0, *rng.uniform(0, 200, 2)) for f in range(8) for _ in range(30)]
    linked = link(detections(*rows), REACH)
    assert linked["track_id"].notna().all()
    assert not linked.duplicated(["frame", "track_id"]).any()


def test_no_nuclei_at_all():
    empty = detections().astype({"frame": int, "x_px": float, "y_px": float})
    linked = link(empty, REACH)
    assert len(linked) == 0
    assert list(track_table(linked, None).columns) == TRACK_COLUMNS


def test_a_single_nucleus_in_a_single_frame():
    assert link(detections((3, 0, 5.0, 6.0)), REACH)["track_id"].tolist() == [1]


def test_the_table_of_tracks():
    nuclei = detections((1, 0, 4.0, 6.0), (0, 0, 2.0, 6.0), (0, 1, 90.0, 8.0))
    table = track_table(link(nuclei, REACH), (0.5, 0.25))
    assert list(table.columns) == TRACK_COLUMNS
    # One track of two frames, one of one.
    (long,) = (part for _, part in table.groupby("track_id") if len(part) == 2)
    assert long["frame"].tolist() == [0, 1]
    assert long["x_px"].tolist() == [2, 4]
    assert long["x_um"].tolist() == [1, 2]
    assert long["y_um"].tolist() == [1.5, 1.5]
    assert table["track_id"].is_monotonic_increasing


def test_without_a_pixel_size_micrometres_are_blank():
    table = track_table(link(walk(3, 2), REACH), None)
    assert table["x_um"].isna().all()
    assert table["y_um"].isna().all()
    assert table["x_px"].notna().all()


def living(seed=0, frames=10, scenes=1):
    """Let nuclei walk, divide, come and be missed; areas and brightness as those of real ones."""
    rng = np.random.default_rng(seed)
    rows = []
    for scene in range(scenes):
        alive = {n: np.array(np.divmod(n, 4)) * 60.0 + rng.uniform(0, 9, 2) for n in range(16)}
        sizes, next_one = dict.fromkeys(alive, AREA), len(alive)
        for frame in range(frames):
            if frame in (3, 6):
                for n in rng.choice(sorted(alive), 2, replace=False):
                    place, size = alive.pop(n), sizes.pop(n)
                    angle = rng.uniform(0, 2 * np.pi)
                    off = 9 * np.array([np.cos(angle), np.sin(angle)])
                    for side in (-1, 1):
                        alive[next_one], sizes[next_one] = place + side * off, size / 2
                        next_one += 1
            for n, place in alive.items():
                alive[n] = place + rng.normal(0, 1.5, 2)
                if rng.random() < 0.96:
                    area, mean = sizes[n] * np.exp(rng.normal(0, 0.05)), 100 + n % 7
                    rows.append((scene, frame, n, *alive[n], area, mean + rng.normal(0, 2)))
    names = ["scene", "frame", "true", "x_px", "y_px", "area_px", "DAPI_mean"]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(
        time_s=table["frame"] * 60.0, nucleus_id=table.groupby(["scene", "frame"]).cumcount()
    )


def same_tracks(one, other):
    """See that two tables with the same index have the same tracks and mothers, but for numbers."""
    other = other.loc[one.index]
    numbers = dict(zip(one["track_id"], other["track_id"], strict=True))
    numbers[pd.NA] = pd.NA
    pairs = set(zip(one["track_id"], other["track_id"], strict=True))
    return (
        len(pairs) == one["track_id"].nunique() == other["track_id"].nunique()
        and [numbers[mother] for mother in one["parent_track_id"]]
        == other["parent_track_id"].tolist()
    )


AUTO = LinkingSettings(None, 2)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 50), st.randoms(use_true_random=False))
def test_rows_in_any_order_give_the_same_tracks(seed, random):
    nuclei = living(seed, scenes=2)
    order = list(nuclei.index)
    random.shuffle(order)
    one, other = link(nuclei, AUTO), link(nuclei.loc[order], AUTO)
    assert other.index.tolist() == order
    assert one["parent_track_id"].notna().any()
    assert same_tracks(one, other)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 50),
    st.floats(0.05, 50),
    st.floats(-2000, 2000),
    st.floats(-2000, 2000),
    st.sampled_from([None, 20.0, 45.0]),
)
def test_moving_and_scaling_the_picture_changes_nothing(seed, scale, x, y, search_range):
    nuclei = living(seed)
    moved = nuclei.assign(
        x_px=nuclei["x_px"] * scale + x,
        y_px=nuclei["y_px"] * scale + y,
        area_px=nuclei["area_px"] * scale**2,
    )
    scaled = None if search_range is None else search_range * scale
    one = link(nuclei, LinkingSettings(search_range, 2))
    assert same_tracks(one, link(moved, LinkingSettings(scaled, 2)))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 50), st.floats(0.01, 1000))
def test_the_unit_of_brightness_changes_nothing(seed, scale):
    nuclei = living(seed)
    brighter = nuclei.assign(DAPI_mean=nuclei["DAPI_mean"] * scale)
    assert same_tracks(link(nuclei, AUTO), link(brighter, AUTO))


@pytest.mark.parametrize("seed", range(4))
def test_times_do_not_matter(seed):
    nuclei = living(seed)
    linked = link(nuclei, AUTO)
    for times in (-nuclei["time_s"], np.nan, nuclei["time_s"].where(nuclei["frame"] != 4)):
        assert same_tracks(linked, link(nuclei.assign(time_s=times), AUTO))
    assert same_tracks(linked, link(nuclei.drop(columns="time_s"), AUTO))


@pytest.mark.parametrize("scenes", [1, 3])
def test_track_ids_count_from_1_in_order_of_first_frames(scenes):
    linked = link(living(scenes=scenes), AUTO)
    assert sorted(linked["track_id"].unique()) == list(range(1, linked["track_id"].max() + 1))
    tracks = linked.groupby("track_id").agg(scene=("scene", "first"), frame=("frame", "min"))
    assert tracks.equals(tracks.sort_values(["scene", "frame"], kind="stable"))
    assert (linked.groupby("track_id")["scene"].nunique() == 1).all()
    assert str(linked["track_id"].dtype) == str(linked["parent_track_id"].dtype) == "Int64"


def test_mothers_are_of_the_same_scene_and_their_tracks_have_ended():
    linked = link(living(scenes=3), AUTO)
    tracks = linked.groupby("track_id").agg(
        scene=("scene", "first"), first=("frame", "min"), last=("frame", "max")
    )
    daughters = linked.dropna(subset=["parent_track_id"]).drop_duplicates("track_id")
    assert set(daughters["scene"]) == {0, 1, 2}
    mothers = tracks.loc[daughters["parent_track_id"]]
    assert mothers["scene"].tolist() == daughters["scene"].tolist()
    assert (mothers["last"].to_numpy() < tracks.loc[daughters["track_id"], "first"]).all()


def test_scenes_are_linked_as_if_each_were_alone():
    nuclei = living(scenes=3)
    together = link(nuclei, AUTO)
    for _, rows in nuclei.groupby("scene"):
        assert same_tracks(link(rows, AUTO), together.loc[rows.index])


def test_where_all_nuclei_are_gone_their_tracks_end():
    nuclei = walk(6, 6)
    linked = link(nuclei, LinkingSettings(None, 5))
    assert one_to_one(linked)
    later = walk(6, 4, seed=1).assign(true=lambda table: table["true"] + 10)
    later = later.assign(frame=later["frame"] + 20, x_px=later["x_px"] + 25)
    linked = link(pd.concat([nuclei, later], ignore_index=True), AUTO)
    assert one_to_one(linked)


@pytest.mark.parametrize("missing", [[4], [4, 5], [0], [2, 7]])
def test_frames_that_are_missing_are_bridged(missing):
    nuclei = walk(10, 9, step=2.0)
    nuclei = nuclei[~nuclei["frame"].isin(missing)]
    assert one_to_one(link(nuclei, AUTO))


@pytest.mark.parametrize("search_range", [None, 30.0])
def test_a_single_frame_has_as_many_tracks_as_nuclei(search_range):
    linked = link(walk(7, 1), LinkingSettings(search_range, 5))
    assert sorted(linked["track_id"]) == list(range(1, 8))
    assert linked["parent_track_id"].isna().all()


def test_which_column_tells_the_brightness():
    """The one that is named, or none."""
    rng = np.random.default_rng(0)
    rows = [(f, n, 60.0 * n + rng.normal(0, 2), 0.0) for f in range(2) for n in range(9)]
    # Two of them change places.
    rows += [(f, n, 600.0, 3.0 * (-1) ** (f + n)) for f in range(2) for n in (10, 11)]
    nuclei = detections(*rows)
    nuclei["GFP_mean"] = 100.0
    nuclei["DAPI_mean"] = 100.0 * 2 ** nuclei["true"]

    def kept(brightness):
        return one_to_one(link_nuclei(nuclei, REACH, brightness))

    assert kept("DAPI_mean")
    assert not kept("GFP_mean")
    assert not kept(None)


def test_thousands_of_nuclei_in_each_frame():
    rng = np.random.default_rng(0)
    grid = np.stack(np.divmod(np.arange(5041), 71), 1) * 14.0
    nuclei = pd.DataFrame(
        [
            (frame, n, *place)
            for frame in range(3)
            for n, place in enumerate(grid + rng.normal(0, 1.0, grid.shape))
        ],
        columns=["frame", "true", "x_px", "y_px"],
    ).assign(scene=0, area_px=np.pi * 25)
    linked = link(nuclei.sample(frac=1, random_state=0), AUTO)
    assert one_to_one(linked)
    assert not linked.duplicated(["frame", "track_id"]).any()


@pytest.mark.parametrize("seed", range(3))
def test_most_nuclei_of_a_living_scene_are_followed_rightly(seed):
    """Pairs of nuclei that follow each other, of each true nucleus those that were found."""
    nuclei = living(seed, frames=12)
    linked = link(nuclei, AUTO).sort_values(["frame", "nucleus_id"])
    true = (
        linked.groupby("true")["nucleus_id"].shift()
        + 1000 * linked.groupby("true")["frame"].shift()
    )
    found = (
        linked.groupby("track_id")["nucleus_id"].shift()
        + 1000 * linked.groupby("track_id")["frame"].shift()
    )
    assert (true.fillna(-1) == found.fillna(-1)).mean() > 0.97
    assert linked["parent_track_id"].nunique() >= 3


def test_the_table_of_tracks_has_mothers_and_all_columns_as_numbers():
    linked = link(living(), AUTO)
    table = track_table(linked, (0.5, 0.5))
    assert len(table) == len(linked)
    assert table["parent_track_id"].notna().sum() == linked["parent_track_id"].notna().sum()
    key = ["track_id", "frame"]
    assert table[key].equals(table[key].sort_values(key, ignore_index=True))
    assert not table.duplicated(["scene", "frame", "nucleus_id"]).any()
