"""Closing gaps in tracks, against every way to do it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from immunostain.tracking.detections import Detections, before_each
from immunostain.tracking.gaps import HIGHEST_COST, close_gaps, ends_and_starts, possible_gaps

FAR = 1e9


def nuclei(*rows, radius=10.0, step=2.0):
    """Make nuclei from (frame, x, y) and, if not usual, the area."""
    rows = [(*row, 300.0)[:4] for row in rows]
    frame, x, y, area = np.array(rows, float).reshape(-1, 4).T
    return Detections(frame.astype(int), np.stack([x, y], 1), np.log(area), radius, step)


def no_links(found):
    return np.full(len(found.frame), -1)


@st.composite
def broken_tracks(draw, most=8):
    """Draw few nuclei near each other, some of them linked: what to join is rarely plain."""
    place = st.floats(0, 40).map(lambda value: round(value, 1))
    row = st.tuples(st.integers(0, 5), place, place, st.sampled_from([150.0, 200.0, 300.0, 320.0]))
    rows = sorted(draw(st.lists(row, max_size=most)), key=lambda row: row[0])
    found = nuclei(*rows)
    after, taken = no_links(found), set()
    for number, wanted in enumerate(draw(st.lists(st.booleans(), max_size=len(rows)))):
        later = np.flatnonzero(found.frame == found.frame[number] + 1).tolist()
        free = [other for other in later if other not in taken]
        if wanted and free:
            after[number] = free[0]
            taken.add(free[0])
    return found, after


def pairs_of(before, after):
    """List the gaps that were closed."""
    return {(int(end), int(after[end])) for end in np.flatnonzero(before != after)}


def cheapest(costs, ends, starts):
    """Find the least cost over all ways to join ends and starts, one by one."""
    if not ends:
        return len(starts) * HIGHEST_COST / 2
    end, rest = ends[0], ends[1:]
    best = HIGHEST_COST / 2 + cheapest(costs, rest, starts)
    for start in starts:
        if (end, start) in costs:
            others = [other for other in starts if other != start]
            best = min(best, costs[end, start] + cheapest(costs, rest, others))
    return best


@settings(max_examples=300, deadline=None)
@given(broken_tracks(), st.integers(0, 4), st.sampled_from([15.0, FAR]))
def test_gaps_are_closed_at_the_least_cost_there_is(tracks, memory, search_range):
    found, after = tracks
    mother = no_links(found)
    ends, starts = ends_and_starts(found, after, mother)
    gaps = possible_gaps(found, ends, starts, memory, search_range)
    costs = {(int(end), int(start)): cost for end, start, cost in zip(*gaps, strict=True)}
    assert len(costs) == len(gaps.cost), "each pair once"
    closed = pairs_of(after, close_gaps(found, after, mother, memory, search_range))
    assert closed <= set(costs)
    alone = len(ends) + len(starts) - 2 * len(closed)
    cost = sum(costs[pair] for pair in closed) + alone * HIGHEST_COST / 2
    assert cost == pytest.approx(cheapest(costs, ends.tolist(), starts.tolist()), abs=1e-4)


@settings(max_examples=200, deadline=None)
@given(broken_tracks(), st.integers(0, 4), st.sampled_from([5.0, 15.0, FAR]))
def test_tracks_stay_tracks(tracks, memory, search_range):
    found, after = tracks
    given_links = after.copy()
    closed = close_gaps(found, after, no_links(found), memory, search_range)
    assert np.array_equal(after, given_links), "what was given is not changed"
    assert np.array_equal(closed[after >= 0], after[after >= 0]), "links stay"
    following = closed[closed >= 0]
    assert len(set(following.tolist())) == len(following), "none follows two"
    for end, start in pairs_of(after, closed):
        assert 1 <= found.frame[start] - found.frame[end] <= memory + 1
        assert np.hypot(*(found.place[start] - found.place[end])) <= search_range
        assert before_each(after)[start] < 0


@pytest.mark.parametrize(("memory", "joined"), [(0, False), (1, False), (2, True), (9, True)])
def test_a_gap_is_never_longer_than_memory(memory, joined):
    found = nuclei((0, 0, 0), (3, 1, 0))
    after = close_gaps(found, no_links(found), no_links(found), memory, FAR)
    assert after.tolist() == ([1, -1] if joined else [-1, -1])


@pytest.mark.parametrize(("search_range", "joined"), [(4.9, False), (5.1, True)])
def test_a_gap_is_never_wider_than_the_search_range(search_range, joined):
    found = nuclei((0, 0, 0), (2, 3, 4))
    after = close_gaps(found, no_links(found), no_links(found), 5, search_range)
    assert after.tolist() == ([1, -1] if joined else [-1, -1])


def cost(*rows, memory=5):
    found = nuclei(*rows)
    gaps = possible_gaps(found, np.array([0]), np.array([1]), memory, FAR)
    return gaps.cost.tolist()


def test_what_a_gap_costs():
    """Nothing where nothing changed, and the more the farther, the later and the less alike."""
    assert cost((0, 5, 5, 300), (1, 5, 5, 300)) == [0]
    steps = [cost((0, 0, 0), (1, x, 0))[0] for x in (0, 1, 3, 6)]
    areas = [cost((0, 0, 0, 300), (1, 0, 0, area))[0] for area in (300, 350, 450)]
    delays = [cost((0, 0, 0), (frame, 0, 0))[0] for frame in (1, 2, 6)]
    for costs in (steps, areas, delays):
        assert costs == sorted(set(costs))
    assert cost((0, 0, 0, 200), (1, 0, 0, 300)) == pytest.approx(
        cost((0, 0, 0, 300), (1, 0, 0, 200))
    )
    assert cost((0, 0, 0), (1, 100, 0)) == []
    assert cost((0, 0, 0, 300), (1, 0, 0, 3000)) == []
    assert all(each < HIGHEST_COST for each in steps + areas + delays)


def test_the_same_way_costs_less_in_more_time():
    early, late = (cost((0, 0, 0), (frame, 9, 0))[0] for frame in (1, 4))
    assert late < early


def test_each_for_itself_would_take_the_same_one():
    found = nuclei((0, 0, 0), (0, 10, 0), (2, 6, 0), (2, 16, 0))
    after = close_gaps(found, no_links(found), no_links(found), 5, FAR)
    assert after.tolist() == [2, 3, -1, -1]


def test_a_track_can_have_several_gaps():
    found = nuclei(*[(frame, 0, 0) for frame in (0, 2, 5, 6)])
    after = close_gaps(found, no_links(found), no_links(found), 5, FAR)
    assert after.tolist() == [1, 2, 3, -1]


def test_nothing_is_lost_in_the_last_frame_and_nothing_new_in_the_first():
    found = nuclei((2, 0, 0), (3, 0, 0), (3, 90, 0), (4, 50, 0))
    after = np.array([1, -1, -1, -1])
    ends, starts = ends_and_starts(found, after, no_links(found))
    assert ends.tolist() == [1, 2]
    assert starts.tolist() == [2, 3]


def test_mothers_are_not_lost_and_daughters_come_from_somewhere():
    found = nuclei((0, 0, 0), (1, -9, 0), (1, 9, 0), (2, 0, 0))
    mother = np.array([-1, 0, 0, -1])
    ends, starts = ends_and_starts(found, no_links(found), mother)
    assert ends.tolist() == [1, 2]
    assert starts.tolist() == [3]


def test_no_nuclei_have_no_gaps():
    found = nuclei()
    assert close_gaps(found, no_links(found), no_links(found), 5, FAR).shape == (0,)


@settings(deadline=None)
@given(broken_tracks(), st.integers(1, 4), st.floats(0.2, 20))
def test_the_scale_of_the_picture_does_not_matter(tracks, memory, scale):
    found, after = tracks
    # No two places on the grid are just so far apart, so that rounding decides nothing.
    radius, search_range = 9.9937, 14.9937
    small = Detections(found.frame, found.place, found.log_area, radius, found.step)
    large = Detections(
        found.frame,
        found.place * scale,
        found.log_area + 2 * np.log(scale),
        radius * scale,
        found.step * scale,
    )
    lost = ends_and_starts(found, after, no_links(found))
    one = possible_gaps(small, *lost, memory, search_range)
    other = possible_gaps(large, *lost, memory, search_range * scale)
    costs = [dict(zip(zip(g.end, g.start, strict=True), g.cost, strict=True)) for g in (one, other)]
    assert costs[0] == pytest.approx(costs[1], abs=1e-6)
