"""Following the nuclei of real and simulated timelapses whose tracks are known.

From perfect detections, so that only links count.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile
from czi_files import ROOT
from tracked_scenes import label_image, scene, shape_of

from immunostain.evaluation.of_tracks import score_folder
from immunostain.exports.ctc import ctc_tracks, write_ctc
from immunostain.images.runs import runs_of
from immunostain.measuring.shapes import centres
from immunostain.measuring.stains import sum_per_label
from immunostain.tracking.link import link_nuclei
from immunostain.tracking.settings import LinkingSettings

REAL = ROOT.parent / "shared" / "data" / "tracking"
needs_truth = pytest.mark.skipif(
    not REAL.is_dir(), reason="sequences with known tracks (../shared/data/tracking) are not there"
)


def perfect_detections(sequence: Path) -> pd.DataFrame:
    """Measure the nuclei of the true masks, in each frame in an order of no meaning."""
    rng = np.random.default_rng(0)
    parts = []
    for path in sorted((sequence / "01_GT" / "TRA").glob("man_track*.tif")):
        frame = path.stem.removeprefix("man_track")
        mask = tifffile.imread(path)
        true, labels = np.unique(mask, return_inverse=True)
        labels = labels.reshape(mask.shape)
        nuclei = runs_of(labels)
        area, x, y = centres(nuclei)
        light = tifffile.imread(sequence / "01" / f"t{frame}.tif")
        part = pd.DataFrame({"true": true[1:], "x_px": x, "y_px": y, "area_px": area})
        part["stain_mean"] = sum_per_label(nuclei, light)[1:] / area
        part = part.assign(scene=0, frame=int(frame)).iloc[rng.permutation(len(part))]
        parts.append(part.assign(nucleus_id=range(len(part))))
    return pd.concat(parts, ignore_index=True)


def true_tracks(sequence: Path, nuclei: pd.DataFrame) -> pd.DataFrame:
    """Give nuclei their true tracks and mothers."""
    lines = np.loadtxt(sequence / "01_GT" / "TRA" / "man_track.txt", dtype=int)
    mothers = {label: mother for label, _, _, mother in lines.tolist() if mother}
    return nuclei.assign(
        track_id=nuclei["true"].astype("Int64"),
        parent_track_id=nuclei["true"].map(mothers).astype("Int64"),
    )


def edges(linked: pd.DataFrame) -> tuple[set, set]:
    """List links within tracks and to mothers, as (frame, nucleus_id) of both ends.

    As the challenge has them, a track goes on after a gap as the only daughter of the part before.
    """
    labelled, lines = ctc_tracks(linked)
    labelled = labelled.sort_values("frame")
    ends = {
        label: list(zip(rows["frame"], rows["nucleus_id"], strict=True))
        for label, rows in labelled.groupby("track_id")
    }
    within = {pair for nodes in ends.values() for pair in pairwise(nodes)}
    mothers = lines[lines["parent"] > 0]
    return within, {
        (ends[mother][-1], ends[label][0])
        for label, mother in zip(mothers["label"], mothers["parent"], strict=True)
    }


def linking(linked: pd.DataFrame, truth: pd.DataFrame) -> float:
    """Score links by LNK of the Cell Tracking Challenge, where all nuclei were found."""
    (within, across), (true_within, true_across) = edges(linked), edges(truth)
    found, true = within | across, true_within | true_across
    wrong_kind = len(within & true_across) + len(across & true_within)
    cost = 1.5 * len(true - found) + len(found - true) + wrong_kind
    return 1 - min(1.0, cost / (1.5 * len(true)))


def divisions(linked: pd.DataFrame) -> list[tuple]:
    """Give each mother's nuclei by frame and those of her two daughters."""
    known = linked.dropna(subset=["parent_track_id"])
    paths = {
        track: dict(zip(rows["frame"], rows["nucleus_id"], strict=True))
        for track, rows in linked.groupby("track_id")
    }
    families = known.groupby("parent_track_id")["track_id"].unique()
    return [
        (paths[mother], [paths[track] for track in daughters])
        for mother, daughters in families.items()
        if len(daughters) == 2
    ]


def is_same_division(one: tuple, other: tuple) -> bool:
    """See if mothers end and daughters begin at most a frame apart, and are the same nuclei."""
    (mother, daughters), (true_mother, true_daughters) = one, other
    if abs(max(mother) - max(true_mother)) > 1:
        return False
    last = min(max(mother), max(true_mother))
    if mother.get(last, -1) != true_mother.get(last, -2):
        return False

    def is_same(daughter: dict, true: dict) -> bool:
        first = max(min(daughter), min(true))
        return abs(min(daughter) - min(true)) <= 1 and daughter.get(first, -1) == true.get(
            first, -2
        )

    return all(any(is_same(each, true) for each in daughters) for true in true_daughters)


def branching(linked: pd.DataFrame, truth: pd.DataFrame) -> float:
    """Score divisions by BC(1) of the Cell Tracking Challenge, where all nuclei were found."""
    found, true = divisions(linked), divisions(truth)
    right = sum(any(is_same_division(each, other) for each in found) for other in true)
    return 2 * right / (len(found) + len(true))


@needs_truth
@pytest.mark.parametrize(
    ("name", "least_linking", "least_branching"),
    [("Fluo-N2DH-SIM+", 0.997, 0.93), ("Fluo-N2DH-GOWT1", 0.999, None)],
)
def test_nuclei_are_followed_as_they_truly_move(name, least_linking, least_branching):
    nuclei = perfect_detections(REAL / name)
    truth = true_tracks(REAL / name, nuclei)
    assert linking(truth, truth) == 1
    linked = link_nuclei(nuclei, LinkingSettings(None, 2), "stain_mean")
    assert linking(linked, truth) >= least_linking
    if least_branching:
        assert branching(truth, truth) == 1
        assert branching(linked, truth) >= least_branching


# ---- the scores used above ----

TRUTH = scene(
    {1: range(8), 2: range(8), 3: range(3), 4: range(3, 8), 5: range(3, 8), 6: [0, 1, 4, 5]}
    | {7: range(4), 8: range(4, 8), 9: range(4, 8)},
    {4: 3, 5: 3, 8: 7, 9: 7},
)


def with_tracks(change) -> pd.DataFrame:
    """Change the track and the mother of each nucleus; `change` gets the frame too."""
    true = TRUTH.astype({"parent_track_id": object}).replace({pd.NA: None})
    rows = [change(row.frame, row.track_id, row.parent_track_id) for row in true.itertuples()]
    track, mother = (pd.array(list(part), dtype="Int64") for part in zip(*rows, strict=True))
    return TRUTH.assign(track_id=track, parent_track_id=mother)


def wrong_link(frame, track, mother):
    swapped = {1: 2, 2: 1}.get(track, track) if frame >= 5 else track
    return swapped, mother


def missed_division(frame, track, mother):
    return (3, None) if track == 4 else (track, None if track == 5 else mother)


def late_division(frame, track, mother, late=1):
    """One daughter is at first taken for her mother, and the other for a nucleus of its own."""
    if frame < 4 + late and track in (8, 9):
        return (7, None) if track == 8 else (12, None)
    return track, mother


def two_frames_late(frame, track, mother):
    return late_division(frame, track, mother, 2)


def false_division(frame, track, mother):
    if track == 1 and frame >= 4:
        return 10, 1
    return (2, 1) if track == 2 and frame >= 4 else ((11, None) if track == 2 else (track, mother))


CHANGES = [wrong_link, missed_division, late_division, two_frames_late, false_division]


def as_it_is(frame, track, mother):
    return track, mother


def wrong_link_and_missed_division(frame, track, mother):
    return missed_division(frame, *wrong_link(frame, track, mother))


@pytest.mark.parametrize("change", [as_it_is, *CHANGES, wrong_link_and_missed_division])
def test_the_scores_are_those_of_the_challenge(tmp_path, change):
    linked = with_tracks(change)
    shape = shape_of(TRUTH)
    for name, table in (("RES", linked), ("GT", TRUTH)):
        write_ctc(tmp_path / name, table, 8, shape, lambda frame: label_image(TRUTH, frame))
    (tmp_path / "GT").rename(tmp_path / "TRA")
    (tmp_path / "TRA" / "res_track.txt").rename(tmp_path / "TRA" / "man_track.txt")
    for mask in (tmp_path / "TRA").glob("mask*.tif"):
        mask.rename(mask.with_name(f"man_track{mask.stem.removeprefix('mask')}.tif"))
    scores = score_folder(tmp_path / "RES", tmp_path)
    assert scores["DET"] == 1
    assert linking(linked, TRUTH) == pytest.approx(scores["LNK"])
    assert branching(linked, TRUTH) == pytest.approx(scores["BC(1)"], abs=1e-3)
    assert change is as_it_is or scores["LNK"] < 1
