"""How large the nuclei of a picture are."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import torch

from immunostain.network.tiles import brightness_of, cut_tiles, run_network
from immunostain.network.unet import FOREGROUND, NUCLEUS_DIAMETER, SIZE, UNet
from immunostain.shared.resampling import resample, zoomed

FINEST = 2.0  # how much a picture is enlarged at most to see what is in it
FEWEST_PIXELS = 64  # in height or width; in a smaller picture there is nothing to see
SURE = 0.8  # foreground from which pixels count; specks seldom reach it
FEWEST_FOUND = 12  # pixels in nuclei, fewer say nothing
TRUSTED = 0.8  # octaves: nuclei that much smaller than the network's own look like anything
GROWTH = 0.25  # octaves, of 1, that nuclei must grow from one resolution to the next
_WINDOW = 256
_WINDOWS = 3  # of a picture larger than that many, the richest ones are looked at


def estimate_diameter(
    network: UNet, pictures: Iterable[np.ndarray], device: torch.device
) -> float | None:
    """Estimate the diameter of the nuclei in some pictures of the same magnification.

    A picture is shown to the network at a coarse resolution, then at twice that, and so on, until
    it says that the nuclei are not much smaller than it is meant for, and that they grew from each
    resolution to the next: what looks like large nuclei and is a crowd of small ones does not. The
    diameter is the one that would be just right. So large nuclei cost little.

    Parameters
    ----------
    network
        From `folding.fold`.
    pictures
        (Y, X) each, whole or floating-point numbers.
    device
        Where the network is.

    Returns
    -------
    float or None
        Pixels, the median over pictures; None where no nuclei were seen.
    """
    found = [_estimate(network, picture, device) for picture in pictures]
    known = [diameter for diameter in found if diameter is not None]
    return float(np.median(known)) if known else None


def _estimate(network: UNet, picture: np.ndarray, device: torch.device) -> float | None:
    zoom, shrunken = 1.0, [picture]
    while min(picture.shape) * zoom / 2 >= FEWEST_PIXELS:
        zoom /= 2
        shrunken.append(resample(shrunken[-1], zoomed(picture.shape, zoom)))
    overview = shrunken[-1]
    seen: list[tuple[float, float]] = []  # zoom and octaves
    while zoom <= FINEST:
        level = shrunken.pop() if zoom <= 1 else picture
        octaves = _octaves(network, level, max(1.0, zoom), overview, device)
        if octaves is not None:
            seen.append((zoom, octaves))
            finest = zoom * 2 > FINEST
            if len(seen) >= 3 and _growing(seen[-3:]) and seen[-1 if finest else -2][1] > -TRUSTED:
                return _fitting(*seen[-2:])
        zoom *= 2
    if not seen:
        return None
    # Nothing grew as it should: take what is nearest to the network's own size.
    zoom, octaves = min(seen, key=lambda level: abs(level[1]))
    return NUCLEUS_DIAMETER / zoom * 2**octaves


def _growing(seen: list[tuple[float, float]]) -> bool:
    return all(fine[1] > coarse[1] + GROWTH for coarse, fine in pairwise(seen))


def _fitting(coarse: tuple[float, float], fine: tuple[float, float]) -> float:
    """Give the diameter at which the network would say 0 octaves, between two resolutions."""
    (zoom, before), (_, after) = coarse, fine
    # Beyond the coarse resolution what it says is taken at its word.
    past = before if before > 0 else before / (after - before)
    return NUCLEUS_DIAMETER / zoom * 2 ** max(past, -2)


def _octaves(
    network: UNet, picture: np.ndarray, zoom: float, overview: np.ndarray, device: torch.device
) -> float | None:
    """Ask how much larger than its own the network finds the nuclei, as a binary logarithm.

    That is the median over nuclei: a pixel counts the less, the larger its nucleus.
    """
    brightness = brightness_of(picture, zoomed(picture.shape, zoom))
    sizes = []
    for part in _rich_parts(picture, zoom, overview):
        tiles = cut_tiles(part, zoomed(part.shape, zoom), 0, network.multiple, brightness)
        for _, maps in run_network(network, tiles, device):
            sizes.append(maps[SIZE][maps[FOREGROUND] > SURE])
    octaves = np.sort(np.concatenate(sizes))
    if octaves.size < FEWEST_FOUND:
        return None
    nuclei = np.cumsum(2.0**-octaves)
    return float(octaves[np.searchsorted(nuclei, nuclei[-1] / 2)])


def _rich_parts(picture: np.ndarray, zoom: float, overview: np.ndarray) -> list[np.ndarray]:
    """Choose parts of about `_WINDOW` pixels, when zoomed, in which there is most to see."""
    rows, columns = (max(1, round(side * zoom / _WINDOW)) for side in picture.shape)
    if rows * columns <= _WINDOWS:
        return [picture]
    small = np.ma.getdata(overview)
    small = resample(small, (rows * 8, columns * 8)).reshape(rows, 8, columns, 8)
    richest = np.argsort(-small.std((1, 3)).ravel(), kind="stable")[:_WINDOWS]
    edges = [
        np.linspace(0, side, parts + 1).astype(int)
        for side, parts in zip(picture.shape, (rows, columns), strict=True)
    ]
    return [
        picture[edges[0][y] : edges[0][y + 1], edges[1][x] : edges[1][x + 1]]
        for y, x in zip(*np.divmod(richest, columns), strict=True)
    ]
