"""Runs of pixels tell the same of nuclei as pixels do."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from immunostain.images.runs import areas, boxes_of_runs, runs_of, runs_of_nuclei

SHAPES = st.tuples(st.integers(1, 7), st.integers(1, 7))


def numbered(values: np.ndarray) -> np.ndarray:
    """Make of any numbers labels 1..n, each of which has a pixel."""
    return np.unique(np.append(values.ravel(), 0), return_inverse=True)[1][:-1].reshape(
        values.shape
    )


@given(arrays(np.uint32, SHAPES, elements=st.integers(0, 4)))
def test_boxes_and_areas_are_those_of_the_pixels(values):
    labels = numbered(values)
    runs = runs_of(labels)
    assert areas(runs).tolist() == np.bincount(labels.ravel())[1:].tolist()
    boxes = boxes_of_runs(*runs_of_nuclei(runs)).T.tolist()
    expected = ndimage.find_objects(labels)
    assert boxes == [[y.start, y.stop, x.start, x.stop] for y, x in expected]
