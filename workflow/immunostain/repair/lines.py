"""Following each nucleus through the pieces it is found in, from frame to frame."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from immunostain.repair.pieces import Piece, shared_pixels
from immunostain.repair.shapes import hull, like_an_ellipse, together

ROOM = 1.2  # times the area of the whole nucleus that its pieces and what is between may take
ONE = 0.95  # a shape as much like an ellipse is one nucleus, as `separation.ELLIPSE` has it
WHOLE = 0.6  # of its area when last seen whole: with less, or as much more, it isn't seen well
INSIDE = 0.25  # of a piece's pixels that lie where a nucleus was, so that it may be a piece of it
RECENT = 7  # frames in which a nucleus was whole that tell how it looks
MOST = 0.6  # of a nucleus's pixels that lie in another, so that they may be taken for one
MISSING = 5  # frames that a nucleus may be missing or in pieces before it divides

ENDED = -(10**9)


@dataclass(frozen=True, eq=False)
class Repair:
    """What is wrong with a nucleus in a frame.

    Attributes
    ----------
    frame
        Index of the frame.
    nucleus
        As it was seen whole.
    y, x
        Where its centre should be.
    pieces
        In which it was found; several are to be one.
    merged
        What it may have been found in together with another nucleus; None: nothing.
    other
        The other nucleus as it was seen whole; None: there is none.
    """

    frame: int
    nucleus: Piece
    y: float
    x: float
    pieces: tuple[Piece, ...]
    merged: Piece | None = None
    other: Piece | None = None


@dataclass(eq=False)
class _Line:
    """A nucleus that is followed.

    `recent` is as it was seen whole, the last time in frame `sure`; `seen` is the last frame in
    which anything of it was found, namely `now`. `doubtful` is what was found since `sure`, by
    frame, and `merged` what it may have been found in together with another nucleus.
    """

    recent: list[Piece]
    sure: int
    seen: int
    now: tuple[Piece, ...]
    doubtful: dict[int, tuple[Piece, ...]] = field(default_factory=dict)
    merged: dict[int, tuple[Piece, Piece]] = field(default_factory=dict)

    @property
    def whole(self) -> Piece:
        """As the nucleus looked when it was larger than in two thirds of the recent frames.

        Chromosomes condense before they part, and then a nucleus is long for a frame or two.
        """
        return sorted(self.recent, key=lambda piece: piece.area)[2 * len(self.recent) // 3]


def follow_pieces(
    frames: Sequence[Sequence[Piece]],
    before: Mapping[Piece, Piece],
    divides: bool,
) -> list[Repair]:
    """Find where nuclei are in pieces or missing between frames in which they are whole.

    Pieces belong to the nucleus that tracks say; those that come from nowhere to the one in whose
    place they lie. Pieces that take no more room than the nucleus did are still that nucleus, if
    it is whole again later, or if they part within some frames.

    Parameters
    ----------
    frames
        The pieces of each frame, in order of time, or backward.
    before
        The piece that each one follows, see `tracking`; none for those that come from nowhere.
    divides
        Nuclei may divide; backward they don't.

    Returns
    -------
    list of Repair
        In order of frames.
    """
    found: list[Repair] = []
    alive: list[_Line] = []
    lines_of: dict[Piece, list[_Line]] = {}  # several where nuclei are taken for one
    for now, pieces in enumerate(frames):
        alive = [line for line in alive if now - line.seen <= MISSING + 1]
        mine: dict[_Line, list[Piece]] = defaultdict(list)
        new: list[Piece] = []
        for piece in pieces:
            earlier = before.get(piece)
            known = lines_of.get(earlier, []) if earlier is not None else []
            known = [line for line in known if now - line.seen <= MISSING + 1]
            line = known[0] if len(known) == 1 else _in_whose_place(piece, known or alive)
            if line is None:
                new.append(piece)
            else:
                mine[line].append(piece)
        for line, group in mine.items():
            lines_of |= {piece: [line] for piece in group}
            if _part(line, tuple(group), now, divides, found):
                line.seen = ENDED
                new += group
        for line in alive:
            if 0 <= line.seen < now:
                _look_into_others(line, mine, now, lines_of)
        for piece in new:
            line = _Line([piece], now, now, (piece,))
            lines_of[piece] = [line]
            alive.append(line)
    for line in alive:
        _end_of_movie(line, found)
    return sorted(found, key=lambda repair: (repair.frame, repair.merged is None))


def _in_whose_place(piece: Piece, alive: Sequence[_Line]) -> _Line | None:
    best, most = None, INSIDE * piece.area
    for line in alive:
        whole = line.whole
        if (
            piece.top < whole.bottom
            and whole.top < piece.bottom
            and piece.left < whole.right
            and whole.left < piece.right
        ):
            shared = shared_pixels(piece, whole)
            if shared > most:
                best, most = line, shared
    return best


def _part(
    line: _Line, group: tuple[Piece, ...], now: int, divides: bool, found: list[Repair]
) -> bool:
    """Take what was found of a nucleus in a frame; tells whether its pieces part for good."""
    if len(group) == 1:
        (piece,) = group
        is_whole = WHOLE <= piece.area / line.whole.area <= 1 / WHOLE
        if is_whole:
            _confirm(line, now, group, found)
        elif now - line.sure > MISSING:
            line.recent = []  # it has another size
        if is_whole or not line.recent:
            line.recent, line.sure = [*line.recent[1 - RECENT :], piece], now
            line.doubtful, line.merged = {}, {}
        else:
            line.doubtful[now] = group
        line.seen, line.now = now, group
        return False
    mask, _, _ = together(group)
    room = np.count_nonzero(hull(mask)) / line.whole.area
    if room <= ROOM or (room <= 1 / WHOLE and like_an_ellipse(mask) >= ONE):
        line.doubtful[now] = group
        line.seen, line.now = now, group
        return False
    if divides and now - line.sure - 1 <= MISSING:
        _confirm(line, now, group, found)
    return True


def _confirm(line: _Line, now: int, group: tuple[Piece, ...], found: list[Repair]) -> None:
    """Put down what was doubtful from when a nucleus was last whole until now."""
    y, x = (float(np.average([getattr(p, a) for p in group])) for a in "yx")
    for frame in range(line.sure + 1, now):
        share = (frame - line.sure) / (now - line.sure)
        at = line.whole.y + share * (y - line.whole.y), line.whole.x + share * (x - line.whole.x)
        merged, other = line.merged.get(frame, (None, None))
        pieces = line.doubtful.get(frame, ())
        found.append(Repair(frame, line.whole, *at, pieces, merged, other))


def _look_into_others(
    line: _Line, mine: Mapping[_Line, list[Piece]], now: int, lines_of: dict[Piece, list[_Line]]
) -> None:
    """See whether a nucleus that was not found lies in a piece that is another one's."""
    last = line.now[0] if len(line.now) == 1 else line.whole
    for other, group in mine.items():
        piece = group[0]
        if len(group) > 1 or shared_pixels(piece, last) <= MOST * last.area:
            continue
        if like_an_ellipse(piece.mask) < ONE:
            line.merged[now] = piece, other.whole
            lines_of[piece].append(line)
        else:  # so it was a piece of that one
            line.seen = ENDED
        return


def _end_of_movie(line: _Line, found: list[Repair]) -> None:
    """Take pieces for one nucleus that look like one, though the movie ends before it is whole."""
    groups = [group for group in line.doubtful.values() if len(group) > 1]
    if groups and all(like_an_ellipse(together(group)[0]) >= ONE for group in groups):
        for frame, group in line.doubtful.items():
            if len(group) > 1:
                found.append(Repair(frame, line.whole, line.whole.y, line.whole.x, group))
