"""Crops of annotated pictures, changed in all the ways that microscopes and stains differ."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from immunostain.network.input import both_stretches
from immunostain.network.unet import NUCLEUS_DIAMETER, SIZES
from immunostain.training.examples import STORED_DIAMETER, Annotated

USUAL_SCALES = (0.6, 1.65)  # how much larger or smaller than meant nuclei are in most crops
RARE_SCALES = (0.12, 8.0)  # and in the others
RARE = 0.15  # share of the others
NEAR_NUCLEUS = 0.7  # share of crops that have a nucleus near their centre
EMPTY = 0.02  # share of crops that show nothing but noise


def random_batch(
    images: Sequence[Annotated], count: int, side: int, random: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Draw crops and change their geometry and brightness.

    A picture is drawn in proportion to the square root of the number of its nuclei, and most crops
    have a nucleus near their centre.

    Parameters
    ----------
    images
        From `examples.annotate`.
    count, side
        Number of crops and their height and width in pixels.
    random
        All chance comes from here.

    Returns
    -------
    pictures : Tensor
        (N, 2, side, side) float32, for the network.
    targets : Tensor
        (N, 3, side, side) float32: the maps of `unet`, as shares, not logits.
    weights : Tensor
        (N, 1, side, side) float32: how much a pixel counts; those of small nuclei more.
    """
    chances = np.array([1.0 + len(image.centres) for image in images]) ** 0.5
    drawn = random.choice(len(images), count, p=chances / chances.sum())
    crops = [_crop(images[index], side, random) for index in drawn]
    pictures, targets, weights = (torch.stack(parts) for parts in zip(*crops, strict=True))
    return both_stretches(pictures, torch), targets, weights[:, None]


def _crop(
    image: Annotated, side: int, random: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    scale = np.exp(random.uniform(*np.log(RARE_SCALES if random.random() < RARE else USUAL_SCALES)))
    zoom = scale * NUCLEUS_DIAMETER / STORED_DIAMETER
    maps, nuclei = _sample(image, side, zoom, random)
    if random.random() < EMPTY:
        maps, inside = 0 * maps, 0 * nuclei
    else:
        inside = nuclei
    picture, foreground, depth = maps
    diameters = torch.from_numpy(image.diameters)[nuclei] * zoom
    size = torch.log2(diameters.clamp(min=1e-3) / NUCLEUS_DIAMETER).clamp(*SIZES)
    weight = (NUCLEUS_DIAMETER / diameters.clamp(min=1)).clamp(0.5, 3)
    picture = _vary_brightness(picture, foreground, inside, scale * NUCLEUS_DIAMETER, random)
    targets = torch.stack([foreground, depth, size])
    return picture, targets, weight.where(inside > 0, torch.tensor(1.0))


def _sample(
    image: Annotated, side: int, zoom: float, random: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Cut out a place at random: picture, foreground and depth, (3, Y, X), and nuclei, (Y, X)."""
    # What is shrunk much is halved first: each pixel of a crop then is a mean, as in `resample`.
    halvings = min(4, max(0, int(np.floor(np.log2(1 / zoom) + 0.4))))
    halvings = min(halvings, int(np.log2(min(image.picture.shape))))
    step = 2**halvings
    reach = side / zoom / 2
    centre = _random_centre(image, reach, random)
    window = tuple(
        slice(max(0, int(c - 1.6 * reach) // step * step), int(c + 1.6 * reach) + step)
        for c in centre
    )
    layers = np.stack([image.picture[window], image.foreground[window], image.depth[window]])
    maps = _halve(torch.from_numpy(layers.astype(np.float32)), halvings)
    nuclei = torch.from_numpy(image.nuclei[window][step // 2 :: step, step // 2 :: step])
    centre = [(c - part.start) / step for c, part in zip(centre, window, strict=True)]
    grid = _random_grid(side, zoom * step, centre, maps.shape[1:], random)
    maps = functional.grid_sample(maps[None], grid, "bilinear", "reflection", align_corners=False)
    # In double precision: numbers of nuclei must stay whole.
    nuclei = functional.grid_sample(
        nuclei[None, None].double(), grid.double(), "nearest", "reflection", align_corners=False
    )
    return maps[0], nuclei[0, 0].long()


def _random_centre(image: Annotated, reach: float, random: np.random.Generator) -> list[float]:
    centre = [random.uniform(0, side) for side in image.picture.shape]
    if len(image.centres) and random.random() < NEAR_NUCLEUS:
        centre = (
            image.centres[random.integers(len(image.centres))]
            + random.uniform(-0.7, 0.7, 2) * reach
        )
    # Crops reach over the edge by a little, as the tiles of a picture do.
    return [
        float(np.clip(c, min(0.8 * reach, n / 2), max(n - 0.8 * reach, n / 2)))
        for c, n in zip(centre, image.picture.shape, strict=True)
    ]


def _halve(maps: Tensor, times: int) -> Tensor:
    for _ in range(times):
        maps = functional.avg_pool2d(maps[None], 2, ceil_mode=True)[0]
    return maps


def _random_grid(
    side: int, zoom: float, centre: list[float], shape: tuple[int, ...], random: np.random.Generator
) -> Tensor:
    """Give where the pixels of a turned, mirrored and slightly stretched crop lie, (1, Y, X, 2)."""
    angle = random.uniform(0, 2 * np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if random.random() < 0.2:  # often enough, crops are not turned: pixels' own grid is sharpest
        turn = np.eye(2)[:, :: random.choice([-1, 1])]
    stretch = np.exp(random.uniform(-0.1, 0.1))
    turn = turn @ np.diag([stretch, random.choice([-1, 1]) / stretch]) / zoom
    offsets = np.arange(side) - (side - 1) / 2
    y, x = np.meshgrid(offsets, offsets, indexing="ij")
    place = np.stack([x, y], -1) @ turn + centre[::-1]
    extent = np.array(shape[::-1])
    return torch.from_numpy((2 * place / extent - 1).astype(np.float32))[None]


def _vary_brightness(
    picture: Tensor,
    foreground: Tensor,
    nuclei: Tensor,
    diameter: float,
    random: np.random.Generator,
) -> Tensor:
    """Change a crop's stain, light, focus and noise, (Y, X)."""

    def sometimes(probability: float) -> bool:
        return random.random() < probability

    if sometimes(0.4):  # nuclei that are much dimmer than others
        gains = np.exp(random.uniform(np.log(0.15), 0, int(nuclei.max()) + 1))
        gains[random.random(gains.size) < random.uniform(0.2, 0.9)] = 1
        gains[0] = 1
        gain = torch.from_numpy(gains.astype(np.float32))[nuclei]
        picture = picture * _blur(gain, 1.0)
    if sometimes(0.4):  # texture in nuclei: heterochromatin, nucleoli
        grain = _clouds(picture.shape, max(2.0, diameter * random.uniform(0.1, 0.4)), random)
        picture = picture * (1 + random.uniform(0.1, 0.7) * grain * foreground).clamp(min=0.1)
    if sometimes(0.4):  # uneven background
        clouds = _clouds(picture.shape, random.uniform(10, 120), random)
        picture = picture + random.uniform(0, 0.25) * clouds
    if sometimes(0.25):  # light from nuclei out of focus
        picture = picture + random.uniform(0.1, 0.6) * _blur(picture, random.uniform(4, 15))
    if sometimes(0.4):
        picture = picture.clamp(min=0) ** np.exp(random.uniform(-0.5, 0.5))
    if sometimes(0.4):
        picture = _blur(picture, random.uniform(0.3, 0.09 * diameter + 0.3))
    if sometimes(0.6):
        noise = torch.from_numpy(random.standard_normal(picture.shape, np.float32))
        if sometimes(0.3):  # of a camera with coarse pixels or a picture enlarged
            noise = _blur(noise, random.uniform(0.4, 1.5)) * 2
        strength = 0.005 + 0.12 * random.random() ** 2
        shot = random.random() * picture.clamp(min=0)
        picture = picture + strength * noise * (0.3 + shot).sqrt()
    if sometimes(0.3):  # a picture stretched by itself, as a crop of another size would be
        low, high = np.percentile(picture.numpy(), (1, 99.8))
        picture = (picture - low) / max(high - low, 0.05)
    if sometimes(0.1):  # saturated
        picture = picture.clamp(max=random.uniform(0.4, 1.0))
    return (picture * np.exp(random.uniform(-0.5, 0.4)) + random.uniform(-0.03, 0.1)).clamp(-1, 4)


def _blur(picture: Tensor, sigma: float) -> Tensor:
    reach = min(max(1, round(3 * sigma)), min(picture.shape) - 1)
    weights = torch.exp(-(torch.arange(-reach, reach + 1.0) ** 2) / (2 * sigma**2))
    weights = (weights / weights.sum())[None, None]
    padded = functional.pad(picture[None, None], (reach,) * 4, mode="reflect")
    rows = functional.conv2d(padded, weights[..., None])
    return functional.conv2d(rows, weights[..., None, :])[0, 0]


def _clouds(shape: torch.Size, grain: float, random: np.random.Generator) -> Tensor:
    """Give smooth random numbers, about -2 to 2, that change over `grain` pixels, (Y, X)."""
    few = [max(2, round(side / grain)) for side in shape]
    values = torch.from_numpy(random.standard_normal(few, np.float32))
    return functional.interpolate(values[None, None], tuple(shape), mode="bicubic")[0, 0]
