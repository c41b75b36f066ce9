"""TIFF files of pictures."""

import numpy as np
import pytest
import skimage.io
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from immunostain.shared import large_pictures
from immunostain.shared.tiff import write_tiff

LABELS = np.arange(24, dtype=np.uint32).reshape(4, 6) * 3_000_000


@pytest.mark.parametrize("at_once", [None, 7])
@pytest.mark.parametrize("size", [None, (0.325, 0.65)])
def test_every_reader_gets_the_values(tmp_path, monkeypatch, size, at_once):
    monkeypatch.setattr(large_pictures, "AT_ONCE", at_once or 1 << 24)
    write_tiff(tmp_path / "a.tif", LABELS, size)
    for read in (tifffile.imread, skimage.io.imread):
        picture = read(tmp_path / "a.tif")
        assert picture.dtype == np.uint32
        assert np.array_equal(picture, LABELS)


@settings(deadline=None)
@given(st.tuples(*[st.floats(1e-3, 1e3)] * 2))
def test_the_size_of_a_pixel_is_told(tmp_path_factory, size):
    path = tmp_path_factory.mktemp("size") / "a.tif"
    write_tiff(path, LABELS, size)
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        assert page.resolutionunit == tifffile.RESUNIT.CENTIMETER
        assert [10_000 / number for number in page.resolution] == pytest.approx(size, rel=1e-7)


@pytest.mark.parametrize("size", [None, (1e-9, 1e-9), (1e15, 0.5), (0.0, 0.5), (0.5, np.inf)])
def test_a_size_that_is_not_known_or_no_fraction_holds_is_left_out(tmp_path, size):
    write_tiff(tmp_path / "a.tif", LABELS, size)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.pages[0].resolutionunit == tifffile.RESUNIT.NONE
        assert file.pages[0].resolution == (1, 1)
