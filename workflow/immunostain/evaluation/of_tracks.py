"""How good tracks are, by the ground truth of the Cell Tracking Challenge and its own measures."""

import contextlib
import io
import logging
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import trackpy
from ctc_metrics.scripts.evaluate import evaluate_sequence
from laptrack import LapTrack

from immunostain.exports.ctc import write_ctc
from immunostain.shared.errors import SettingsError
from immunostain.tracking.frame_links import estimate_search_range
from immunostain.tracking.settings import LinkingSettings

trackpy.quiet()

MEASURES = {
    "DET": "detection",
    "SEG": "segmentation",
    "TRA": "tracking",
    "LNK": "linking",
    "CT": "complete tracks",
    "BC(1)": "divisions, at most one frame off",
}


def by_trackpy(nuclei: pd.DataFrame, search_range: float, memory: int) -> pd.DataFrame:
    """Link nuclei by trackpy alone: places, and a memory for those that are missing.

    Parameters and what is returned are as for `link.link_nuclei`; of one scene, and the search
    range is in pixels.
    """
    linked = trackpy.link(
        nuclei.sort_values("frame", kind="stable"),
        search_range,
        pos_columns=["x_px", "y_px"],
        memory=memory,
        adaptive_stop=0.05 * search_range,
        adaptive_step=0.9,
    )
    return nuclei.assign(
        track_id=linked["particle"].astype("Int64") + 1,
        parent_track_id=pd.array([pd.NA] * len(nuclei), dtype="Int64"),
    )


def by_laptrack(nuclei: pd.DataFrame, search_range: float, memory: int) -> pd.DataFrame:
    """Link nuclei by LapTrack: places, gaps and splits by the same search range.

    Parameters and what is returned are as for `by_trackpy`.
    """
    cutoff = search_range**2
    tracker = LapTrack(
        cutoff=cutoff,
        gap_closing_cutoff=cutoff,
        gap_closing_max_frame_count=memory + 1,
        splitting_cutoff=cutoff,
    )
    points = nuclei.reset_index(drop=True)[["frame", "x_px", "y_px"]]
    tracks, splits, _ = tracker.predict_dataframe(
        points.assign(row=points.index), ["x_px", "y_px"], only_coordinate_cols=False
    )
    row, number = tracks["row"].to_numpy(), tracks["track_id"].to_numpy() + 1
    track = np.zeros(len(nuclei), int)
    track[row] = number
    parents = pd.Series(dtype="Int64")
    if len(splits):
        parents = splits.set_index("child_track_id")["parent_track_id"].astype("Int64") + 1
    linked = nuclei.assign(track_id=pd.array(track, dtype="Int64"))
    return linked.assign(parent_track_id=(linked["track_id"] - 1).map(parents).astype("Int64"))


def nuclei_with_tracks(nuclei_files: Sequence[str], track_file: str) -> pd.DataFrame:
    """Put together the nuclei of an image and their tracks, as `link.link_nuclei` gives them.

    Parameters
    ----------
    nuclei_files
        The tables of nuclei of all chunks, as `measure_chunk.write_chunk` writes them.
    track_file
        The table of the image's tracks; a nucleus that isn't in it has none.
    """
    keys = ["scene", "frame", "nucleus_id"]
    nuclei = pd.concat(map(pd.read_csv, nuclei_files), ignore_index=True)
    tracks = pd.read_csv(track_file)[[*keys, "track_id", "parent_track_id"]]
    whole = {"track_id": "Int64", "parent_track_id": "Int64"}
    return nuclei.merge(tracks.astype(whole), "left", on=keys)


def score_trackers(
    truth: str | Path,
    linked: pd.DataFrame,
    settings: LinkingSettings,
    frames: int,
    shape: tuple[int, int],
    read: Callable[[int], np.ndarray | None],
) -> pd.DataFrame:
    """Score tracks, and those that plain trackpy and LapTrack make of the same nuclei.

    Parameters
    ----------
    truth
        A folder of ground truth of the Cell Tracking Challenge (``01_GT``), with ``TRA`` and
        ``SEG`` in it.
    linked
        The nuclei of one scene with their tracks, as `link.link_nuclei` gives them.
    settings
        For the other two methods, which look for divisions in any case or never.
    frames, shape, read
        Of the label images, see `label_stack.track_masks`.

    Returns
    -------
    pandas.DataFrame
        A row per method, columns `MEASURES`; missing where a measure is not defined.

    Raises
    ------
    SettingsError
        No nuclei were found, or the ground truth is none, or of another sequence.

    Notes
    -----
    By py-ctcmetrics; DET, SEG, TRA: V. Ulman et al., Nat. Methods 14 (2017) 1141-1152; LNK, CT, BC:
    see celltrackingchallenge.net.
    """
    if linked.empty:
        raise SettingsError("no nuclei were found in this image, so there are no tracks to judge")
    nuclei = linked.drop(columns=["track_id", "parent_track_id"])
    search_range, memory = settings.search_range_px, settings.memory_frames
    if search_range is None:
        search_range = estimate_search_range(nuclei)
    methods = {
        "immunostain": linked,
        "trackpy": by_trackpy(nuclei, search_range, memory),
        "LapTrack": by_laptrack(nuclei, search_range, memory),
    }
    rows = {}
    with tempfile.TemporaryDirectory() as place:
        for name, tracks in methods.items():
            folder = Path(place) / name
            write_ctc(folder, tracks, frames, shape, read)
            rows[name] = score_folder(folder, truth)
    return pd.DataFrame(rows).T.reindex(columns=list(MEASURES))


def score_folder(result: str | Path, truth: str | Path) -> dict[str, float]:
    """Score a folder of results (``mask000.tif``, ``res_track.txt``) against a ground truth.

    Raises
    ------
    SettingsError
        The ground truth is none, or of another sequence, or the results break the challenge's
        rules.
    """
    if not (Path(truth) / "TRA" / "man_track.txt").is_file():
        raise SettingsError(
            f'evaluation.tracking_truth: "{truth}" has no TRA/man_track.txt; give the folder of '
            "ground truth of a sequence of the Cell Tracking Challenge, such as 01_GT"
        )
    asked = ["Valid", "DET", "TRA", "LNK", "CT", "BC"]
    if any((Path(truth) / "SEG").glob("man_seg*.tif")):
        asked.append("SEG")
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            found = evaluate_sequence(str(result), str(truth), asked, threads=1)
    except Exception as error:  # what doesn't fit together can raise anything
        raise SettingsError(
            f'evaluation.tracking_truth: "{truth}" is not of the images that were analysed: {error}'
        ) from error
    finally:
        logging.getLogger("immunostain").info("%s", said.getvalue().strip())
    if not found["Valid"]:
        raise SettingsError(f"{result} breaks the rules of the Cell Tracking Challenge")
    return {
        measure: float(value) for measure in MEASURES if (value := found.get(measure)) is not None
    }


def scores_as_text(table: pd.DataFrame) -> str:
    """Write what `score_trackers` gives for people."""
    width = max(map(len, table.index))
    lines = [" " * width + "".join(f"{name:>9}" for name in table)]
    for method, row in table.iterrows():
        values = ("-" if np.isnan(value) else f"{value:.4f}" for value in row)
        lines.append(f"{method:{width}}" + "".join(f"{value:>9}" for value in values))
    lines += ["", "1 is best. " + "; ".join(f"{k}: {v}" for k, v in MEASURES.items()) + "."]
    return "\n".join(["", *lines, ""])
