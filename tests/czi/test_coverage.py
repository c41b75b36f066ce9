"""Tiles that overlap, lie apart or leave gaps, against a picture on which they are painted."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from immunostain.czi.coverage import Rectangle, covered_area, uncovered

SHAPE = (30, 40)
TILES = st.lists(
    st.builds(
        Rectangle, st.integers(0, 30), st.integers(0, 20), st.integers(1, 10), st.integers(1, 10)
    ),
    min_size=1,
    max_size=8,
)


@given(TILES)
def test_tiles_cover_what_is_painted_with_them(tiles):
    painted = {
        (y, x)
        for tile in tiles
        for y in range(tile.y, tile.y + tile.height)
        for x in range(tile.x, tile.x + tile.width)
    }
    assert covered_area(tiles) == len(painted)
    beyond = uncovered(tiles, SHAPE)
    assert {tuple(place) for place in np.argwhere(~beyond).tolist()} == painted


def test_the_area_of_tiles_a_world_apart_takes_no_memory():
    far = [Rectangle(0, 0, 1000, 1000), Rectangle(2**31, 2**31, 10, 10)]
    assert covered_area(far) == 1_000_100
