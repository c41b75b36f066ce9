"""Tracks as the Cell Tracking Challenge exchanges them: a folder of masks and a table of tracks."""

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd

from immunostain.exports.label_stack import track_masks
from immunostain.shared.errors import ImageError
from immunostain.shared.files import whole_folder
from immunostain.shared.tiff import write_tiff
from immunostain.tracking.lineages import first_rows, mothers, nuclei_with_track

# Masks have 16 bits.
_MOST = 65535


def write_ctc(
    folder: Path,
    linked: pd.DataFrame,
    frames: int,
    shape: tuple[int, int],
    read: Callable[[int], np.ndarray | None],
) -> None:
    """Write the tracks of a scene as the Cell Tracking Challenge wants results.

    The folder holds ``mask000.tif`` and so on, (Y, X) uint16 with the track's label as pixel value,
    one for each frame from 0 on, and ``res_track.txt`` with a line ``L B E P`` per track: its
    label, its first and its last frame, and its mother's label or 0. A frame without nuclei, or
    one that the file lacks, is an empty mask. How labels follow from track ids, `ctc_tracks` says.

    Parameters
    ----------
    folder
        Where they go; an old folder is replaced.
    linked
        The nuclei of one scene, as `link.link_nuclei` gives them.
    frames, shape, read
        As for `label_stack.track_masks`.

    Raises
    ------
    ImageError
        There are more tracks than 16 bits can number.

    Notes
    -----
    The format: V. Ulman et al., An objective comparison of cell-tracking algorithms, Nat. Methods
    14, 1141 (2017), and "Naming and file content conventions" on celltrackingchallenge.net.
    """
    labelled, lines = ctc_tracks(linked)
    digits = max(3, len(str(frames - 1)))
    with whole_folder(folder) as partial:
        for frame, mask in enumerate(track_masks(labelled, frames, shape, read)):
            write_tiff(partial / f"mask{frame:0{digits}d}.tif", mask.astype(np.uint16))
        rows = "".join(f"{' '.join(map(str, row))}\n" for row in lines.to_numpy().tolist())
        (partial / "res_track.txt").write_text(rows, encoding="utf-8")


def ctc_tracks(linked: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Turn tracks into those of the challenge, which have no gaps and numbers of 16 bits.

    A track keeps its id as its label. Where it has a gap, the part before keeps it, and each part
    after gets a label that no track has and the part before as its mother: a nucleus followed by
    just one daughter says there that it was lost for a while. Daughters descend from their mother's
    last part; they may begin later than the frame after her end. A track whose id is more than
    65535, as happens where an image has many scenes, gets a label that no track has too.

    Parameters
    ----------
    linked
        The nuclei of one scene, as `link.link_nuclei` gives them.

    Returns
    -------
    labelled : pandas.DataFrame
        The nuclei that have a track, with their labels as ``track_id``.
    lines : pandas.DataFrame
        ``label, begin, end, parent`` (frames, 0 for no parent), int64, sorted by label.

    Raises
    ------
    ImageError
        There are more than 65535 tracks, parts counted each.
    """
    nuclei = nuclei_with_track(linked)
    track, frame = (nuclei[name].to_numpy(np.int64) for name in ("track_id", "frame"))
    begins_track = np.zeros(len(nuclei), bool)
    begins_track[first_rows(nuclei)] = True
    first = np.flatnonzero(begins_track | (np.diff(frame, prepend=0) != 1))
    if len(first) > _MOST:
        raise ImageError(
            f"there are {len(first)} tracks, gaps counted, and the format of the Cell Tracking "
            f"Challenge holds at most {_MOST}; leave this export out, or raise minimum_area"
        )
    last = np.append(first[1:], len(nuclei))[: len(first)] - 1
    own, begins = track[first], begins_track[first]
    unused = _unused(set(own.tolist()))
    keeps_id = begins & (own <= _MOST)
    labels = np.array([own[n] if keeps_id[n] else next(unused) for n in range(len(own))], np.int64)
    last_label = dict(zip(own.tolist(), labels.tolist(), strict=True))  # the last part's stays
    mother = {daughter: last_label[other] for daughter, other in mothers(nuclei).items()}
    parents = np.where(begins, [mother.get(each, 0) for each in own.tolist()], np.roll(labels, 1))
    lines = pd.DataFrame(
        {"label": labels, "begin": frame[first], "end": frame[last], "parent": parents},
        dtype=np.int64,
    ).sort_values("label", ignore_index=True)
    return nuclei.assign(track_id=np.repeat(labels, last - first + 1)), lines


def _unused(taken: set[int]) -> Iterator[int]:
    """Give labels that no track has, those behind the last track first."""
    begin = max((number for number in taken if number <= _MOST), default=0) + 1
    numbers = chain(range(begin, _MOST + 1), range(1, begin))
    return (number for number in numbers if number not in taken)
