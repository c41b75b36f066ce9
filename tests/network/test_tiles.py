"""Pictures through the network tile by tile: as if they had gone through it whole."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import CPU, by_torch, random_network

from immunostain.network.input import network_input, stretch_range
from immunostain.network.predictor import SIZES
from immunostain.network.tiles import INNER, MIRRORED, Tile, cut_tiles, run_network, whole_maps
from immunostain.network.unet import short_float
from immunostain.shared.resampling import resample

WIDTHS = (4, 4, 6, 6)  # as many resolutions as the real one, so it sees as far
SHAPES = [(1, 1), (16, 2000), (513, 700), (1100, 1300), (825, 824), (1600, 8)]


def nuclei_picture(shape):
    """Draw blurred noise, coarse and fine."""
    rng = np.random.default_rng(0)
    coarse = rng.normal(size=(shape[0] // 9 + 1, shape[1] // 9 + 1))
    return (1000 + 300 * resample(coarse, shape) + rng.normal(0, 20, shape)).astype(np.float32)


def padded(picture, multiple=8):
    """Mirror a picture at its edges and show it as the network wants it, whole."""
    after = [-(-(side + MIRRORED) // multiple) * multiple - side for side in picture.shape]
    wide = np.pad(picture, [(MIRRORED, more) for more in after], "symmetric")
    return network_input(wide, *stretch_range(picture))


def inside(picture):
    return tuple(slice(MIRRORED, MIRRORED + side) for side in picture.shape)


@pytest.mark.parametrize("shape", SHAPES)
def test_tiles_meet_without_a_seam(shape):
    """Compare in 32-bit numbers, of which the order of adding changes only the last digits."""
    network = random_network(*WIDTHS)
    picture = nuclei_picture(shape)
    with torch.inference_mode():
        whole = network(torch.from_numpy(padded(picture))[None])[0].numpy()
        whole = whole[(slice(None), *inside(picture))]
        seen = np.zeros(shape, int)
        for tile in cut_tiles(picture, shape, 0, network.multiple):
            maps = network(torch.from_numpy(tile.input)[None])[0].numpy()
            part = maps[(slice(None), *tile.inner)]
            np.testing.assert_allclose(part, whole[(slice(None), *tile.kept)], atol=1e-4)
            seen[tile.kept] += 1
    assert (seen == 1).all()
    assert picture.size == 1 or whole.std((1, 2)).min() > 0.02  # there is something to see


@pytest.mark.parametrize("shape", [(16, 1100), (513, 700)])
def test_whole_maps_are_those_of_the_whole_picture(shape):
    network = random_network(*WIDTHS)
    picture = nuclei_picture(shape)
    everything = tuple(slice(0, side) for side in shape)
    tile = Tile(0, padded(picture), everything, inside(picture))
    ready = by_torch(network)
    ((_, whole),) = run_network(ready, [tile])
    maps = whole_maps(ready, picture, shape)
    assert maps.shape == (3, *shape) and maps.dtype == np.float32
    # 16-bit numbers have 8 binary digits; the logarithm of the size is up to 3.
    np.testing.assert_allclose(maps, whole, atol=1e-4 if short_float(CPU) is None else 3 / 2**7)
    assert maps[:2].min() >= 0 and maps[:2].max() <= 1
    assert SIZES[0] <= maps[2].min() and maps[2].max() <= SIZES[1]


@settings(deadline=None, max_examples=40)
@given(
    st.tuples(st.integers(1, 1300), st.integers(1, 1300)),
    st.tuples(st.integers(1, 70), st.integers(1, 70)),
    st.sampled_from([1, 2, 4, 8]),
)
def test_what_is_kept_of_tiles_is_the_picture_once(shape, old, multiple):
    seen = np.zeros(shape, np.uint8)
    for tile in cut_tiles(np.zeros(old, np.uint8), shape, 7, multiple):
        assert tile.number == 7 and tile.input.dtype == np.float32
        assert tile.input.shape[0] == 2
        assert not any(side % multiple for side in tile.input.shape[1:])
        part = tile.input[0][tile.inner]
        assert part.shape == seen[tile.kept].shape  # none ends beyond the tile
        assert max(part.shape) < INNER + 60
        seen[tile.kept] += 1
    assert (seen == 1).all()


@pytest.mark.parametrize("shape", [(600, 900), (150, 1000), (40, 30)])
def test_tiles_show_the_picture_at_the_networks_resolution(shape):
    picture = nuclei_picture((300, 450))
    whole = resample(picture, shape)
    shown = np.empty(shape)
    for tile in cut_tiles(picture, shape, 0, 8):
        shown[tile.kept] = tile.input[0][tile.inner]
    between = (shown > -1) & (shown < 4)
    assert between.mean() > 0.9
    stretched = np.polyval(np.polyfit(whole[between], shown[between], 1), whole[between])
    np.testing.assert_allclose(shown[between], stretched, atol=1e-3)


def test_all_tiles_of_a_large_picture_are_stretched_alike():
    picture = np.random.default_rng(0).integers(0, 4096, (100, 3000), np.uint16)
    picture[:, 1500:] //= 8
    ranges = set()
    for tile in cut_tiles(picture, picture.shape, 0, 8):
        even, pixels = tile.input[0][tile.inner], picture[tile.kept].astype(float)
        between = (even > -1) & (even < 4)
        ranges.add(tuple(np.round(np.polyfit(pixels[between], even[between], 1), 5)))
    assert len(ranges) == 1


def test_tiles_of_several_pictures_go_together_and_come_in_their_order():
    network, shown = by_torch(random_network(*WIDTHS)), []

    def answer(pictures):
        shown.append(len(pictures))
        return network.answer(pictures)

    rng = np.random.default_rng(0)
    pictures = [rng.random((40, 60)) for _ in range(5)] + [rng.random((90, 20)), rng.random((8, 8))]

    def tiles():
        for number, picture in enumerate(pictures):
            yield from cut_tiles(picture, picture.shape, number, 8)

    three = replace(network, answer=answer, at_once=3)
    together = list(run_network(three, tiles()))
    assert shown == [3, 2, 1, 1]
    assert [tile.number for tile, _ in together] == list(range(7))
    for (_, maps), (_, alone) in zip(together, run_network(network, tiles()), strict=True):
        np.testing.assert_allclose(maps, alone, atol=3 / 2**7)
    assert list(run_network(three, [])) == []
