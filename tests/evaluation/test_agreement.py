"""Scores, checked against brute force and known answers."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from immunostain.evaluation.agreement import IOUS, NONE, Agreement, agreement, overlaps

LABELS = hnp.arrays(np.int32, (5, 6), elements=st.integers(0, 4))


def slow_overlaps(annotated, found):
    rows = []
    for one in sorted(set(annotated.ravel().tolist()) - {0}):
        a = annotated == one
        others = (found == other for other in sorted(set(found.ravel().tolist()) - {0}))
        rows.append([(a & b).sum() / (a | b).sum() for b in others])
    return rows


def most_pairs(ious, least):
    """Try all one-to-one pairings."""
    ious = ious if len(ious) <= ious.shape[1] else ious.T
    rows, columns = ious.shape
    return max(
        sum(bool(ious[row, column] >= least) for row, column in enumerate(chosen))
        for chosen in itertools.permutations(range(columns), rows)
    )


@settings(deadline=None)
@given(LABELS, LABELS)
def test_overlaps_are_those_counted_one_by_one(annotated, found):
    expected = slow_overlaps(annotated, found)
    ious = overlaps(annotated, found)
    assert ious.shape == (len(expected), np.count_nonzero(np.unique(found)))
    if ious.size:
        np.testing.assert_allclose(ious, expected)


@settings(deadline=None)
@given(LABELS, LABELS, st.sampled_from([0.1, 0.3, *IOUS]))
def test_agreement_is_the_best_of_all_pairings(annotated, found, least):
    ious = overlaps(annotated, found)
    counted = agreement(ious, least)
    assert counted.both == most_pairs(ious, least)
    assert counted.both + counted.only_annotated == ious.shape[0]
    assert counted.both + counted.only_found == ious.shape[1]


@settings(deadline=None)
@given(LABELS)
def test_what_is_the_same_agrees_whatever_its_numbers(labels):
    ious = overlaps(labels, np.where(labels > 0, 50 - 7 * labels, 0))
    for least in (*IOUS, 1.0):
        counted = agreement(ious, least)
        assert counted.average_precision == counted.f1 == 1
        assert counted.both == np.count_nonzero(np.unique(labels))


@settings(deadline=None)
@given(LABELS, LABELS)
def test_swapping_the_two_swaps_the_counts(annotated, found):
    counted = agreement(overlaps(annotated, found), 0.5)
    swapped = agreement(overlaps(found, annotated), 0.5)
    assert swapped == Agreement(counted.both, counted.only_annotated, counted.only_found)


def test_known_answers():
    annotated = np.array([[1, 1, 1, 1, 0, 2, 2, 0, 3, 3]])
    found = np.array([[7, 7, 7, 0, 0, 0, 4, 4, 9, 9]])  # IoU 3/4, 1/3, 1
    ious = overlaps(annotated, found)
    np.testing.assert_allclose(ious, [[0, 3 / 4, 0], [1 / 3, 0, 0], [0, 0, 1]])
    assert agreement(ious, 0.5) == Agreement(2, 1, 1)
    assert agreement(ious, 0.5).average_precision == 0.5
    assert agreement(ious, 0.5).f1 == pytest.approx(2 / 3)
    assert agreement(ious, 0.75).both == 2  # inclusive
    assert agreement(ious, 0.8).both == 1
    assert agreement(ious, 0.3).both == 3


def test_one_that_was_cut_in_two_is_one_too_many_and_none_right():
    annotated = np.array([[1, 1, 1, 1]])
    halves = agreement(overlaps(annotated, np.array([[1, 1, 2, 2]])), 0.6)
    assert halves == Agreement(0, 2, 1)


def test_no_nuclei():
    empty, one = np.zeros((3, 3), int), np.eye(3, dtype=int)
    assert NONE.average_precision == NONE.f1 == 1
    assert agreement(overlaps(empty, empty), 0.5) == NONE
    missed, invented = (agreement(overlaps(*both), 0.5) for both in ((one, empty), (empty, one)))
    assert missed == Agreement(0, 0, 1) and invented == Agreement(0, 1, 0)
    assert missed.average_precision == missed.f1 == invented.average_precision == 0


def test_sums_are_over_pictures():
    assert Agreement(1, 2, 3) + Agreement(10, 20, 30) == Agreement(11, 22, 33)
    assert sum([Agreement(1, 0, 0), Agreement(1, 2, 0)], NONE).average_precision == 0.5
