"""Making nuclei whole by what is seen of them before and after."""

import numpy as np
import pytest
from repaired_movies import FRAMES, RADIUS, cut, drawn, movie, repaired, without

TRUE = [drawn(ellipses) for ellipses in movie()]


def same(found, true):
    return [(one.labels == other).all() for one, other in zip(found, true, strict=True)]


def counts(found):
    names = ("joined", "found_again", "cut_apart")
    return tuple(sum(getattr(frame, name) for frame in found) for name in names)


def test_what_is_whole_stays_as_it_is():
    found = repaired(TRUE)
    assert all(same(found, TRUE)) and counts(found) == (0, 0, 0)


@pytest.mark.parametrize("when", [{4}, {3, 4}, {0, 1}, {2, 5}, {1, 2, 3, 4, 5, 6}])
def test_a_nucleus_in_two_pieces_is_one(when):
    damaged = [cut(TRUE[t], 30 + t, 30) if t in when else TRUE[t] for t in range(FRAMES)]
    found = repaired(damaged)
    assert all(frame.labels.max() == 3 for frame in found)
    assert counts(found) == (len(when), 0, 0)

    assert sum(np.count_nonzero(f.labels != t) for f, t in zip(found, TRUE, strict=True)) < 40


@pytest.mark.parametrize("when", [{4}, {3, 4, 5}])
def test_a_missing_nucleus_is_found_at_a_lower_level(when):
    damaged = [without(TRUE[t], 40, 110 + t) if t in when else TRUE[t] for t in range(FRAMES)]
    light = [np.where(labels > 0, 0.3, 0.0) for labels in TRUE]
    found = repaired(damaged, light)
    assert all(same(found, TRUE)) and counts(found) == (0, len(when), 0)


def test_a_missing_nucleus_of_which_nothing_is_seen_is_not_made_up():
    damaged = [without(TRUE[t], 40, 110 + t) if t == 4 else TRUE[t] for t in range(FRAMES)]
    found = repaired(damaged)
    assert all(same(found, damaged)) and counts(found) == (0, 0, 0)


def test_a_nucleus_that_is_never_seen_again_is_not_looked_for():
    damaged = [without(TRUE[t], 40, 110 + t) if t >= 4 else TRUE[t] for t in range(FRAMES)]
    light = [np.where(labels > 0, 0.3, 0.0) for labels in TRUE]
    assert all(same(repaired(damaged, light), damaged))


def dividing(apart):
    """Give a nucleus that becomes two in frame 3, so far apart in each frame from then on."""
    frames = []
    for t in range(FRAMES):
        others = movie()[t][1:]
        if t < 3:
            frames.append(drawn([(30.0, 40.0, RADIUS, RADIUS), *others]))
        else:
            off, small = apart[t - 3], RADIUS * 0.7
            two = [(30.0, 40.0 + side * off, small, small) for side in (-1, 1)]
            frames.append(drawn([*two, *others]))
    return frames


def test_a_division_is_not_undone():
    true = dividing([15, 17, 19, 21, 22, 22])
    assert all(same(repaired(true), true))


def test_a_nucleus_in_two_divides_when_its_halves_part():
    found = repaired(dividing([7, 8, 17, 20, 22, 22]))
    assert [int(frame.labels.max()) for frame in found] == [3, 3, 3, 3, 3, 4, 4, 4, 4]


def test_two_that_are_taken_for_one_are_cut_where_they_were_seen_apart():
    one, other = (50.0, 60.0, RADIUS, RADIUS), (50.0, 60.0 + 2 * RADIUS - 1, RADIUS, RADIUS)
    true = [drawn([one, other]) for _ in range(FRAMES)]
    damaged = [
        (labels > 0).astype(np.uint32) if t == 4 else labels for t, labels in enumerate(true)
    ]
    found = repaired(damaged)
    assert counts(found) == (0, 0, 1) and found[4].labels.max() == 2
    assert np.count_nonzero(found[4].labels != true[4]) < 0.05 * np.count_nonzero(true[4])


def test_movies_without_nuclei_are_no_trouble():
    empty = [np.zeros_like(TRUE[0])] * 3
    assert all(same(repaired(empty), empty))
