"""Which region of a frame is shown."""

import numpy as np
import pytest
from drawn_nuclei import drawn

from immunostain.preview.regions import regions_of


@pytest.mark.parametrize("shape", [(300, 420), (500, 30), (1, 1)])
def test_a_small_frame_is_shown_whole(shape):
    (region,) = regions_of(np.ones(shape, np.uint16), 26.0, 2)
    assert (region.height, region.width) == (region.window_height, region.window_width) == shape


def test_of_a_large_frame_regions_are_shown_in_which_there_is_much_to_see():
    frame = np.full((2000, 2000), 100, np.uint16)
    nuclei = drawn(20, 12, 12)
    frame[1200 : 1200 + nuclei.shape[0], 300 : 300 + nuclei.shape[1]] = nuclei
    first, second = regions_of(frame, 20.0, 2)
    assert frame[first.window()].std() > 50
    assert first.height == first.width == 192
    assert (first.top, first.left) != (second.top, second.left)
    for region in (first, second):
        rows, columns = region.in_window()
        inner = frame[region.window()][rows, columns]
        shown = frame[
            region.top : region.top + region.height, region.left : region.left + region.width
        ]
        np.testing.assert_array_equal(inner, shown)


@pytest.mark.parametrize("diameter", [3.0, 26.0, 90.0, 800.0, None])
@pytest.mark.parametrize("shape", [(2048, 2048), (700, 3000), (5000, 300)])
def test_regions_lie_in_the_frame_with_a_margin_where_there_is_one(shape, diameter):
    frame = np.random.default_rng(1).integers(0, 9, shape).astype(np.uint8)
    for region in regions_of(frame, diameter, 2):
        assert frame[region.window()].shape == (region.window_height, region.window_width)
        assert 0 <= region.window_top <= region.top and 0 <= region.window_left <= region.left
        assert region.top + region.height <= region.window_top + region.window_height <= shape[0]
        assert region.left + region.width <= region.window_left + region.window_width <= shape[1]
        assert max(region.window_height, region.window_width) <= 1024 or diameter is None or (
            region.window_height, region.window_width) == shape  # fmt: skip


def test_pixels_that_tell_nothing_are_nothing_to_see():
    frame = np.ma.MaskedArray(np.full((2000, 2000), 100, np.uint16), False)
    frame[:900] = np.ma.masked
    frame.data[:900:7] = 60_000
    frame[1500:1600, 1500:1600] = 400
    (region,) = regions_of(frame, 20.0, 1)
    assert region.top <= 1600 and region.top + region.height >= 1500
