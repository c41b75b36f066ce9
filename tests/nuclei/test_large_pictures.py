"""Bands and windows: large pictures, cut, give what they give in one piece."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from immunostain.images.eight_bit import brightness_range
from immunostain.images.frames import read_picture, write_labels
from immunostain.nuclei import from_maps, separation
from immunostain.nuclei.from_maps import nuclei_of_maps
from immunostain.nuclei.labels import label_nuclei
from immunostain.shared import large_pictures
from immunostain.shared.large_pictures import Numbers, windows
from immunostain.shared.resampling import resample


@given(st.tuples(st.integers(0, 70), st.integers(1, 70)), st.integers(1, 20), st.integers(0, 9))
def test_each_pixel_is_in_one_window_with_its_surroundings(shape, side, margin):
    seen = np.zeros(shape, int)
    for window in windows(shape, side, margin):
        seen[window.inner] += 1
        for inner, outer, length in zip(window.inner, window.outer, shape, strict=True):
            assert outer.start == max(0, inner.start - margin)
            assert outer.stop == min(length, inner.stop + margin)
        np.testing.assert_array_equal(seen[window.outer][window.kept], seen[window.inner])
    assert (seen == 1).all()


def test_a_place_has_the_same_number_in_all_windows():
    one, two = windows((10, 30), 20, 5)[0], windows((10, 30), 16, 5)[1]
    numbers = Numbers(30)
    assert numbers.numbers_at(one, np.array([2, 3]), np.array([4, 20])).tolist() == [0, 1, 2]
    assert numbers.numbers_at(two, np.array([3, 3]), np.array([10, 20 - 11])).tolist() == [0, 3, 2]


def scattered(seed: int, shape: tuple[int, int], radius: tuple[int, int], count: int):
    """Draw the depth, from 0 to 1, of discs at random places: some touch, some overlap."""
    rng = np.random.default_rng(seed)
    y, x = np.indices(shape)
    depth = np.zeros(shape)
    for _ in range(count):
        cy, cx, r = rng.uniform(0, shape[0]), rng.uniform(0, shape[1]), rng.uniform(*radius)
        depth = np.maximum(depth, 1 - np.hypot(y - cy, x - cx) / r)
    return depth


@pytest.mark.parametrize(("zoom", "minimum_area"), [(1, 60), (1.5, None)])
@pytest.mark.parametrize("separate", [True, False])
@pytest.mark.parametrize("seed", [0, 1])
def test_maps_in_windows_give_the_same_nuclei(monkeypatch, separate, zoom, minimum_area, seed):
    depth = scattered(seed, (300, 260), (7, 12), 120)
    maps = np.rint(255 * np.array([np.clip(6 * depth, 0, 1), depth])).astype(np.uint8)
    maps[0][maps[1] > 240] = 0  # holes
    shape = tuple(int(side * zoom) for side in depth.shape)
    whole = nuclei_of_maps(maps, shape, 0.5, minimum_area, separate, True)
    monkeypatch.setattr(from_maps, "WINDOW", 96)
    monkeypatch.setattr(from_maps, "MARGIN", 96)
    monkeypatch.setattr(large_pictures, "AT_ONCE", 5000)
    cut = nuclei_of_maps(maps, shape, 0.5, minimum_area, separate, True)
    assert whole[0].max() > 20
    for one, other in zip(whole, cut, strict=True):
        # A pixel that is enlarged to exactly the level may be rounded either way.
        assert np.count_nonzero(one != other) <= (0 if zoom == 1 else 20)


def sheet(seed: int, side: int, radius: float) -> np.ndarray:
    """Draw a sheet of discs that touch in rows, columns and here and there."""
    rng = np.random.default_rng(seed)
    at = np.arange(radius, side - radius, 1.9 * radius)
    mask, (y, x) = np.zeros((side, side), bool), np.indices((side, side))
    for cy in at:
        for cx in at:
            dy, dx = rng.normal(0, radius / 12, 2)
            mask |= np.hypot(y - cy - dy, x - cx - dx) < radius * rng.uniform(0.9, 1.1)
    return mask


@pytest.mark.parametrize(("radius", "side"), [(9, 240), (34, 620)])
def test_a_sheet_of_touching_nuclei_is_cut_in_windows_as_in_one_piece(monkeypatch, radius, side):
    mask = sheet(1, side, radius)
    assert label_nuclei(mask, 60, False, False)[0].max() < 10
    whole = label_nuclei(mask, 60, True, True)
    monkeypatch.setattr(separation, "WINDOW", 8 * radius)
    monkeypatch.setattr(separation, "MARGIN", 8 * radius)
    cut = label_nuclei(mask, 60, True, True)
    assert whole[0].max() > 35
    assert cut[0].max() == whole[0].max()
    # Where a window's edge cuts a spur off, a few pixels may go to another nucleus.
    assert np.count_nonzero(whole[0] != cut[0]) < 0.001 * np.count_nonzero(mask)


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 500), st.booleans(), st.booleans())
def test_bands_do_not_change_labels(seed, at_once, separate, border):
    mask = np.random.default_rng(seed).random((30, 23)) > 0.6
    whole = label_nuclei(mask, 3, separate, border)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large_pictures, "AT_ONCE", at_once)
        banded = label_nuclei(mask, 3, separate, border)
    for one, other in zip(whole, banded, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_large_picture_is_resampled_in_bands(monkeypatch):
    picture = np.random.default_rng(1).integers(0, 4000, (300, 200)).astype(np.uint16)
    for shape in ((150, 100), (77, 201), (640, 333)):
        whole = resample(picture, shape)
        monkeypatch.setattr(large_pictures, "AT_ONCE", 6000)
        np.testing.assert_allclose(resample(picture, shape), whole, rtol=1e-5)
        monkeypatch.undo()


def test_label_images_of_several_strips(tmp_path, monkeypatch):
    monkeypatch.setattr(large_pictures, "AT_ONCE", 30)
    labels = np.arange(70, dtype=np.uint32).reshape(7, 10)
    write_labels(tmp_path, 0, 0, labels, np.zeros((7, 10), bool))
    np.testing.assert_array_equal(read_picture(tmp_path, 0, 0), labels)


def test_brightness_of_a_picture_of_several_bands():
    picture = np.random.default_rng(1).integers(0, 65536, (1100, 1000)).astype(np.uint16)
    low, high = brightness_range(picture)
    assert low == picture.min()
    assert high == pytest.approx(np.percentile(picture[picture > 0], 99.99))
