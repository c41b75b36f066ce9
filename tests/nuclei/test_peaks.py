"""Peaks that stand out: by hand, and against a reconstruction."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage
from skimage.morphology import local_maxima, reconstruction

from immunostain.nuclei.peaks import outstanding_peaks

EIGHT = np.ones((3, 3), bool)


def peaks(row, height, mask=None):
    row = np.array([row], float)
    return outstanding_peaks(row, row > 0 if mask is None else mask, height)[0].tolist()


def test_the_lower_of_two_peaks_counts_if_the_pass_is_deep_enough():
    assert peaks([1, 9, 5, 7, 1], 2) == [0, 1, 0, 2, 0]
    assert peaks([1, 9, 5, 7, 1], 2.1) == [0, 1, 0, 0, 0]


def test_a_peak_counts_that_is_behind_a_lower_one():
    assert peaks([9, 4, 6, 5, 9], 3) == [1, 0, 0, 0, 2]


def test_no_way_leads_out_of_the_mask():
    assert peaks([9, 8, 0, 8, 9], 5) == [1, 0, 0, 0, 2]
    assert peaks([0, 0, 0], 1) == [0, 0, 0]


def test_of_equal_peaks_without_a_deep_pass_one_counts():
    assert sorted(peaks([9, 8, 9, 8, 9], 2)) == [0, 0, 0, 0, 1]


def test_a_plateau_is_one_peak():
    assert peaks([3, 7, 7, 7, 2, 5], 1) == [0, 1, 1, 1, 0, 2]


@settings(deadline=None, max_examples=200)
@given(
    st.tuples(st.integers(1, 12), st.integers(1, 12)).flatmap(
        lambda shape: st.tuples(
            hnp.arrays(np.int64, shape, elements=st.integers(1, 9)), hnp.arrays(bool, shape)
        )
    ),
    st.integers(1, 6),
)
def test_each_regional_maximum_of_the_reconstruction_has_one_peak(drawn, height):
    picture, mask = drawn
    picture = picture.astype(float)
    found = outstanding_peaks(picture, mask, height - 0.5)
    low = np.where(mask, picture, -20.0)
    flooded = np.where(mask, reconstruction(low - (height - 0.5), low, footprint=EIGHT), -40)
    tops = local_maxima(np.pad(flooded, 1, constant_values=-40), connectivity=2)[1:-1, 1:-1]
    regions, count = ndimage.label(tops & mask, EIGHT)
    assert found.max(initial=0) == count
    assert sorted({(regions[at], n) for at, n in np.ndenumerate(found) if n}) == sorted(
        {(regions[np.nonzero(found == n)][0], n) for n in range(1, count + 1)}
    )
    assert len({regions[np.nonzero(found == n)][0] for n in range(1, count + 1)}) == count
