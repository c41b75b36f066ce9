"""How tracks move: speed, straightness, diffusion, one row per track.

Names of columns end with the unit. Lengths are in micrometres where the picture's scale is known,
durations in minutes where the time is; speeds and diffusion need both, and are in pixels and frames
where one is missing.
"""

import numpy as np
import pandas as pd

# What is known of a track, and the units it may have, the better one first.
MEASURES = {
    "duration": ("min", "frames"),
    "path_length": ("um", "px"),
    "net_displacement": ("um", "px"),
    "straightness": (),
    "mean_speed": ("um_per_min", "px_per_frame"),
    "max_speed": ("um_per_min", "px_per_frame"),
    "diffusion": ("um2_per_min", "px2_per_frame"),
    "msd_exponent": (),
}
_LIFE = ["scene", "track_id", "parent_track_id", "first_frame", "last_frame", "frames_seen"]

# Intervals between frames may differ by so much from their median before lags of equal frames are
# no longer taken for lags of equal time.
_UNEVEN = 0.1

# Mean squared displacements at long lags rest on few independent steps and scatter widely: fits use
# lags up to this part of a track, those that are a mean of so many pairs, and at least so many.
_LONGEST_LAG = 1 / 4
_FEWEST_PAIRS = 10
_FEWEST_LAGS = 4
_MOST_LAGS = 100


def columns_of_measure(measure: str) -> list[str]:
    """List the names that the column of a measure may have, as in `MEASURES`."""
    return [f"{measure}_{unit}" for unit in MEASURES[measure]] or [measure]


# All columns in their order; an image's table has one of each measure.
COLUMNS = _LIFE + [name for measure in MEASURES for name in columns_of_measure(measure)]


def units(tracks: pd.DataFrame) -> dict[str, str]:
    """Find the units in which the tracks of an image can be measured.

    Parameters
    ----------
    tracks
        What `table.track_table` gives.

    Returns
    -------
    dict of str
        The unit of each of `MEASURES` that has one. Time counts as known where every nucleus has
        one and it goes forward with each step of a track. Diffusion is per frame also where the
        intervals between frames differ by more than 10 % from their median, as its lags are numbers
        of frames.
    """
    table = _in_order(tracks)
    scaled = bool(table[["x_um", "y_um"]].notna().all(axis=None))
    intervals = _intervals(table)
    timed = bool(np.isfinite(table["time_s"]).all() and (intervals > 0).all())
    even = timed and bool(((intervals / intervals.median() - 1).abs() <= _UNEVEN).all())
    speed, diffusion = scaled and timed, scaled and even
    best = {"duration": timed, "path_length": scaled, "net_displacement": scaled}
    best |= {"mean_speed": speed, "max_speed": speed, "diffusion": diffusion}
    return {measure: MEASURES[measure][0 if known else 1] for measure, known in best.items()}


def motility_table(tracks: pd.DataFrame, msds: pd.DataFrame) -> pd.DataFrame:
    """Measure how each track of an image moves.

    Parameters
    ----------
    tracks
        What `table.track_table` gives.
    msds
        What `track_msds` gives for it.

    Returns
    -------
    pandas.DataFrame
        One row per track: ``scene, track_id, parent_track_id, first_frame, last_frame,
        frames_seen``, then a column for each of `MEASURES`:

        - ``duration``: from the first frame to the last; ``path_length``: of all steps together;
          ``net_displacement``: from the first place to the last; ``straightness``: net displacement
          per path, blank where there is no path.
        - ``mean_speed``: path per duration; ``max_speed``: of the fastest step. Where frames are
          missing, a step is the straight line over the gap and takes all of its time. Blank for
          tracks of one frame.
        - ``diffusion`` and ``msd_exponent``: what `fit_power_law` finds at lags up to a quarter of
          the track, so only for tracks that go over 17 frames or more.
    """
    unit = units(tracks)
    length, time = unit["path_length"], unit["duration"]
    table = _in_order(tracks)
    first = table.drop_duplicates("track_id").set_index("track_id")
    last = table.drop_duplicates("track_id", keep="last").set_index("track_id")
    steps = _steps(table)
    walked = steps.groupby("track_id")[["um", "px", "min", "frames"]].sum()
    path = walked[length].reindex(first.index, fill_value=0)
    net = _distance(last, first, length)
    way, taken = ("um", "min") if unit["mean_speed"] == "um_per_min" else ("px", "frames")
    spans = last["frame"] - first["frame"]
    fits = fit_power_law(msds[msds["lag_frames"] <= msds["track_id"].map(spans) * _LONGEST_LAG])
    measured = {
        "duration": walked[time].reindex(first.index, fill_value=0),
        "path_length": path,
        "net_displacement": net,
        # A sum of steps along a line may come out less than the line by rounding.
        "straightness": (net / path.where(path > 0)).clip(upper=1),
        "mean_speed": walked[way] / walked[taken],
        "max_speed": (steps[way] / steps[taken]).groupby(steps["track_id"]).max(),
        "diffusion": fits["diffusion"],
        "msd_exponent": fits["msd_exponent"],
    }
    life = {
        "scene": first["scene"],
        "parent_track_id": first["parent_track_id"],
        "first_frame": first["frame"],
        "last_frame": last["frame"],
        "frames_seen": table.groupby("track_id").size(),
    }
    names = {name: f"{name}_{unit[name]}" if name in unit else name for name in MEASURES}
    found = pd.DataFrame(life | {names[key]: value for key, value in measured.items()}, first.index)
    return found.reset_index()[[*_LIFE, *names.values()]]


def track_msds(tracks: pd.DataFrame) -> pd.DataFrame:
    """Compute the mean squared displacement of each track at each lag.

    Of each track, the mean over all pairs of places that are so many frames apart: pairs overlap,
    and where frames are missing there are fewer.

    Parameters
    ----------
    tracks
        What `table.track_table` gives.

    Returns
    -------
    pandas.DataFrame
        ``track_id, lag_frames, pairs`` (how many the mean is of), and ``lag_min, msd_um2`` where
        diffusion can be measured in these units, else ``msd_px2``. Lags go up to a quarter of the
        longest track, and at least to 4 and at most to 100 frames. A lag in minutes is that in
        frames times the median interval. Sorted by track and lag; lags without pairs have no row.

    Notes
    -----
    trackpy.motion.imsd gives the same numbers. It takes a millisecond per track, and because it
    works with Fourier transforms, nuclei that stand still have an MSD that is not quite 0 and may
    be negative.
    """
    table = _in_order(tracks)
    in_um = units(tracks)["diffusion"] == "um2_per_min"
    ids, owner = np.unique(table["track_id"].to_numpy(), return_inverse=True)
    start = table.groupby("track_id")["frame"].transform("first")
    since = (table["frame"] - start).to_numpy()
    spans = np.zeros(len(ids), np.int64)
    np.maximum.at(spans, owner, since)
    # All frames of all tracks one behind the other: a shift by a lag pairs all places at once.
    ends = np.cumsum(spans + 1)
    places = np.full((int(ends[-1]) if len(ends) else 0, 2), np.nan)
    columns = ["x_um", "y_um"] if in_um else ["x_px", "y_px"]
    places[(ends - spans - 1)[owner] + since] = table[columns]
    track = np.repeat(np.arange(len(ids)), spans + 1)
    parts = []
    longest = int(spans.max(initial=0))
    for lag in range(
        1, min(longest, max(_FEWEST_LAGS, int(longest * _LONGEST_LAG)), _MOST_LAGS) + 1
    ):
        squares = np.square(places[lag:] - places[:-lag]).sum(axis=1)
        paired = (track[lag:] == track[:-lag]) & np.isfinite(squares)
        pairs = np.bincount(track[lag:][paired], minlength=len(ids))
        sums = np.bincount(track[lag:][paired], squares[paired], minlength=len(ids))
        seen = np.flatnonzero(pairs)
        parts.append((ids[seen], np.full(len(seen), lag), pairs[seen], sums[seen] / pairs[seen]))
    arrays = [np.concatenate(part) for part in zip(*parts, strict=True)] or [np.empty(0)] * 4
    msds = pd.DataFrame(dict(zip(["track_id", "lag_frames", "pairs", "msd"], arrays, strict=True)))
    msds = msds.astype({"track_id": "int64", "lag_frames": "int64", "pairs": "int64"})
    if in_um:
        msds.insert(2, "lag_min", msds["lag_frames"] * _intervals(table).median())
    msds = msds.rename(columns={"msd": "msd_um2" if in_um else "msd_px2"})
    return msds.sort_values(["track_id", "lag_frames"], ignore_index=True)


def ensemble_msd(msds: pd.DataFrame) -> pd.DataFrame:
    """Compute the mean squared displacement of all tracks of an image together.

    Parameters
    ----------
    msds
        What `track_msds` gives.

    Returns
    -------
    pandas.DataFrame
        A row per lag, the mean over all pairs of all tracks, so long tracks count more: ``tracks``
        and ``pairs`` (how many it is of), and the columns of `msds` for lag and MSD.
    """
    lag, msd = lag_and_msd(msds)
    keys = list(dict.fromkeys(["lag_frames", lag]))
    groups = msds.assign(**{msd: msds[msd] * msds["pairs"]}).groupby(keys)
    table = groups.agg(
        **{"tracks": ("track_id", "size"), "pairs": ("pairs", "sum"), msd: (msd, "sum")}
    )
    return table.assign(**{msd: table[msd] / table["pairs"]}).reset_index()


def fit_power_law(msds: pd.DataFrame) -> pd.DataFrame:
    """Fit a power law to mean squared displacements by a line through the logarithms.

    In two dimensions MSD = 4 D t (t / T)^(a - 1), where T is the interval between frames. An
    exponent a of 1 is a random walk with the diffusion coefficient D, 2 a straight way at constant
    speed, less than 1 a confined walk. Where a is not 1, D is the one that the steps from frame to
    frame look like. An error in the nuclei's places raises the MSD at all lags alike and so
    lowers a.

    Parameters
    ----------
    msds
        What `track_msds` or `ensemble_msd` gives. Lags with fewer than 10 pairs are left out.

    Returns
    -------
    pandas.DataFrame
        ``diffusion`` and ``msd_exponent``, a row per track with at least 4 lags whose nucleus moves
        (under its ``track_id``; all tracks together are one with the id 0).

    Notes
    -----
    The law is often written MSD = 4 D' t^a, with D' = D T^(1 - a) in um2 / min^a. That is the line
    at one minute, far from all lags if frames are half an hour apart: over random walks of 60 such
    frames, all with D = 0.5, the mean of D' is 0.73 and that of D 0.51.
    """
    lag, msd = lag_and_msd(msds)
    interval = (msds[lag] / msds["lag_frames"]).median()
    msds = msds[msds["pairs"] >= _FEWEST_PAIRS]
    track = msds["track_id"] if "track_id" in msds else pd.Series(0, msds.index, name="track_id")
    by_track = msds.groupby(track)[msd]
    enough = (by_track.transform("size") >= _FEWEST_LAGS) & (by_track.transform("min") > 0)
    msds, track = msds[enough], track[enough]
    x, y = np.log(msds["lag_frames"]), np.log(msds[msd])
    x_mean, y_mean = x.groupby(track).mean(), y.groupby(track).mean()
    dx = x - track.map(x_mean)
    exponent = (dx * y).groupby(track).sum() / (dx * dx).groupby(track).sum()
    at_one_frame = np.exp(y_mean - exponent * x_mean)
    return pd.DataFrame({"diffusion": at_one_frame / (4 * interval), "msd_exponent": exponent})


def lag_and_msd(msds: pd.DataFrame) -> tuple[str, str]:
    """Name the columns of lag and MSD of one image: in minutes and um2, or frames and px2."""
    return ("lag_min", "msd_um2") if "msd_um2" in msds else ("lag_frames", "msd_px2")


def _in_order(tracks: pd.DataFrame) -> pd.DataFrame:
    """Sort by track and frame; tables without rows get the types of others."""
    whole = {"track_id": "int64", "parent_track_id": "Int64", "frame": "int64"}
    real = dict.fromkeys(["time_s", "x_px", "y_px", "x_um", "y_um"], "float64")
    return tracks.astype(whole | real).sort_values(["track_id", "frame"], ignore_index=True)


def _steps(table: pd.DataFrame) -> pd.DataFrame:
    """Give each step from a nucleus to the next of its track: ``track_id, um, px, min, frames``."""
    before, after = table.iloc[:-1].reset_index(drop=True), table.iloc[1:].reset_index(drop=True)
    steps = pd.DataFrame(
        {
            "track_id": after["track_id"],
            "um": _distance(after, before, "um"),
            "px": _distance(after, before, "px"),
            "min": (after["time_s"] - before["time_s"]) / 60,
            "frames": after["frame"] - before["frame"],
        }
    )
    return steps[before["track_id"] == after["track_id"]]


def _intervals(table: pd.DataFrame) -> pd.Series:
    """Give the minutes per frame of each step."""
    steps = _steps(table)
    return steps["min"] / steps["frames"]


def _distance(one: pd.DataFrame, other: pd.DataFrame, unit: str) -> pd.Series:
    along_x, along_y = (one[f"{axis}_{unit}"] - other[f"{axis}_{unit}"] for axis in "xy")
    return pd.Series(np.hypot(along_x, along_y))
