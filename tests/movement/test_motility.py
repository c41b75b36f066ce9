"""How tracks move, against paths whose speed and diffusion are known."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from immunostain.measuring.columns import TRACK_COLUMNS
from immunostain.movement import motility
from immunostain.movement.motility import (
    COLUMNS,
    ensemble_msd,
    fit_power_law,
    motility_table,
    track_msds,
)

PX = 0.5  # micrometres


def track_table(paths, minutes=10.0, pixel_um=PX, mothers=None):
    """Make a table of tracks from {track: {frame: (x, y) in pixels}}.

    `minutes` is the interval, or the time of each frame by its number.
    """
    rows = []
    for track, path in sorted(paths.items()):
        for frame, (x, y) in sorted(path.items()):
            time = minutes[frame] if isinstance(minutes, dict) else frame * minutes
            place = (x, y, x * pixel_um, y * pixel_um)
            rows.append((0, track, (mothers or {}).get(track), frame, time * 60, *place, 0))
    table = pd.DataFrame(rows, columns=TRACK_COLUMNS)
    return table.astype({"track_id": "Int64", "parent_track_id": "Int64"})


def line(frames, step=(3.0, 4.0)):
    """Walk straight: 5 pixels a frame."""
    return {frame: (7 + step[0] * frame, 9 + step[1] * frame) for frame in frames}


def random_walk(frames, rng, sigma=1.0):
    places = 200 + rng.normal(scale=sigma, size=(len(frames), 2)).cumsum(axis=0)
    return dict(zip(frames, places.tolist(), strict=True))


def measured(tracks):
    return motility_table(tracks, track_msds(tracks))


def only(tracks):
    (row,) = measured(tracks).to_dict("records")
    return row


def test_a_straight_line_at_constant_speed():
    row = only(track_table({1: line(range(21))}))
    assert (row["first_frame"], row["last_frame"], row["frames_seen"]) == (0, 20, 21)
    assert row["duration_min"] == 200
    assert row["path_length_um"] == pytest.approx(50)
    assert row["net_displacement_um"] == pytest.approx(50)
    assert row["straightness"] == pytest.approx(1)
    assert row["straightness"] <= 1
    assert row["mean_speed_um_per_min"] == pytest.approx(0.25)
    assert row["max_speed_um_per_min"] == pytest.approx(0.25)
    assert row["msd_exponent"] == pytest.approx(2)
    # In 10 minutes 2.5 um: 6.25 / (4 * 10).
    assert row["diffusion_um2_per_min"] == pytest.approx(0.15625)


def test_there_and_back_is_not_straight():
    places = {0: (0.0, 0.0), 1: (6.0, 8.0), 2: (0.0, 0.0), 3: (3.0, 4.0)}
    row = only(track_table({1: places}))
    assert row["path_length_um"] == pytest.approx(12.5)
    assert row["net_displacement_um"] == pytest.approx(2.5)
    assert row["straightness"] == pytest.approx(0.2)
    assert row["mean_speed_um_per_min"] == pytest.approx(12.5 / 30)
    assert row["max_speed_um_per_min"] == pytest.approx(0.5)


def test_a_step_over_a_gap_takes_all_of_its_time():
    row = only(track_table({1: {2: (0.0, 0.0), 3: (2.0, 0.0), 7: (18.0, 0.0)}}))
    assert (row["first_frame"], row["last_frame"], row["frames_seen"]) == (2, 7, 3)
    assert row["duration_min"] == 50
    assert row["path_length_um"] == pytest.approx(9)
    assert row["mean_speed_um_per_min"] == pytest.approx(9 / 50)
    assert row["max_speed_um_per_min"] == pytest.approx(8 / 40)


def test_speeds_use_the_real_time_between_frames():
    times = {0: 0.0, 1: 1.0, 2: 11.0}
    row = only(track_table({1: {0: (0.0, 0.0), 1: (2.0, 0.0), 2: (4.0, 0.0)}}, times))
    assert row["mean_speed_um_per_min"] == pytest.approx(2 / 11)
    assert row["max_speed_um_per_min"] == pytest.approx(1)


def test_a_track_of_one_frame():
    table = track_table({4: {3: (5.0, 5.0)}, 5: line(range(3))}, mothers={4: 1})
    lone = measured(table).set_index("track_id").loc[4]
    assert (lone["first_frame"], lone["last_frame"], lone["frames_seen"]) == (3, 3, 1)
    assert lone["parent_track_id"] == 1
    assert lone["duration_min"] == lone["path_length_um"] == lone["net_displacement_um"] == 0
    blank = ["straightness", "mean_speed_um_per_min", "max_speed_um_per_min", "msd_exponent"]
    assert lone[blank].isna().all()


def test_a_nucleus_that_stands_still_has_speed_0_and_no_exponent():
    row = only(track_table({1: dict.fromkeys(range(40), (1234.567, 2000.1))}))
    assert row["mean_speed_um_per_min"] == row["max_speed_um_per_min"] == 0
    assert np.isnan(row["straightness"])
    assert np.isnan(row["msd_exponent"])
    assert np.isnan(row["diffusion_um2_per_min"])


def test_daughters_keep_their_mother_and_start_anew():
    paths = {1: line(range(3)), 2: line(range(4, 6)), 3: line(range(4, 6))}
    table = measured(track_table(paths, mothers={2: 1, 3: 1}))
    assert table["parent_track_id"].tolist() == [pd.NA, 1, 1]
    assert table["path_length_um"].tolist() == pytest.approx([5, 2.5, 2.5])


@pytest.mark.parametrize(
    ("minutes", "pixel_um", "names"),
    [
        (10.0, PX, ["min", "um", "um_per_min", "um2_per_min"]),
        (10.0, np.nan, ["min", "px", "px_per_frame", "px2_per_frame"]),
        (np.nan, PX, ["frames", "um", "px_per_frame", "px2_per_frame"]),
        (np.nan, np.nan, ["frames", "px", "px_per_frame", "px2_per_frame"]),
        (0.0, PX, ["frames", "um", "px_per_frame", "px2_per_frame"]),
        (-1.0, PX, ["frames", "um", "px_per_frame", "px2_per_frame"]),
    ],
)
def test_names_say_the_unit(minutes, pixel_um, names):
    table = measured(track_table({1: line(range(21))}, minutes, pixel_um))
    time, length, speed, diffusion = names
    assert list(table.columns) == [
        *["scene", "track_id", "parent_track_id", "first_frame", "last_frame", "frames_seen"],
        f"duration_{time}",
        f"path_length_{length}",
        f"net_displacement_{length}",
        "straightness",
        f"mean_speed_{speed}",
        f"max_speed_{speed}",
        f"diffusion_{diffusion}",
        "msd_exponent",
    ]
    assert set(table.columns) <= set(COLUMNS)
    row = table.iloc[0]
    assert row[f"duration_{time}"] == (200 if time == "min" else 20)
    assert row[f"path_length_{length}"] == pytest.approx(50 if length == "um" else 100)
    assert row[f"mean_speed_{speed}"] == pytest.approx(0.25 if speed == "um_per_min" else 5)
    assert row[f"diffusion_{diffusion}"] == pytest.approx(0.15625 if "um" in diffusion else 6.25)


@pytest.mark.parametrize("wrong", [np.nan, 10.0, 5.0])
def test_one_time_that_is_missing_equal_or_back_makes_all_frames(wrong):
    times = {frame: 10.0 * frame for frame in range(21)} | {2: wrong}
    table = measured(track_table({1: line(range(21)), 2: line(range(10, 21))}, times))
    assert "duration_frames" in table
    assert "mean_speed_px_per_frame" in table
    assert "path_length_um" in table


@pytest.mark.parametrize(("late", "unit"), [(0.9, "um2_per_min"), (1.2, "px2_per_frame")])
def test_uneven_intervals_make_lags_frames_and_leave_speeds_in_minutes(late, unit):
    times = {frame: 10.0 * frame + late * (frame > 5) for frame in range(21)}
    tracks = track_table({1: line(range(21))}, times)
    assert f"diffusion_{unit}" in measured(tracks)
    assert "mean_speed_um_per_min" in measured(tracks)
    assert ("lag_min" in track_msds(tracks)) == (unit == "um2_per_min")


def test_intervals_are_even_over_gaps_too():
    frames = [0, 1, 4, 5, 9, 10]
    msds = track_msds(track_table({1: line(frames)}))
    assert msds["lag_min"].tolist() == [10 * lag for lag in msds["lag_frames"]]


def test_not_square_pixels_count_in_micrometres():
    table = track_table({1: line(range(2))})
    table["y_um"] = table["y_px"] * 3
    assert only(table)["path_length_um"] == pytest.approx(np.hypot(1.5, 12))


@pytest.mark.parametrize("fill", [None, "from a file"])
def test_no_tracks_at_all(fill, tmp_path):
    empty = track_table({1: line(range(2))}).iloc[:0]
    if fill:
        empty.to_csv(tmp_path / "t.csv", index=False)
        empty = pd.read_csv(tmp_path / "t.csv")
    msds = track_msds(empty)
    table = motility_table(empty, msds)
    assert len(table) == len(msds) == len(ensemble_msd(msds)) == 0
    assert list(table.columns) == list(measured(track_table({1: line(range(2))})).columns)
    assert len(fit_power_law(ensemble_msd(msds))) == 0


def test_a_table_from_a_file_gives_the_same(tmp_path):
    rng = np.random.default_rng(0)
    paths = {track: random_walk(range(30), rng) for track in (1, 2, 5)}
    tracks = track_table(paths, mothers={5: 1})
    tracks.to_csv(tmp_path / "t.csv", index=False)
    read = pd.read_csv(tmp_path / "t.csv")
    pd.testing.assert_frame_equal(measured(read), measured(tracks))


def test_rows_in_any_order_give_the_same():
    rng = np.random.default_rng(0)
    tracks = track_table({track: random_walk(range(30), rng) for track in (1, 2, 5)})
    shuffled = tracks.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(measured(shuffled), measured(tracks))


# ---- against brute force ----


@st.composite
def some_tracks(draw):
    """Walks on a grid with gaps, of up to 30 frames."""
    paths = {}
    for track in draw(st.lists(st.integers(1, 50), min_size=1, max_size=5, unique=True)):
        frames = draw(st.lists(st.integers(0, 29), min_size=1, max_size=30, unique=True))
        places = st.tuples(st.integers(0, 99), st.integers(0, 99))
        paths[track] = {frame: draw(places) for frame in sorted(frames)}
    return paths


@settings(deadline=None)
@given(some_tracks())
def test_all_measures_are_those_counted_one_by_one(paths):
    table = measured(track_table(paths)).set_index("track_id")
    assert table.index.tolist() == sorted(paths)
    for track, path in paths.items():
        frames, places = list(path), [np.array(place) * PX for place in path.values()]
        steps = [np.hypot(*(b - a)) for a, b in itertools.pairwise(places)]
        times = [10 * (b - a) for a, b in itertools.pairwise(frames)]
        net = np.hypot(*(places[-1] - places[0]))
        row = table.loc[track]
        assert row["frames_seen"] == len(frames)
        assert row["duration_min"] == 10 * (frames[-1] - frames[0])
        assert row["path_length_um"] == pytest.approx(sum(steps))
        assert row["net_displacement_um"] == pytest.approx(net)
        if sum(steps):
            assert row["straightness"] == pytest.approx(net / sum(steps))
            assert 0 <= row["straightness"] <= 1
        else:
            assert pd.isna(row["straightness"])
        if steps:
            assert row["mean_speed_um_per_min"] == pytest.approx(sum(steps) / sum(times))
            fastest = max(step / time for step, time in zip(steps, times, strict=True))
            assert row["max_speed_um_per_min"] == pytest.approx(fastest)
            assert row["max_speed_um_per_min"] >= row["mean_speed_um_per_min"] * (1 - 1e-12)


@settings(deadline=None)
@given(some_tracks())
def test_the_mean_squared_displacement_is_that_of_all_pairs(paths):
    msds = track_msds(track_table(paths))
    longest = max(max(path) - min(path) for path in paths.values())
    most = min(longest, max(4, longest // 4))
    expected, pooled = {}, {}
    for track in sorted(paths):
        path = {frame: np.array(place) * PX for frame, place in paths[track].items()}
        for lag in range(1, most + 1):
            squares = [
                float(np.square(path[frame + lag] - place).sum())
                for frame, place in path.items()
                if frame + lag in path
            ]
            if squares:
                expected[track, lag] = (np.mean(squares), len(squares))
                pooled.setdefault(lag, []).append(squares)
    keys = list(zip(msds["track_id"], msds["lag_frames"], strict=True))
    assert keys == sorted(expected)
    assert msds["msd_um2"].tolist() == pytest.approx([expected[key][0] for key in keys])
    assert msds["pairs"].tolist() == [expected[key][1] for key in keys]
    ensemble = ensemble_msd(msds)
    assert ensemble["lag_frames"].tolist() == sorted(pooled)
    for row in ensemble.itertuples():
        squares = np.concatenate(pooled[row.lag_frames])
        assert row.msd_um2 == pytest.approx(squares.mean())
        assert (row.tracks, row.pairs) == (len(pooled[row.lag_frames]), len(squares))


def test_the_mean_squared_displacement_is_that_of_trackpy():
    motion = pytest.importorskip("trackpy.motion")
    rng = np.random.default_rng(1)
    paths = {track: random_walk(range(40), rng) for track in (1, 2)}
    paths[3] = {frame: place for frame, place in paths[1].items() if frame % 7}
    tracks = track_table(paths)
    theirs = motion.imsd(
        tracks.rename(columns={"track_id": "particle"}).astype({"particle": int}),
        mpp=PX,
        fps=1,
        max_lagtime=9,
        pos_columns=["x_px", "y_px"],
    )
    ours = track_msds(tracks).pivot(index="lag_frames", columns="track_id", values="msd_um2")
    np.testing.assert_allclose(ours.to_numpy(), theirs.to_numpy())


# ---- diffusion ----


@pytest.mark.parametrize("minutes", [1.0, 30.0])
@pytest.mark.parametrize("diffusion", [0.05, 2.0])
def test_random_walks_have_the_diffusion_that_they_were_made_with(minutes, diffusion):
    rng = np.random.default_rng(2)
    sigma = np.sqrt(2 * diffusion * minutes) / PX
    paths = {track: random_walk(range(60), rng, sigma) for track in range(1, 301)}
    tracks = track_table(paths, minutes)
    msds = track_msds(tracks)
    table = motility_table(tracks, msds)
    assert table["diffusion_um2_per_min"].notna().all()
    assert table["diffusion_um2_per_min"].mean() == pytest.approx(diffusion, rel=0.06)
    assert table["msd_exponent"].mean() == pytest.approx(1, abs=0.06)
    fit = fit_power_law(ensemble_msd(msds)).iloc[0]
    assert fit["diffusion"] == pytest.approx(diffusion, rel=0.03)
    assert fit["msd_exponent"] == pytest.approx(1, abs=0.03)


def test_gaps_leave_the_diffusion_as_it_is():
    rng = np.random.default_rng(3)
    paths = {}
    for track in range(1, 301):
        path = random_walk(range(80), rng)
        paths[track] = {frame: path[frame] for frame in path if rng.random() < 0.8}
    fit = fit_power_law(ensemble_msd(track_msds(track_table(paths, np.nan, np.nan)))).iloc[0]
    assert fit["diffusion"] == pytest.approx(0.5, rel=0.03)
    assert fit["msd_exponent"] == pytest.approx(1, abs=0.03)


@given(st.floats(0.01, 100), st.floats(0.1, 2), st.floats(0.1, 60))
def test_a_power_law_is_found_again(diffusion, exponent, interval):
    lags = np.arange(1, 9)
    msd = 4 * diffusion * interval * lags**exponent
    table = pd.DataFrame(
        {"lag_frames": lags, "lag_min": lags * interval, "pairs": 50, "msd_um2": msd}
    )
    fit = fit_power_law(table).iloc[0]
    assert fit["diffusion"] == pytest.approx(diffusion)
    assert fit["msd_exponent"] == pytest.approx(exponent)


def test_lags_of_few_pairs_are_left_out_of_a_fit():
    table = pd.DataFrame({"lag_frames": range(1, 7), "msd_px2": [4.0, 8, 12, 16, 99, 999]})
    table["pairs"] = [50, 40, 30, 10, 9, 1]
    fit = fit_power_law(table).iloc[0]
    assert fit["diffusion"] == pytest.approx(1)
    assert fit["msd_exponent"] == pytest.approx(1)
    assert len(fit_power_law(table.assign(pairs=[50, 40, 30, 9, 9, 1]))) == 0


@pytest.mark.parametrize(("frames", "fitted"), [(16, False), (17, True)])
def test_short_tracks_have_no_fit(frames, fitted):
    row = only(track_table({1: line(range(frames))}))
    assert np.isnan(row["msd_exponent"]) != fitted
    assert np.isnan(row["diffusion_um2_per_min"]) != fitted


def test_a_track_with_more_gaps_than_frames_has_no_fit():
    assert np.isnan(only(track_table({1: line(range(0, 40, 4))}))["msd_exponent"])


def test_a_track_is_fitted_up_to_a_quarter_of_its_own_length():
    """A longer track beside it must not change what is found."""
    rng = np.random.default_rng(4)
    short, long = random_walk(range(20), rng), random_walk(range(100), rng)
    alone = measured(track_table({1: short})).iloc[0]
    beside = measured(track_table({1: short, 2: long})).iloc[0]
    assert alone["msd_exponent"] == beside["msd_exponent"]
    assert alone["diffusion_um2_per_min"] == beside["diffusion_um2_per_min"]


def test_lags_end_at_a_hundred_frames():
    assert track_msds(track_table({1: line(range(1000))}))["lag_frames"].max() == 100


def test_units_of_all_measures_are_told():
    found = motility.units(track_table({1: line(range(3))}))
    assert {name for name, unit in motility.MEASURES.items() if unit} == set(found)
