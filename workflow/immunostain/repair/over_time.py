"""Repairing the nuclei of a scene by what is seen of them before and after."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from immunostain.nuclei.evidence import Evidence
from immunostain.nuclei.label_frames import Repaired
from immunostain.repair.lines import Repair, follow_pieces
from immunostain.repair.linking import link_pieces
from immunostain.repair.mend import cut_apart, joined
from immunostain.repair.pieces import Piece, painted, pieces_of
from immunostain.repair.search import look_for

JOINED, FOUND, CUT = range(3)


def repair_scene(
    scene: int,
    numbers: Sequence[int],
    labels: Iterable[np.ndarray],
    evidence: Callable[[int], Evidence],
) -> Iterator[Repaired]:
    """Repair the label images of a scene's frames.

    Label images are asked for one after the other and given back the same way; in between only the
    pixels of nuclei are kept, packed.

    Parameters
    ----------
    scene
        Its number, for the log.
    numbers
        Those of its frames, in order of time.
    labels
        Their label images, (Y, X) uint32 with labels 1..n, of nuclei at the edge too.
    evidence
        Gives that of a frame by its number.

    Yields
    ------
    Repaired
        For each frame. One without repairs is as it was.

    Notes
    -----
    Forward in time first, then backward, for nuclei in pieces before they are whole for the first
    time. That linking chooses among outlines is as in ultrack (github.com/royerlab/ultrack), of a
    single nucleus at a time and only where something is wrong.
    """
    frames, shape = [], (0, 0)
    for picture in labels:
        frames.append(pieces_of(picture))
        shape = picture.shape
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    linked = link_pieces(frames, numbers, scene)
    forward = follow_pieces(frames, linked.before, divides=True)
    _apply(frames, forward, lambda index: evidence(numbers[index]), shape, counts)
    linked = link_pieces(frames, numbers, scene)
    backward = [
        replace(repair, frame=len(frames) - 1 - repair.frame)
        for repair in follow_pieces(frames[::-1], linked.after, divides=False)
        if len(repair.pieces) > 1
    ]
    _apply(frames, backward[::-1], lambda index: evidence(numbers[index]), shape, counts)
    for index, pieces in enumerate(frames):
        yield Repaired(painted(pieces, shape), *counts[index])


def _apply(
    frames: list[list[Piece]],
    repairs: Sequence[Repair],
    evidence: Callable[[int], Evidence],
    shape: tuple[int, int],
    counts: dict[int, list[int]],
) -> None:
    """Repair what can be repaired, in place, frame by frame, and count it."""
    by_frame: dict[int, list[Repair]] = defaultdict(list)
    for repair in repairs:
        by_frame[repair.frame].append(repair)
    for frame, those in by_frame.items():
        known = evidence(frame)
        for repair in those:
            here = set(frames[frame])
            if not here.issuperset(repair.pieces) or repair.merged not in {None, *here}:
                continue  # another repair was quicker
            others = [piece for piece in frames[frame] if piece not in repair.pieces]
            if repair.merged is not None and repair.other is not None:
                kind, mended = CUT, cut_apart(repair.merged, repair.nucleus, repair.other)
                others.remove(repair.merged)
            elif len(repair.pieces) > 1:
                one = joined(repair.pieces, others, known.left_out)
                kind, mended = JOINED, [one] if one else []
            else:
                at = repair.y, repair.x
                one = look_for(repair.nucleus, *at, known, others, repair.pieces, shape)
                kind, mended = FOUND, [one] if one else []
            if mended:
                frames[frame] = [*others, *mended]
                counts[frame][kind] += 1
