"""Pictures of any size through the neural network, a tile at a time."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeVar

import numpy as np

from immunostain.network.input import network_input, stretch_range
from immunostain.network.predictor import SIZE, SIZES, Predictor
from immunostain.shared.left_out import left_out
from immunostain.shared.resampling import resample

INNER = 768  # pixels of a tile that are kept, and MARGIN more at most
MARGIN = 56  # further pixels have no influence, so tiles meet without a seam
MIRRORED = 16  # pixels beyond the picture's edge, mirrored
_SAMPLE_SIDE = 256  # of the windows of a large picture that tell how bright it is
_SAMPLES = 8  # in each direction

_Item = TypeVar("_Item")
_Parts = Callable[[tuple[slice, slice]], np.ndarray]


@dataclass(frozen=True)
class Tile:
    """A part of a picture as the network wants it.

    Attributes
    ----------
    number
        Of the picture, as the caller counts.
    input
        (2, Y, X) float32.
    kept
        Where in the picture, at the network's resolution, the tile's inner part lies.
    inner
        Where in the tile that is.
    """

    number: int
    input: np.ndarray
    kept: tuple[slice, slice]
    inner: tuple[slice, slice]


def cut_tiles(
    picture: np.ndarray,
    shape: tuple[int, int],
    number: int,
    multiple: int,
    brightness: tuple[float, float] | None = None,
) -> Iterator[Tile]:
    """Cut a picture into tiles that overlap as far as the network can see.

    Parameters
    ----------
    picture
        (Y, X), whole or floating-point numbers. How bright masked pixels are doesn't count.
    shape
        (Y, X) at the network's resolution.
    number
        Handed on to the tiles.
    multiple
        Height and width of tiles are multiples of it.
    brightness
        The intensities that the network sees as 0 and 1. None: those of the picture.
    """
    part = _resampled(picture, shape)
    low, high = brightness or _brightness(part, shape)
    for cuts in itertools.product(*(_cuts(side, multiple) for side in shape)):
        inside = [slice(max(c.first, 0), min(c.last, n)) for c, n in zip(cuts, shape, strict=True)]
        beyond = [(i.start - c.first, c.last - i.stop) for c, i in zip(cuts, inside, strict=True)]
        filled = np.pad(np.ma.getdata(part(_window(inside))), beyond, "symmetric")
        yield Tile(
            number,
            network_input(filled, low, high),
            _window(slice(c.start, c.stop) for c in cuts),
            _window(slice(c.start - c.first, c.stop - c.first) for c in cuts),
        )


def _window(sides: Iterable[slice]) -> tuple[slice, slice]:
    rows, columns = sides
    return rows, columns


class _Cut(NamedTuple):
    """Of a side, in pixels: from first to last is shown to the network, from start to stop kept."""

    first: int
    last: int
    start: int
    stop: int


def _cuts(side: int, multiple: int) -> list[_Cut]:
    end = -(-(side + MIRRORED) // multiple) * multiple  # so that the last tile fits too
    parts = max(1, -(-(side - MARGIN) // INNER))
    inner = -(-side // (parts * multiple)) * multiple
    found = []
    for start in range(0, side, inner):
        stop = min(start + inner, side)
        first = max(start - MARGIN, -MIRRORED)
        last = min(-(-(stop + MARGIN) // multiple) * multiple, end)
        found.append(_Cut(first, last, start, stop))
    return found


def brightness_of(picture: np.ndarray, shape: tuple[int, int]) -> tuple[float, float]:
    """Give `input.stretch_range` of a picture, (Y, X), when resampled to a shape.

    Of a large picture regular samples are taken.
    """
    return _brightness(_resampled(picture, shape), shape)


def _resampled(picture: np.ndarray, shape: tuple[int, int]) -> _Parts:
    """Give a function that gives parts of a picture when resampled; a large one is never whole."""
    if max(shape) > _SAMPLES * _SAMPLE_SIDE:
        return partial(resample, picture, shape)
    whole = resample(picture, shape)
    return lambda window: whole[window]


def _brightness(part: _Parts, shape: tuple[int, int]) -> tuple[float, float]:
    starts = [
        np.unique(np.linspace(0, max(0, side - _SAMPLE_SIDE), _SAMPLES).astype(int))
        if side > _SAMPLES * _SAMPLE_SIDE
        else [None]
        for side in shape
    ]
    windows = [
        _window(slice(a, None if a is None else a + _SAMPLE_SIDE) for a in corner)
        for corner in ((y, x) for y in starts[0] for x in starts[1])
    ]
    parts = [part(window) for window in windows]
    together = np.concatenate if left_out(parts[0]) is None else np.ma.concatenate
    return stretch_range(together(parts))


def run_network(network: Predictor, tiles: Iterable[Tile]) -> Iterator[tuple[Tile, np.ndarray]]:
    """Give each tile with its maps, (3, Y, X) float32 of the inner part.

    The first two maps are shares from 0 to 1, see `predictor`. Where the network gives no finite
    number, they are NaN. Tiles of the same shape that follow each other, of whatever picture, go
    through the network together. The next ones are asked for, in another thread, while it works.
    """
    for batch, pictures in _ahead(_batches(tiles, network.at_once)):
        maps = network.answer(pictures)
        maps[np.isinf(maps)] = np.nan  # or the next lines would hide it
        with np.errstate(over="ignore"):  # the share is 0 then
            maps[:, :SIZE] = 1 / (1 + np.exp(-maps[:, :SIZE]))
        np.clip(maps[:, SIZE], *SIZES, out=maps[:, SIZE])
        for tile, result in zip(batch, maps, strict=True):
            yield tile, result[(slice(None), *tile.inner)]


def _batches(tiles: Iterable[Tile], size: int) -> Iterator[tuple[list[Tile], np.ndarray]]:
    """Put tiles of the same shape together, at most `size` of them."""
    for _, alike in itertools.groupby(tiles, key=lambda tile: tile.input.shape):
        while batch := list(itertools.islice(alike, size)):
            yield batch, np.stack([tile.input for tile in batch])


def _ahead(items: Iterator[_Item]) -> Iterator[_Item]:
    """Give items, each of which was asked for while the one before it was in use."""
    with ThreadPoolExecutor(1) as worker:
        coming = worker.submit(lambda: [*itertools.islice(items, 1)])
        while item := coming.result():
            coming = worker.submit(lambda: [*itertools.islice(items, 1)])
            yield item[0]


def whole_maps(network: Predictor, picture: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Give the maps of a picture, (3, Y, X) float32 at the network's resolution."""
    maps = np.empty((3, *shape), np.float32)
    for tile, part in run_network(network, cut_tiles(picture, shape, 0, network.multiple)):
        maps[(slice(None), *tile.kept)] = part
    return maps
