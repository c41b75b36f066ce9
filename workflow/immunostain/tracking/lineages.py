"""Which nucleus follows which: links within tracks, and from mothers to daughters."""

import numpy as np
import pandas as pd


def nuclei_with_track(linked: pd.DataFrame) -> pd.DataFrame:
    """Give the nuclei that have a track, sorted by track and frame, rows counted from 0.

    Parameters
    ----------
    linked
        One row per nucleus of one scene, as `link.link_nuclei` gives them.
    """
    known = linked[linked["track_id"].notna()]
    return known.sort_values(["track_id", "frame"], ignore_index=True)


def first_rows(nuclei: pd.DataFrame) -> np.ndarray:
    """Find the row in which each track begins.

    Parameters
    ----------
    nuclei
        What `nuclei_with_track` gives.

    Returns
    -------
    numpy.ndarray
        (tracks,) int64, in the order of the tracks' ids.
    """
    track = nuclei["track_id"].to_numpy(np.int64)
    return np.flatnonzero(np.diff(track, prepend=track[:1] - 1))


def mothers(nuclei: pd.DataFrame) -> dict[int, int]:
    """Give the mother's track of each track that has one.

    A mother that is not among the tracks of `nuclei` (what `nuclei_with_track` gives) is none.
    """
    begins = nuclei.iloc[first_rows(nuclei)]
    tracks = set(begins["track_id"])
    pairs = zip(begins["track_id"], begins["parent_track_id"], strict=True)
    return {int(track): int(mother) for track, mother in pairs if mother in tracks}


def links(nuclei: pd.DataFrame) -> np.ndarray:
    """List the pairs of nuclei of which the second follows the first.

    Within a track each nucleus is followed by the next one, across gaps too; a mother's last
    nucleus is followed by the first of each of her daughters.

    Parameters
    ----------
    nuclei
        What `nuclei_with_track` gives.

    Returns
    -------
    numpy.ndarray
        (links, 2) int64, row numbers, sorted.
    """
    first = first_rows(nuclei)
    last = np.append(first[1:], len(nuclei))[: len(first)] - 1
    tracks = nuclei["track_id"].to_numpy(np.int64)[first].tolist()
    row = {track: index for index, track in enumerate(tracks)}
    within = np.setdiff1d(np.arange(len(nuclei)), first)
    across = [(last[row[mother]], first[row[track]]) for track, mother in mothers(nuclei).items()]
    pairs = np.concatenate(
        [np.stack([within - 1, within], axis=1), np.array(across, np.int64).reshape(-1, 2)]
    )
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def lineages(nuclei: pd.DataFrame) -> np.ndarray:
    """Give each nucleus the track from which its own descends: its own, where that has no mother.

    Parameters
    ----------
    nuclei
        What `nuclei_with_track` gives.

    Returns
    -------
    numpy.ndarray
        (nuclei,) int64.
    """
    mother = mothers(nuclei)
    founders = {}
    for track in nuclei["track_id"].iloc[first_rows(nuclei)]:
        founder = int(track)
        while founder in mother:
            founder = mother[founder]
        founders[int(track)] = founder
    return nuclei["track_id"].map(founders).to_numpy(np.int64)


def frame_interval(nuclei: pd.DataFrame) -> float | None:
    """Give the mean time from one frame to the next in seconds, from the nuclei of one scene.

    Returns
    -------
    float or None
        None where a time is missing, where time doesn't run forward, or where there are fewer
        than two frames.
    """
    times = nuclei.groupby("frame")["time_s"].first()
    if len(times) < 2 or not runs_forward(nuclei):
        return None
    return float((times.iloc[-1] - times.iloc[0]) / (times.index[-1] - times.index[0]))


def runs_forward(nuclei: pd.DataFrame) -> bool:
    """See if every nucleus has a time and each frame is later than those before it.

    Damaged files have times that are missing, that stand still or that run backward.
    """
    times = nuclei.groupby("frame")["time_s"].first().to_numpy(float)
    return bool(np.isfinite(times).all() and (np.diff(times) > 0).all())
