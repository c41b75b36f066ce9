"""Closing the gaps in tracks where a nucleus was not found for some frames."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching
from scipy.spatial import KDTree

from immunostain.tracking.detections import Detections, before_each

# Costs are like logarithms of odds; those of chance neighbours in a crowd are mostly above it.
# Chosen on the sequences named in `frame_links`, with up to a fifth of the nuclei taken away too:
# the mean LNK changes by less than 0.002 between 6 and 9; the higher it is, the more gaps are
# closed between different nuclei.
HIGHEST_COST = 7.0
_RESIZED = 0.3  # by how much (logarithm) the area of a nucleus differs after a gap
_LATER = 0.3  # for each further frame
_JITTER = 0.1  # of a radius
_REACH = 2.0  # radii in one frame; as in a random walk, the square root of time beyond


class Gaps(NamedTuple):
    """Ends of tracks, the starts that may continue them, and at what cost; (M,) each."""

    end: NDArray[np.int64]
    start: NDArray[np.int64]
    cost: NDArray[np.float64]


def possible_gaps(
    nuclei: Detections, ends: NDArray, starts: NDArray, memory: int, search_range: float
) -> Gaps:
    """List the ends and starts of tracks that may be the same nucleus.

    Parameters
    ----------
    nuclei
        Of one scene.
    ends, starts
        Numbers of nuclei.
    memory
        For how many frames a nucleus may be missing.
    search_range
        Pixels; across a gap no nucleus is looked for farther away.
    """
    found: list[Gaps] = []
    for later in range(1, memory + 2):
        variance = later * nuclei.step**2 + (_JITTER * nuclei.radius) ** 2
        reach = (_REACH * nuclei.radius + 3 * nuclei.step) * later**0.5
        for frame in np.unique(nuclei.frame[ends]):
            here = ends[nuclei.frame[ends] == frame]
            there = starts[nuclei.frame[starts] == frame + later]
            if not there.size:
                continue
            near = KDTree(nuclei.place[there]).query_ball_point(
                nuclei.place[here], min(search_range, reach)
            )
            end = np.repeat(here, [len(some) for some in near])
            start = there[np.concatenate([np.array(some, int) for some in near])]
            squared = ((nuclei.place[end] - nuclei.place[start]) ** 2).sum(1) / variance
            resized = ((nuclei.log_area[end] - nuclei.log_area[start]) / _RESIZED) ** 2
            # Heavier than a Gaussian's tails: some nuclei are quicker than most.
            cost = 2 * np.log1p(squared / 2) + resized.clip(max=9) + _LATER * (later - 1)
            fair = cost < HIGHEST_COST
            found.append(Gaps(end[fair], start[fair], cost[fair]))
    if not found:
        return Gaps(np.zeros(0, int), np.zeros(0, int), np.zeros(0))
    return Gaps(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def ends_and_starts(
    nuclei: Detections, after: NDArray, mother: NDArray
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the nuclei after which a track is lost and those at which one comes from nowhere.

    Parameters
    ----------
    nuclei
        Of one scene.
    after, mother
        (N,), see `detections` and `divisions.find_divisions`.
    """
    if not len(after):
        return np.zeros(0, int), np.zeros(0, int)
    is_mother = np.zeros(len(after), bool)
    is_mother[mother[mother >= 0]] = True
    first, last = nuclei.frame[[0, -1]]
    ends = np.flatnonzero((after < 0) & ~is_mother & (nuclei.frame < last))
    starts = np.flatnonzero((before_each(after) < 0) & (mother < 0) & (nuclei.frame > first))
    return ends, starts


def close_gaps(
    nuclei: Detections, after: NDArray, mother: NDArray, memory: int, search_range: float
) -> NDArray[np.int64]:
    """Join tracks end to start so that the sum of costs is least.

    Parameters
    ----------
    nuclei, memory, search_range
        See `possible_gaps`.
    after, mother
        See `ends_and_starts`.

    Returns
    -------
    numpy.ndarray
        (N,), `after` with the gaps closed.

    Notes
    -----
    A linear assignment problem in which staying alone costs half of `HIGHEST_COST` on either side,
    after K. Jaqaman et al., Nature Methods 5 (2008) 695-702.
    """
    gaps = possible_gaps(nuclei, *ends_and_starts(nuclei, after, mother), memory, search_range)
    if not gaps.cost.size:
        return after
    ends, row = np.unique(gaps.end, return_inverse=True)
    starts, column = np.unique(gaps.start, return_inverse=True)
    alone_end, alone_start = np.arange(ends.size), np.arange(starts.size)
    # Square: each end has a stand-in for "no start" and each start one for "no end"; the stand-ins
    # left over take each other, as the transposed copy of the gaps lets them.
    rows = [row, alone_end, ends.size + alone_start, ends.size + column]
    columns = [column, starts.size + alone_end, alone_start, starts.size + row]
    alone = np.full(ends.size + starts.size, HIGHEST_COST / 2)
    costs = np.concatenate([gaps.cost, alone, np.zeros(gaps.cost.size)]) + 1e-6  # 0 is "no entry"
    side = ends.size + starts.size
    table = coo_array((costs, (np.concatenate(rows), np.concatenate(columns))), shape=(side, side))
    chosen_row, chosen_column = min_weight_full_bipartite_matching(table.tocsr())
    joined = (chosen_row < ends.size) & (chosen_column < starts.size)
    closed = after.copy()
    closed[ends[chosen_row[joined]]] = starts[chosen_column[joined]]
    return closed
