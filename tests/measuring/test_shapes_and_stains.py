"""Measuring nuclei, against brute force and scikit-image."""

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial import cKDTree
from skimage.measure import perimeter, regionprops
from skimage.segmentation import expand_labels

from immunostain.images.runs import runs_of
from immunostain.measuring import rings
from immunostain.measuring.rings import perinuclear_ring
from immunostain.measuring.shapes import measure_shapes
from immunostain.measuring.stains import background_level, sum_per_label
from immunostain.shared import borders, large_pictures


def renumbered(labels):
    """Number from 1 without gaps."""
    values, inverse = np.unique(labels, return_inverse=True)
    number = np.cumsum(values > 0)
    return number[inverse].reshape(labels.shape).astype(np.uint32)


LABELS = hnp.arrays(
    np.uint32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=14), elements=st.integers(0, 6)
).map(renumbered)
EMPTY = np.zeros((6, 9), np.uint32)


def set_pixels_at_once(monkeypatch, pixels):
    monkeypatch.setattr(large_pictures, "AT_ONCE", pixels)
    monkeypatch.setattr(borders, "IN_CACHE", pixels)
    monkeypatch.setattr("immunostain.images.runs.IN_CACHE", pixels)
    monkeypatch.setattr(rings, "_WITH_DISTANCES", pixels)


@pytest.fixture(params=[None, 1, 30])
def rows_at_once(request, monkeypatch):
    """Work on pictures at one go, row by row, and in bands of a few rows, of 30 pixels."""
    if request.param:
        set_pixels_at_once(monkeypatch, request.param)


# The size of bands is the same for all examples of a test.
examples = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def sums(labels, picture):
    return sum_per_label(runs_of(labels), picture)


def discs(shape, *circles):
    y, x = np.indices(shape)
    labels = np.zeros(shape, np.uint32)
    for number, (cy, cx, r) in enumerate(circles, 1):
        labels[(y - cy) ** 2 + (x - cx) ** 2 <= r**2] = number
    return labels


def ring_of(labels, width, dropped=None):
    """Paint what `perinuclear_ring` gives."""
    ring = perinuclear_ring(labels, width, dropped)
    lengths = np.diff(ring.start, append=labels.size)
    return np.repeat(ring.label, lengths).reshape(labels.shape)


@pytest.mark.usefixtures("rows_at_once")
@examples
@given(LABELS)
def test_runs_are_pieces_of_rows_of_one_label(labels):
    runs = runs_of(labels)
    expected, place = [], 0
    for row in labels.tolist():
        for label, pixels in itertools.groupby(row):
            expected.append((place, label))
            place += len(list(pixels))
    assert list(zip(runs.start.tolist(), runs.label.tolist(), strict=True)) == expected
    assert runs.shape == labels.shape
    assert runs.count == labels.max()


@pytest.mark.usefixtures("rows_at_once")
@examples
@given(LABELS)
def test_shapes_equal_scikit_images(labels):
    found = measure_shapes(labels)
    regions = regionprops(labels)
    assert {len(values) for values in found.values()} == {len(regions)}
    for index, region in enumerate(regions):
        y, x = region.centroid
        assert found["area_px"][index] == region.area
        assert found["x_px"][index] == pytest.approx(x, abs=1e-9)
        assert found["y_px"][index] == pytest.approx(y, abs=1e-9)
        assert found["perimeter_px"][index] == pytest.approx(
            perimeter(labels == region.label), abs=1e-9
        )
        # scikit-image takes pixels for points; a square has a variance of 1/12 of its own.
        long, short = np.array(region.inertia_tensor_eigvals) + 1 / 12
        # Near 0 the square root turns rounding errors of 1e-16 into 1e-8.
        assert found["eccentricity"][index] == pytest.approx(np.sqrt(1 - short / long), abs=1e-6)


@pytest.mark.usefixtures("rows_at_once")
@examples
@given(LABELS)
def test_touching_the_border(labels):
    inner = labels[1:-1, 1:-1]
    found = measure_shapes(labels)["touches_border"]
    for number, touches in enumerate(found, 1):
        assert touches == ((labels == number).sum() > (inner == number).sum())


def test_a_disc_and_an_ellipse():
    found = measure_shapes(discs((80, 100), (40, 60, 20)))
    assert found["x_px"] == 60
    assert found["y_px"] == 40
    assert found["area_px"] == pytest.approx(np.pi * 20**2, rel=0.01)
    assert found["eccentricity"] == pytest.approx(0, abs=0.1)
    y, x = np.indices((80, 100))
    ellipse = (((y - 40) / 12) ** 2 + ((x - 50) / 30) ** 2 <= 1).astype(np.uint32)
    eccentricity = measure_shapes(ellipse)["eccentricity"]
    assert eccentricity == pytest.approx(np.sqrt(1 - (12 / 30) ** 2), abs=0.005)


def test_a_rectangle():
    labels = np.zeros((30, 40), np.uint32)
    labels[3:13, 10:30] = 1
    found = measure_shapes(labels)
    assert found["area_px"] == 200
    assert found["perimeter_px"] == 2 * (9 + 19), "through the centres of the outermost pixels"
    assert found["eccentricity"] == pytest.approx(np.sqrt(1 - (10 / 20) ** 2))
    assert (found["x_px"], found["y_px"]) == (19.5, 7.5)


def test_centre_far_from_the_origin_keeps_its_shape():
    """Second moments taken about the origin would lose their digits here."""
    near, far = np.zeros((10, 10), np.uint32), np.zeros((4000, 4100), np.uint32)
    near[2:5, 2:7] = far[3992:3995, 4082:4087] = 1
    one, other = measure_shapes(near), measure_shapes(far)
    assert other["eccentricity"] == pytest.approx(one["eccentricity"], abs=1e-12)
    assert (other["x_px"] - one["x_px"], other["y_px"] - one["y_px"]) == (4080, 3990)


@pytest.mark.usefixtures("rows_at_once")
@examples
@given(st.data())
def test_sums_are_exact(data):
    labels = data.draw(LABELS)
    dtype = data.draw(st.sampled_from([np.uint8, np.uint16]))
    picture = data.draw(hnp.arrays(dtype, labels.shape))
    found = sums(labels, picture)
    pixels = list(zip(labels.ravel().tolist(), picture.ravel().tolist(), strict=True))
    expected = [sum(v for n, v in pixels if n == m) for m in range(labels.max() + 1)]
    assert found.dtype == np.int64
    assert found.tolist() == expected


def test_sums_of_saturated_pixels_do_not_overflow():
    labels = np.ones((400, 400), np.uint32)
    labels[0, 0] = 2
    picture = np.full((400, 400), 65535, np.uint16)
    assert 65535 * 159_999 > 2**32
    assert sums(labels, picture).tolist() == [0, 65535 * 159_999, 65535]


def test_sums_of_floating_point_pixels():
    labels = np.array([[1, 1, 0], [2, 2, 2]], np.uint32)
    picture = np.array([[0.5, 0.25, 9], [-1.5, 2, 1]], np.float32)
    found = sums(labels, picture)
    assert found.dtype == np.float64
    assert found.tolist() == [9, 0.75, 1.5]


def test_no_nuclei():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = measure_shapes(EMPTY)
    assert all(len(values) == 0 for values in found.values())
    assert sums(EMPTY, np.ones(EMPTY.shape, np.uint16)).tolist() == [54]
    assert not ring_of(EMPTY, 3).any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 8), (8, 1)])
def test_thin_pictures(shape):
    found = measure_shapes(np.ones(shape, np.uint32))
    (region,) = regionprops(np.ones(shape, int))
    assert found["area_px"] == region.area
    assert found["perimeter_px"] == pytest.approx(perimeter(np.ones(shape, bool)))
    assert found["eccentricity"] == pytest.approx(np.sqrt(1 - 1 / max(shape) ** 2))
    assert found["touches_border"].all()


def test_more_nuclei_than_16_bits_can_number():
    labels = np.zeros((600, 600), np.uint32)
    labels[::2, ::2] = np.arange(1, 90_001).reshape(300, 300)
    picture = np.arange(360_000, dtype=np.uint32).reshape(600, 600) % 65536
    found = sums(labels, picture.astype(np.uint16))
    assert np.array_equal(found[1:], picture[::2, ::2].ravel())
    assert (measure_shapes(labels)["area_px"] == 1).all()


# ---- rings ----


@pytest.mark.usefixtures("rows_at_once")
@examples
@given(LABELS, st.sampled_from([0.5, 1, 1.5, 2, 3.7, 50]))
def test_a_ring_holds_what_is_within_reach_of_the_nearest_nucleus(labels, width):
    ring = ring_of(labels, width)
    nuclei = np.argwhere(labels)
    for y, x in np.argwhere(labels == 0) if len(nuclei) else ():
        distances = np.sqrt(((nuclei - (y, x)) ** 2).sum(1))
        nearest = labels[tuple(nuclei[distances == distances.min()].T)]
        if distances.min() <= width:
            assert ring[y, x] in nearest, "of one of the nearest"
        else:
            assert ring[y, x] == 0
    assert not ring[labels > 0].any()


def test_a_ring_equals_scikit_images_where_no_two_nuclei_are_equally_near():
    rng = np.random.default_rng(2)
    for width in (1, 2.5, 6, 20):
        circles = [(rng.uniform(5, 95), rng.uniform(5, 125), rng.uniform(3, 9)) for _ in range(9)]
        labels = renumbered(discs((100, 130), *circles))
        expected = expand_labels(labels, width)
        expected[labels > 0] = 0
        found = ring_of(labels, width)
        background = np.argwhere(labels == 0)
        trees = [cKDTree(np.argwhere(labels == n)) for n in range(1, labels.max() + 1)]
        near = np.sort([tree.query(background)[0] for tree in trees], axis=0)
        alone = np.zeros(labels.shape, bool)
        alone[tuple(background[near[0] < near[1]].T)] = True
        assert alone.mean() > 0.5
        assert np.array_equal(found[alone], expected[alone])


def test_the_ring_of_a_disc_has_the_area_of_a_ring():
    labels = discs((120, 120), (60, 60, 20))
    area = (ring_of(labels, 10) > 0).sum()
    assert area == pytest.approx(np.pi * (30**2 - 20**2), rel=0.02)


def test_crowded_nuclei_share_what_room_there_is():
    labels = np.repeat(np.repeat(np.arange(1, 26).reshape(5, 5), 4, 0), 4, 1).astype(np.uint32)
    assert not ring_of(labels, 5).any()
    labels[8, 8] = 0
    ring = ring_of(labels, 5)
    assert (ring > 0).sum() == 1
    assert ring[8, 8] in labels[7:10, 7:10]


def test_a_ring_keeps_out_of_nuclei_that_were_dropped():
    labels = discs((60, 60), (30, 30, 8))
    dropped = discs((60, 60), (30, 50, 10)) > 0
    whole = ring_of(labels, 15)
    ring = ring_of(labels, 15, dropped)
    assert (whole[dropped] > 0).any()
    assert not ring[dropped].any()
    assert np.array_equal(ring[~dropped], whole[~dropped])


@pytest.mark.parametrize("width", [1, 3.7, 12])
def test_a_ring_in_bands_is_that_of_the_whole_picture(monkeypatch, width):
    """Ties included: what is equally near to two nuclei goes to the same one."""
    rng = np.random.default_rng(5)
    circles = [(rng.integers(0, 90), rng.integers(0, 120), rng.integers(2, 9)) for _ in range(40)]
    labels = renumbered(discs((90, 120), *circles))
    dropped = (labels == 0) & (rng.random(labels.shape) < 0.1)
    whole = ring_of(labels, width, dropped)
    set_pixels_at_once(monkeypatch, 700)
    assert np.array_equal(ring_of(labels, width, dropped), whole)


def test_no_width_no_ring():
    assert not ring_of(discs((40, 40), (20, 20, 5)), 0).any()


# ---- background ----


@pytest.mark.usefixtures("rows_at_once")
@examples
@given(st.data())
def test_the_background_is_the_median_of_what_is_in_no_nucleus(data):
    labels = data.draw(LABELS)
    dtype = data.draw(st.sampled_from([np.uint8, np.uint16]))
    picture = data.draw(hnp.arrays(dtype, labels.shape))
    outside = sorted(v for v, n in zip(picture.flat, labels.flat, strict=True) if n == 0)
    middle = len(outside) // 2
    if not outside:
        expected = 0
    elif len(outside) % 2:
        expected = outside[middle]
    else:
        expected = (int(outside[middle - 1]) + int(outside[middle])) / 2
    runs = runs_of(labels)
    assert background_level(runs, picture) == expected
    assert background_level(runs, picture.astype(np.float32)) == expected


# ---- bands ----


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_bands_change_no_digit(monkeypatch, dtype):
    rng = np.random.default_rng(6)
    circles = [(rng.integers(0, 90), rng.integers(0, 120), rng.integers(2, 20)) for _ in range(30)]
    labels = renumbered(discs((90, 120), *circles))
    picture = (rng.random(labels.shape) * 255).astype(dtype)

    def everything():
        runs = runs_of(labels)
        columns = measure_shapes(labels, runs)
        columns["sums"] = sum_per_label(runs, picture)
        columns["background"] = background_level(runs, picture)
        columns["ring"] = sum_per_label(perinuclear_ring(labels, 4), picture)
        return {name: np.asarray(values).tolist() for name, values in columns.items()}

    whole = everything()
    set_pixels_at_once(monkeypatch, 500)
    assert everything() == whole
