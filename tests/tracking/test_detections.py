"""The nuclei of a scene as the linking of tracks sees them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from immunostain.tracking.detections import before_each, detections, typical_radius, typical_step


def table(areas, frames=None):
    frames = np.zeros(len(areas), int) if frames is None else frames
    x = np.arange(len(areas), dtype=float)
    return pd.DataFrame({"frame": frames, "x_px": x, "y_px": 2 * x, "area_px": areas})


def test_the_radius_is_that_of_a_disc_with_the_median_area():
    assert typical_radius(table(np.pi * np.array([1.0, 25, 1e6]))) == pytest.approx(5)


def test_the_step_is_the_standard_deviation_in_one_direction():
    rng = np.random.default_rng(0)
    here = rng.uniform(0, 1000, (4000, 2))
    place = np.concatenate([here, here + rng.normal(0, 3, here.shape)])
    after = np.concatenate([np.arange(4000, 8000), np.full(4000, -1)])
    assert typical_step(place, after, 10) == pytest.approx(3, rel=0.03)


def test_wrong_links_hardly_change_the_step():
    rng = np.random.default_rng(0)
    here = rng.uniform(0, 1000, (4000, 2))
    there = here + rng.normal(0, 3, here.shape)
    there[:400] += 500
    after = np.concatenate([np.arange(4000, 8000), np.full(4000, -1)])
    assert typical_step(np.concatenate([here, there]), after, 10) == pytest.approx(3, rel=0.15)


@pytest.mark.parametrize("after", [[-1, -1], [1, -1]])
def test_nuclei_that_stand_still_have_a_small_step(after):
    assert 0 < typical_step(np.zeros((2, 2)), np.array(after), 10) < 1


def test_what_linking_needs_of_a_table():
    found = detections(table([100.0, 200, 400], [0, 2, 2]), np.array([1, -1, -1]))
    assert found.frame.tolist() == [0, 2, 2]
    assert found.frames.tolist() == [0, 2]
    assert found.place.tolist() == [[0, 0], [1, 2], [2, 4]]
    assert np.exp(found.log_area) == pytest.approx([100, 200, 400])
    assert found.radius == pytest.approx((200 / np.pi) ** 0.5)
    assert found.step == pytest.approx(5**0.5 / 1.18)


@given(st.permutations(range(8)), st.lists(st.booleans(), min_size=8, max_size=8))
def test_turning_links_round_twice_gives_them_back(order, linked):
    """Each nucleus is followed by one or none, and follows one or none."""
    after = np.where(linked, order, -1)
    before = before_each(after)
    pairs = {(int(n), int(after[n])) for n in np.flatnonzero(after >= 0)}
    assert pairs == {(int(before[n]), int(n)) for n in np.flatnonzero(before >= 0)}
    assert np.array_equal(before_each(before), after)


def test_no_links_of_no_nuclei():
    assert before_each(np.zeros(0, int)).shape == (0,)
