"""Nuclei of a label image get other numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from immunostain.images.numbers import renumber


@given(
    arrays(
        np.uint32,
        st.tuples(st.integers(1, 9), st.integers(1, 9)),
        elements=st.integers(0, 4),
    ),
    st.lists(st.integers(0, 99), min_size=4, max_size=4),
)
def test_each_number_becomes_its_new_one(labels, new):
    numbers = np.array([0, *new], np.uint32)
    expected = numbers[labels]
    renumber(labels, numbers)
    np.testing.assert_array_equal(labels, expected)


def test_it_is_done_in_place_or_not_at_all():
    with pytest.raises(ValueError):
        renumber(np.ones((4, 4), np.uint32).T[1:], np.array([0, 5], np.uint32))
