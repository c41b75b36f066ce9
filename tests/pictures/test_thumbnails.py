"""Thumbnails for the report."""

import imagecodecs
import numpy as np
import pytest

from immunostain.pictures import thumbnails
from immunostain.pictures.thumbnails import contours, reduction, shrunk, write_thumbnail


@pytest.mark.parametrize("shape", [(1, 1), (7, 240), (241, 3), (500, 2048), (481, 481), (8, 4096)])
def test_a_thumbnail_fits(shape):
    factor = reduction(shape)
    picture = shrunk(np.zeros(shape, np.uint8), factor)
    assert max(picture.shape) <= 240
    assert max(shape) <= 240 or max(picture.shape) >= 120
    assert contours(np.ones(shape, np.uint32), factor).shape == picture.shape


def test_a_thumbnail_has_the_means_of_the_pixels(monkeypatch):
    picture = np.random.default_rng(0).integers(0, 256, (50, 61), np.uint8)
    monkeypatch.setattr(thumbnails, "AT_ONCE", 61 * 13)  # 13 rows at once, cut to 12
    small = shrunk(picture, 4)
    assert small.shape == (13, 16)
    for y, x in np.ndindex(small.shape):
        mean = picture[4 * y : 4 * y + 4, 4 * x : 4 * x + 4].mean()
        assert abs(small[y, x] - mean) <= 0.5


def test_contours_are_one_pixel_wide_at_every_size():
    y, x = np.indices((2000, 2000))
    labels = np.uint32((x - 1000) ** 2 + (y - 1000) ** 2 < 400**2)
    line = contours(labels, 9)
    across = line[1000 // 9]
    assert across.sum() == 2
    assert np.flatnonzero(across) * 9 == pytest.approx([600, 1400], abs=9)


def test_nuclei_that_would_be_nothing_but_contour_have_none():
    labels = np.zeros((900, 900), np.uint32)
    labels[100:120, 100:120] = 1
    assert not contours(labels, 9).any()
    labels[300:340, 300:340] = labels[400:440, 300:340] = 2
    labels[400:440, 300:340] = 3
    assert contours(labels, 9).sum() > 20


def test_a_thumbnail_is_small_and_shows_colours_and_contours(tmp_path):
    rng = np.random.default_rng(0)
    y, x = np.indices((228, 228))
    nucleus = (x - 110) ** 2 + (y - 110) ** 2 < 60**2
    blue = np.where(nucleus, 200, 20) + rng.integers(-5, 5, nucleus.shape)
    line = contours(nucleus.astype(np.uint32), 1)
    path = tmp_path / "s000_t0000.webp"
    write_thumbnail(path, [np.zeros((228, 228), np.uint8), blue.astype(np.uint8)], 1, line)
    assert path.stat().st_size < 8000
    drawn = imagecodecs.webp_decode(path.read_bytes())[..., :3].astype(int)
    assert drawn.shape == (228, 228, 3)
    assert drawn[110, 110] == pytest.approx([55, 78, 200], abs=15)
    assert drawn[5, 5].max() < 50
    assert drawn[line].min(axis=1).mean() > 130
