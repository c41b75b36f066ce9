"""Linking from each frame to the next."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from immunostain.tracking.frame_links import estimate_search_range, link_frames


def table(*rows, area=300.0):
    """Make a table from (frame, x, y) and, if not usual, area and brightness."""
    rows = [(*row, *(area, 100.0)[len(row) - 3 :]) for row in rows]
    return pd.DataFrame(rows, columns=["frame", "x_px", "y_px", "area_px", "DAPI_mean"])


def crowd(frames=6, side=7, step=1.5, pitch=20.0, seed=0):
    """Let nuclei on a grid walk."""
    rng = np.random.default_rng(seed)
    places = np.stack(np.divmod(np.arange(side**2), side), 1) * pitch
    rows = []
    for frame in range(frames):
        rows += [(frame, *place) for place in places]
        places = places + rng.normal(0, step, places.shape)
    return table(*rows, area=np.pi * 6**2)


def test_nuclei_that_hardly_move_are_looked_for_within_four_radii():
    assert estimate_search_range(crowd(step=0.5)) == pytest.approx(4 * 6)


def test_quick_nuclei_are_looked_for_farther_away():
    nuclei = crowd(step=12.0, pitch=300.0)
    steps = np.hypot(*nuclei.groupby(np.arange(len(nuclei)) % 49)[["x_px", "y_px"]].diff().T.values)
    expected = 5 * np.quantile(steps[np.isfinite(steps)], 0.95)
    assert estimate_search_range(nuclei) == pytest.approx(expected)
    assert expected > 4 * 6


@settings(deadline=None)
@given(st.floats(0.1, 50), st.floats(-1e4, 1e4), st.sampled_from([0.5, 12.0]))
def test_the_estimate_scales_with_the_picture(scale, x, step):
    nuclei = crowd(step=step, pitch=300.0, side=4)
    larger = nuclei.assign(
        x_px=nuclei["x_px"] * scale + x,
        y_px=nuclei["y_px"] * scale,
        area_px=nuclei["area_px"] * scale**2,
    )
    expected = estimate_search_range(nuclei) * scale
    assert estimate_search_range(larger) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("frames", [[0], [3], [0, 2, 4]])
def test_without_successive_frames_only_the_size_counts(frames):
    nuclei = table(*[(frame, 500.0 * frame, 0) for frame in frames], area=np.pi * 100)
    assert estimate_search_range(nuclei) == pytest.approx(40)


def test_the_estimate_comes_from_neighbours_that_choose_each_other():
    """A nucleus that is lost or appears far from all others has a nearest one all the same."""
    rows = [(f, 100.0 * n, 0) for f in range(2) for n in range(10)]
    rows += [(0, 5e4, 0), (1, -5e4, 0)]
    assert estimate_search_range(table(*rows, area=np.pi)) == pytest.approx(4)


def test_links_go_to_the_next_frame_only():
    nuclei = table((0, 0, 0), (1, 0, 0), (3, 0, 0), (4, 0, 0))
    assert link_frames(nuclei, 20, None).tolist() == [1, -1, 3, -1]


@pytest.mark.parametrize("brightness", ["DAPI_mean", None])
@pytest.mark.parametrize("seed", range(3))
def test_a_crowd_that_hardly_moves_is_linked_as_it_is(brightness, seed):
    nuclei = crowd(seed=seed)
    number = len(nuclei) - 49
    expected = np.concatenate([np.arange(49, number + 49), np.full(49, -1)])
    assert np.array_equal(link_frames(nuclei, 24, brightness), expected)


@pytest.mark.parametrize("column", ["area_px", "DAPI_mean"])
def test_where_places_do_not_tell_areas_and_brightness_do(column):
    """Two nuclei change places, beside others that give the scale of steps and changes."""
    nuclei = crowd(frames=2)
    rng = np.random.default_rng(1)
    nuclei[column] = np.tile(rng.uniform(100, 120, 49), 2)
    one, other = 49 + 10, 49 + 11  # neighbours
    nuclei.loc[[one - 49, one], column] = 40.0, 400.0
    nuclei.loc[[other - 49, other], column] = 400.0, 40.0
    middle = nuclei.loc[[10, 11], ["x_px", "y_px"]].mean().to_numpy()
    near = np.array([[0, -1.0], [0, 1.0]])
    nuclei.loc[[10, 11], ["x_px", "y_px"]] = middle + near
    nuclei.loc[[one, other], ["x_px", "y_px"]] = middle + near
    after = link_frames(nuclei, 24, "DAPI_mean")
    assert after[10] == other
    assert after[11] == one
    if column == "DAPI_mean":
        assert link_frames(nuclei, 24, None)[10] == one, "places alone say otherwise"


place = st.floats(0, 30).map(lambda value: round(value, 3))
places = st.lists(st.tuples(place, place), max_size=5, unique=True)


def least(here, there, search_range):
    """Find the least sum of squares over all ways to link, one unlinked being the range's."""
    # Those that lose theirs get a place of their own in which they find nothing.
    slots = list(range(len(there))) + [-1] * len(here)
    best = np.inf
    for chosen in set(permutations(slots, len(here))):
        squares = [
            search_range**2 if other < 0 else float(np.sum((here[n] - there[other]) ** 2))
            for n, other in enumerate(chosen)
        ]
        if all(square <= search_range**2 for square in squares):
            best = min(best, sum(squares))
    return best


@settings(max_examples=60, deadline=None)
@given(places.filter(len), places.filter(len), st.sampled_from([8.0, 40.0]))
def test_the_sum_of_squared_steps_is_the_least_there_is(here, there, search_range):
    nuclei = table(*[(0, *row) for row in here], *[(1, *row) for row in there])
    after = link_frames(nuclei, search_range, None)
    xy = nuclei[["x_px", "y_px"]].to_numpy()
    linked = np.flatnonzero(after >= 0)
    squares = ((xy[after[linked]] - xy[linked]) ** 2).sum(1)
    assert (squares <= search_range**2).all()
    assert len(set(after[linked].tolist())) == len(linked)
    total = squares.sum() + (len(here) - len(linked)) * search_range**2
    assert total == pytest.approx(least(np.array(here), np.array(there), search_range))


def test_a_crowd_on_one_spot_is_linked_within_a_smaller_range():
    rng = np.random.default_rng(0)
    rows = [(frame, *rng.normal(0, 1e-3, 2)) for frame in range(2) for _ in range(60)]
    after = link_frames(table(*rows), 50, "DAPI_mean")
    linked = after[after >= 0]
    assert len(set(linked.tolist())) == len(linked)
    assert (linked >= 60).all()


@pytest.mark.parametrize("brightness", [0.0, -5.0])
def test_nuclei_without_any_brightness_are_linked_all_the_same(brightness):
    nuclei = crowd(frames=2).assign(DAPI_mean=brightness)
    assert np.array_equal(link_frames(nuclei, 24, "DAPI_mean")[:49], np.arange(49, 98))


def test_the_index_of_the_table_does_not_matter():
    nuclei = crowd(frames=3)
    other = nuclei.set_index(np.random.default_rng(0).permutation(len(nuclei)))
    assert np.array_equal(link_frames(nuclei, 24, None), link_frames(other, 24, None))
