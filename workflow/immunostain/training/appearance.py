"""Changing how a crop looks in all the ways that microscopes, stains and tissues differ."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

# Share of crops that keep their look: what is hard to see in a good picture is not seen at all in a
# bad one, and there would be no good ones otherwise.
PLAIN = 0.45


def vary_appearance(
    picture: Tensor,
    foreground: Tensor,
    nuclei: Tensor,
    diameter: float,
    random: np.random.Generator,
) -> Tensor:
    """Change a crop's stain, light, focus and noise.

    Parameters
    ----------
    picture, foreground
        (Y, X) float32, see `examples.Annotated`.
    nuclei
        (Y, X) int64, 0 is background.
    diameter
        Of the typical nucleus, pixels of the crop.
    random
        All chance comes from here.

    Returns
    -------
    Tensor
        (Y, X) float32, -1 to 4.
    """

    def sometimes(probability: float) -> bool:
        return random.random() < probability

    if sometimes(PLAIN):
        if sometimes(0.5):
            picture = picture.clamp(min=0) ** np.exp(random.uniform(-0.3, 0.3))
        if sometimes(0.3):
            picture = _with_noise(picture, random)
        return _rescaled(picture, random)
    if sometimes(0.4):  # nuclei that are much dimmer than others
        gains = np.exp(random.uniform(np.log(0.15), 0, int(nuclei.max()) + 1))
        gains[random.random(gains.size) < random.uniform(0.2, 0.9)] = 1
        gains[0] = 1
        gain = torch.from_numpy(gains.astype(np.float32))[nuclei]
        picture = picture * blur(gain, 1.0)
    if sometimes(0.35):  # texture in nuclei: heterochromatin, nucleoli
        grain = clouds(picture.shape, max(2.0, diameter * random.uniform(0.1, 0.4)), random)
        picture = picture * (1 + random.uniform(0.1, 0.7) * grain * foreground).clamp(min=0.1)
    if sometimes(0.25):  # chromocenters, as of mice: a few bright spots in each nucleus
        grain = clouds(picture.shape, max(2.0, diameter * random.uniform(0.12, 0.3)), random)
        spots = (grain - random.uniform(0.6, 1.3)).clamp(min=0) * foreground
        picture = picture * (1 + random.uniform(0.5, 4) * spots)
        picture = picture / random.uniform(1, 1.5)
    if sometimes(0.4):  # uneven background
        uneven = clouds(picture.shape, random.uniform(10, 120), random)
        picture = picture + random.uniform(0, 0.25) * uneven
    if sometimes(0.1):  # fibres and cracks of tissue that shine by themselves
        veins = clouds(picture.shape, diameter * random.uniform(0.5, 3), random) / 0.15
        where = clouds(picture.shape, random.uniform(30, 100), random).clamp(min=0)
        picture = picture + random.uniform(0.05, 0.4) * torch.exp(-(veins**2)) * where
    if sometimes(0.1):  # debris too small to be a nucleus
        picture = picture + _specks(picture.shape, diameter, random)
    if sometimes(0.3):  # light from nuclei out of focus
        picture = picture + random.uniform(0.1, 0.8) * blur(picture, random.uniform(4, 15))
    if sometimes(0.25):  # a lamp that doesn't light all of the field alike
        light = clouds(picture.shape, random.uniform(100, 300), random)
        picture = picture * torch.exp(random.uniform(0.1, 0.5) * light)
    if sometimes(0.4):
        picture = picture.clamp(min=0) ** np.exp(random.uniform(-0.5, 0.5))
    if sometimes(0.4):
        picture = blur(picture, random.uniform(0.3, 0.09 * diameter + 0.3))
    if sometimes(0.6):
        picture = _with_noise(picture, random)
    if sometimes(0.3):  # a picture stretched by itself, as a crop of another size would be
        low, high = np.percentile(picture.numpy(), (1, 99.8))
        picture = (picture - low) / max(high - low, 0.05)
    if sometimes(0.1):  # saturated
        picture = picture.clamp(max=random.uniform(0.4, 1.0))
    return _rescaled(picture, random)


def _rescaled(picture: Tensor, random: np.random.Generator) -> Tensor:
    return (picture * np.exp(random.uniform(-0.5, 0.4)) + random.uniform(-0.03, 0.1)).clamp(-1, 4)


def _with_noise(picture: Tensor, random: np.random.Generator) -> Tensor:
    noise = torch.from_numpy(random.standard_normal(picture.shape, np.float32))
    if random.random() < 0.3:  # of a camera with coarse pixels or a picture enlarged
        noise = blur(noise, random.uniform(0.4, 1.5)) * 2
    strength = 0.005 + 0.12 * random.random() ** 2
    shot = random.random() * picture.clamp(min=0)
    return picture + strength * noise * (0.3 + shot).sqrt()


def _specks(shape: Sequence[int], diameter: float, random: np.random.Generator) -> Tensor:
    specks = torch.zeros(*shape)
    for _ in range(random.integers(1, 8)):
        y, x = (int(random.integers(side)) for side in shape)
        specks[y, x] = random.uniform(0.2, 1.0)
    sigma = max(0.4, 0.05 * diameter * random.random())
    return blur(specks, sigma) * (2 * np.pi * sigma**2 + 1)


def blur(picture: Tensor, sigma: float) -> Tensor:
    """Blur by a Gaussian of this many pixels, (Y, X); the picture is mirrored at its edge."""
    reach = min(max(1, round(3 * sigma)), min(picture.shape) - 1)
    weights = torch.exp(-(torch.arange(-reach, reach + 1.0) ** 2) / (2 * sigma**2))
    weights = (weights / weights.sum())[None, None]
    padded = functional.pad(picture[None, None], (reach,) * 4, mode="reflect")
    rows = functional.conv2d(padded, weights[..., None])
    return functional.conv2d(rows, weights[..., None, :])[0, 0]


def clouds(shape: Sequence[int], grain: float, random: np.random.Generator) -> Tensor:
    """Give smooth random numbers, about -2 to 2, that change over `grain` pixels, (Y, X)."""
    few = [max(2, round(side / grain)) for side in shape]
    values = torch.from_numpy(random.standard_normal(few, np.float32))
    return functional.interpolate(values[None, None], tuple(shape), mode="bicubic")[0, 0]
