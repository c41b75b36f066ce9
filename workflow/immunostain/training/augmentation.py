"""Crops of annotated pictures, turned, resized, bent and put together at random."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from immunostain.network.input import both_stretches
from immunostain.network.predictor import NUCLEUS_DIAMETER, SIZES
from immunostain.training.appearance import clouds, vary_appearance
from immunostain.training.crowds import Crop, crowded
from immunostain.training.examples import STORED_DIAMETER, Annotated, Source
from immunostain.training.negatives import without_nuclei

USUAL_SCALES = (0.67, 1.5)  # how much larger or smaller than meant nuclei are in most crops
RARE_SCALES = (0.12, 8.0)  # and in the others
RARE = 0.15  # share of the others
NEAR_NUCLEUS = 0.75  # share of crops that have a nucleus near their centre
ANY_SIZE = 0.5  # share of these whose nucleus is drawn by its size: all sizes are seen as often
CROWDED = 0.2  # share of crops over which nuclei of another one are laid
BENT = 0.3  # share of crops that are bent
LONG = 0.3  # share of crops that are stretched to long nuclei
EMPTY = 0.12  # share of crops that show no nucleus
TOUCHING = 3.0  # how much more the pixels count where two nuclei touch


class Batch(NamedTuple):
    """What a step of training sees.

    Attributes
    ----------
    pictures
        (N, 2, side, side) float32, for the network.
    targets
        (N, 3, side, side) float32: the maps of `unet`, as shares, not logits.
    weights
        (N, 1, side, side) float32: how much a pixel counts. Those of small nuclei and where nuclei
        touch count more, those of which nothing is known 0.
    """

    pictures: Tensor
    targets: Tensor
    weights: Tensor


def random_batch(
    sources: Sequence[Source], count: int, side: int, random: np.random.Generator
) -> Batch:
    """Draw crops and change their geometry and brightness.

    A source is drawn by its weight, of its pictures one in proportion to the square root of the
    number of its nuclei, and most crops have a nucleus near their centre.

    Parameters
    ----------
    sources
        The annotated pictures.
    count, side
        Number of crops and their height and width in pixels.
    random
        All chance comes from here.
    """
    weights = np.array([source.weight for source in sources], float)
    drawn = random.choice(len(sources), count, p=weights / weights.sum())
    crops = [_example(sources[index].pictures, side, random) for index in drawn]
    pictures, targets, counts = (torch.stack(parts) for parts in zip(*crops, strict=True))
    return Batch(both_stretches(pictures, torch), targets, counts[:, None])


def _example(
    images: Sequence[Annotated], side: int, random: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    scale = np.exp(random.uniform(*np.log(RARE_SCALES if random.random() < RARE else USUAL_SCALES)))
    if random.random() < EMPTY:
        nothing = torch.zeros(3, side, side)
        return without_nuclei(side, random), nothing, torch.ones(side, side)
    crop = _random_crop(images, side, scale, random)
    if random.random() < CROWDED:
        crop = crowded(crop, _random_crop(images, side, scale, random), random)
    diameters = torch.from_numpy(crop.diameters)[crop.nuclei]
    size = torch.log2(diameters.clamp(min=1e-3) / NUCLEUS_DIAMETER).clamp(*SIZES)
    weight = (NUCLEUS_DIAMETER / diameters.clamp(min=1)).clamp(0.5, 3)
    weight = weight.where(crop.nuclei > 0, torch.tensor(1.0))
    weight = weight.where(~_touching(crop.nuclei), torch.tensor(TOUCHING)) * crop.known
    picture = vary_appearance(
        crop.picture, crop.foreground, crop.nuclei, scale * NUCLEUS_DIAMETER, random
    )
    return picture, torch.stack([crop.foreground, crop.depth, size]), weight


def _touching(nuclei: Tensor) -> Tensor:
    """Tell which pixels have two nuclei within a pixel's reach."""
    number = nuclei.to(torch.float32)[None]
    highest = functional.max_pool2d(number, 3, 1, 1)
    lowest = -functional.max_pool2d((-number).where(number > 0, torch.tensor(-torch.inf)), 3, 1, 1)
    return ((highest != lowest) & lowest.isfinite())[0]


def _random_crop(
    images: Sequence[Annotated], side: int, scale: float, random: np.random.Generator
) -> Crop:
    chances = np.array([1.0 + len(image.centres) for image in images]) ** 0.5
    image = images[random.choice(len(images), p=chances / chances.sum())]
    zoom = scale * NUCLEUS_DIAMETER / STORED_DIAMETER
    # What is shrunk much is halved first: each pixel of a crop then is a mean, as in `resample`.
    halvings = min(4, max(0, int(np.floor(np.log2(1 / zoom) + 0.4))))
    halvings = min(halvings, int(np.log2(min(image.picture.shape))))
    step = 2**halvings
    reach = side / zoom / 2
    centre = _random_centre(image, reach, random)
    window = tuple(
        slice(max(0, int(c - 1.8 * reach) // step * step), int(c + 1.8 * reach) + step)
        for c in centre
    )
    known = np.ones_like(image.nuclei[window], bool) if image.known is None else image.known[window]
    layers = [image.picture[window], image.foreground[window], image.depth[window], known]
    maps = torch.stack([torch.from_numpy(layer).float() for layer in layers])
    for _ in range(halvings):
        maps = functional.avg_pool2d(maps[None], 2, ceil_mode=True)[0]
    nuclei = torch.from_numpy(image.nuclei[window][step // 2 :: step, step // 2 :: step]).float()
    centre = [(c - part.start) / step for c, part in zip(centre, window, strict=True)]
    grid = _random_grid(side, zoom * step, centre, maps.shape[1:], random)
    maps = functional.grid_sample(maps[None], grid, "bilinear", "reflection", align_corners=False)
    # Single precision holds numbers of nuclei up to 16 million.
    nuclei = functional.grid_sample(
        nuclei[None, None], grid, "nearest", "reflection", align_corners=False
    )
    picture, foreground, depth, known_share = maps[0]
    return Crop(
        *(picture, foreground, depth, nuclei[0, 0].long(), (known_share > 0.99).float()),
        image.diameters * np.float32(zoom),
    )


def _random_centre(image: Annotated, reach: float, random: np.random.Generator) -> list[float]:
    centre = [random.uniform(0, side) for side in image.picture.shape]
    if len(image.centres) and random.random() < NEAR_NUCLEUS:
        nucleus = int(random.integers(len(image.centres)))
        if random.random() < ANY_SIZE:
            octaves = np.log2(image.diameters[image.diameters > 0])
            nucleus = int(np.abs(octaves - random.uniform(octaves.min(), octaves.max())).argmin())
        centre = image.centres[nucleus] + random.uniform(-0.7, 0.7, 2) * reach
    # Crops reach over the edge by a little, as the tiles of a picture do.
    return [
        float(np.clip(c, min(0.8 * reach, n / 2), max(n - 0.8 * reach, n / 2)))
        for c, n in zip(centre, image.picture.shape, strict=True)
    ]


def _random_grid(
    side: int, zoom: float, centre: list[float], shape: tuple[int, ...], random: np.random.Generator
) -> Tensor:
    """Give where the pixels of a turned, mirrored and stretched crop lie, (1, Y, X, 2)."""
    angle = random.uniform(0, 2 * np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if random.random() < 0.2:  # often enough, crops are not turned: pixels' own grid is sharpest
        turn = np.eye(2)[:, :: random.choice([-1, 1])]
    most = 0.4 if random.random() < LONG else 0.1
    stretch = np.exp(random.uniform(-most, most))
    turn = turn @ np.diag([stretch, random.choice([-1, 1]) / stretch]) / zoom
    offsets = (np.arange(side, dtype=np.float32) - (side - 1) / 2)[:, None]
    x, y = (
        offsets.T * np.float32(turn[0, axis])
        + offsets * np.float32(turn[1, axis])
        + centre[1 - axis]
        for axis in (0, 1)
    )
    place = torch.stack([torch.from_numpy(x), torch.from_numpy(y)], -1).float()
    if random.random() < BENT:
        bends = [clouds((side, side), random.uniform(20, 60), random) for _ in "xy"]
        place += random.uniform(0.5, 2.5) / zoom * torch.stack(bends, -1)
    extent = torch.tensor([float(n) for n in shape[::-1]])
    return (2 * place / extent - 1)[None]
