"""Finding out which tracks begin because a nucleus divided."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from immunostain.tracking.detections import Detections, before_each
from immunostain.tracking.gaps import HIGHEST_COST, ends_and_starts, possible_gaps

# A division is scored by squared deviations in units of the spreads below, each at most `_MOST`,
# less what speaks against the mother simply going on. Chosen on sequences of the Cell Tracking
# Challenge (every frame, every second and every third, and with nuclei taken away) and on simulated
# crowds; the mean LNK changes by less than 0.0002 when any spread is a quarter more or less.
_MIDDLE = 0.35  # of the mother's radius: how far from her the point between the daughters lies
_HALF = 0.35  # logarithm: how much a daughter's area differs from half the mother's
_ALIKE = 0.5  # logarithm: how much the daughters' areas differ
_SEPARATION = 1.1, 2.5  # radii between the daughters, and how far outside they may be
_OUTSIDE = 0.4
_MOST = 9.0
_STAYS = 0.15  # logarithm: how much the area of a nucleus changes that doesn't divide
_SURELY_GONE = 12.0  # the most that can speak against the mother going on
_GOES_ON = 2.0  # times what speaks for a start being the end of a gap
_LATER = 1.5  # for each frame that the second daughter comes later than the first
_SHORT = 8.0  # for a daughter that soon vanishes
_SOON = 3  # frames
_WHOLE = 0.75  # of the mother's area: what has this again has been cut in two by mistake
_MERGED = 1.6  # times her earlier area: a mother that has this may be two, taken for one
_YOUNGEST = 5  # frames from a nucleus's birth to its own division
_REACH = 3.2  # radii from the mother, how far daughters are looked for
_LOOKED_BACK = 7  # frames over which the mother's size is taken

HIGHEST_COST_AT_ONCE = 6.0  # for both daughters in the frame after the mother's last
HIGHEST_COST_LATE = -5.0  # for one that comes later, where chance has more room
LATEST = 4  # frames


def find_divisions(
    nuclei: Detections,
    after: NDArray[np.int64],
    mother: NDArray[np.int64],
    memory: int,
    search_range: float,
    late: bool,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find mothers for tracks that begin beside another nucleus.

    A nucleus that divides looks like one that goes on, jumps aside and shrinks while another
    appears opposite to it; or like one that is lost while two appear around its place. The
    plausible threesomes are taken, the best first; no nucleus is used twice.

    Parameters
    ----------
    nuclei
        Of one scene.
    after
        (N,), see `detections`.
    mother
        (N,), for the first nucleus of a daughter's track the last one of her mother's, else -1.
    memory, search_range
        As for `gaps.possible_gaps`: a track that may well continue a lost one is no daughter.
    late
        Look for daughters that were not found at first too, for `LATEST` frames or `memory`;
        otherwise only for those that appear in the frame after the mother's last.

    Returns
    -------
    after, mother : numpy.ndarray
        As given, with the divisions found. A mother's track ends.
    """
    after, mother = after.copy(), mother.copy()
    delays = range(min(memory, LATEST) + 1) if late else range(1)
    taken: set[int] = set()
    for _, parent, sister, start in sorted(
        threesome
        for threesome in _candidate_divisions(nuclei, after, mother, memory, search_range, delays)
        if threesome[0] < 0
    ):
        family = {parent, sister, start}
        if family & taken or _too_young(nuclei, after, mother, parent, (sister, start)):
            continue
        taken |= family
        after[parent] = -1
        mother[[sister, start]] = parent
    return after, mother


def _candidate_divisions(
    nuclei: Detections,
    after: NDArray,
    mother: NDArray,
    memory: int,
    search_range: float,
    delays: range,
) -> Iterator[tuple[float, int, int, int]]:
    """Give the numbers of a possible mother and her daughters' first nuclei, and their score.

    Below 0 it is plausible.
    """
    ends, starts = ends_and_starts(nuclei, after, mother)
    gaps = possible_gaps(nuclei, ends, starts, memory, search_range)
    goes_on = np.zeros(len(after))  # how well a start may be explained by a gap
    np.maximum.at(goes_on, gaps.start, _GOES_ON * (HIGHEST_COST - gaps.cost))
    is_start = np.zeros(len(after), bool)
    is_start[starts] = True
    free = np.ones(len(after), bool)
    free[mother[mother >= 0]] = False
    before, brief = before_each(after), _brief(nuclei, after)
    members = {int(frame): np.flatnonzero(nuclei.frame == frame) for frame in nuclei.frames}
    trees = {frame: KDTree(nuclei.place[some]) for frame, some in members.items()}

    def near(frame: int, place: NDArray, delay: int) -> list[int]:
        if frame not in trees:
            return []
        reach = _REACH * nuclei.radius + 3 * nuclei.step * (delay + 1) ** 0.5
        return members[frame][trees[frame].query_ball_point(place, reach)].tolist()

    for start in starts.tolist():
        now = int(nuclei.frame[start])
        for delay in delays:
            for parent in near(now - 1 - delay, nuclei.place[start], delay):
                if not free[parent]:
                    continue
                if after[parent] >= 0:
                    sister = int(after[parent])
                    pairs = [(sister, _at(nuclei, after, sister, now))]
                else:
                    others = near(now, nuclei.place[parent], delay)
                    pairs = [(other, other) for other in others if is_start[other]]
                    pairs = [pair for pair in pairs if pair[0] > start]  # each pair once
                for sister, seen in pairs:
                    if seen < 0:
                        continue
                    if goes_on[start] > 0 and _is_two(nuclei, before, parent):
                        continue  # the other one of the two was lost when they became one
                    if brief[start] and _whole_again(nuclei, after, parent, sister):
                        continue
                    if brief[sister] and _whole_again(nuclei, after, parent, start):
                        continue
                    score = _score(nuclei, before, parent, seen, start, delay)
                    score -= _against_going_on(nuclei, parent, sister, after)
                    score += goes_on[start] + (goes_on[sister] if after[parent] < 0 else 0)
                    score += _SHORT * (int(brief[sister]) + int(brief[start]))
                    score -= HIGHEST_COST_LATE - _LATER * delay if delay else HIGHEST_COST_AT_ONCE
                    yield score, parent, sister, start


def _too_young(
    nuclei: Detections,
    after: NDArray,
    mother: NDArray,
    parent: int,
    daughters: tuple[int, int],
) -> bool:
    """Tell whether a mother was born, or a daughter divides, within a few frames."""
    birth = nuclei.frame[daughters[0]]
    born = np.flatnonzero(mother >= 0)
    young = born[(nuclei.frame[born] > birth - _YOUNGEST) & (nuclei.frame[born] <= birth)]
    if any(_at(nuclei, after, int(first), int(nuclei.frame[parent])) == parent for first in young):
        return True
    soon = {
        int(nucleus) for nucleus in mother[born] if 0 <= nuclei.frame[nucleus] - birth < _YOUNGEST
    }
    return any(
        _at(nuclei, after, daughter, int(nuclei.frame[nucleus])) == nucleus
        for daughter in daughters
        for nucleus in soon
    )


def _at(nuclei: Detections, after: NDArray, nucleus: int, frame: int) -> int:
    """Follow a nucleus to a frame; -1 if its track has none there."""
    while nucleus >= 0 and nuclei.frame[nucleus] < frame:
        nucleus = int(after[nucleus])
    return nucleus if nucleus >= 0 and nuclei.frame[nucleus] == frame else -1


def _brief(nuclei: Detections, after: NDArray) -> NDArray[np.bool_]:
    """Tell which nuclei are lost within a few frames, neither leaving the picture nor at its end.

    The picture is taken to reach as far as nuclei do.
    """
    length = np.ones(len(after), int)  # of the track from here on
    last = np.arange(len(after))
    for nucleus in range(len(after) - 1, -1, -1):
        if after[nucleus] >= 0:
            length[nucleus] = length[after[nucleus]] + 1
            last[nucleus] = last[after[nucleus]]
    inside = np.minimum(nuclei.place - nuclei.place.min(0), nuclei.place.max(0) - nuclei.place)
    lost = (inside.min(1) > 1.5 * nuclei.radius) & (nuclei.frame < nuclei.frame.max())
    return (length < _SOON) & lost[last]


def _earlier_sizes(nuclei: Detections, before: NDArray, nucleus: int) -> list[float]:
    """List the logarithms of a nucleus's areas, the last one first, over `_LOOKED_BACK` frames."""
    sizes: list[float] = []
    while nucleus >= 0 and len(sizes) < _LOOKED_BACK:
        sizes.append(float(nuclei.log_area[nucleus]))
        nucleus = int(before[nucleus])
    return sizes


def _is_two(nuclei: Detections, before: NDArray, parent: int) -> bool:
    """Tell whether a nucleus is suddenly so large that it may be two."""
    now, *earlier = _earlier_sizes(nuclei, before, parent)
    return bool(earlier) and now - float(np.median(earlier)) > np.log(_MERGED)


def _whole_again(nuclei: Detections, after: NDArray, parent: int, daughter: int) -> bool:
    """Tell whether a daughter soon is as large as the mother was."""
    whole = nuclei.log_area[parent] + np.log(_WHOLE)
    for _ in range(_SOON):
        daughter = int(after[daughter])
        if daughter < 0:
            return False
        if nuclei.log_area[daughter] > whole:
            return True
    return False


def _score(
    nuclei: Detections, before: NDArray, parent: int, sister: int, start: int, delay: int
) -> float:
    """Score how unlike a division the places and areas of three nuclei are; infinite: no way."""
    size = _earlier_sizes(nuclei, before, parent)
    # Chromosomes condense before they part: what the mother measured before counts too.
    area = max(float(np.median(size)), float(nuclei.log_area[parent]))
    radius = float(np.sqrt(np.exp(area) / np.pi))
    radius = float(np.clip(radius, 0.6 * nuclei.radius, 1.7 * nuclei.radius))
    spread = nuclei.step * (delay + 1) ** 0.5
    one, other = nuclei.place[sister], nuclei.place[start]
    off = float(np.hypot(*((one + other) / 2 - nuclei.place[parent])))
    apart = float(np.hypot(*(one - other)))
    if off > 1.8 * radius + 3 * spread or apart > 4 * (radius + spread):
        return float("inf")
    nearest, farthest = (radii * radius for radii in _SEPARATION)
    outside = max(0.0, nearest - apart, apart - farthest)
    score = min(off**2 / ((_MIDDLE * radius) ** 2 + spread**2), _MOST)
    score += min((outside / (_OUTSIDE * radius + spread)) ** 2, _MOST)
    areas = nuclei.log_area[[sister, start]]
    halves = ((areas - area + np.log(2)) / _HALF) ** 2
    score += 0.7 * float(np.minimum(halves, _MOST).sum())
    return score + min(float((areas[0] - areas[1]) / _ALIKE) ** 2, _MOST)


def _against_going_on(nuclei: Detections, parent: int, sister: int, after: NDArray) -> float:
    """Score how unlike the mother going on her link to the sister is."""
    if after[parent] < 0:
        return _SURELY_GONE
    moved = float(np.hypot(*(nuclei.place[sister] - nuclei.place[parent])))
    resized = float(nuclei.log_area[sister] - nuclei.log_area[parent])
    unlike = moved**2 / (2 * nuclei.step**2) + resized**2 / (2 * _STAYS**2)
    return min(unlike, _SURELY_GONE)
