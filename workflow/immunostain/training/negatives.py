"""Crops in which there is no nucleus: noise, and things that a network may take for nuclei."""

import numpy as np
import torch
from scipy.spatial import KDTree
from torch import Tensor

from immunostain.network.input import stretch_range
from immunostain.training.appearance import blur, clouds

ONLY_NOISE = 0.4  # share of the crops
BLURRED = 0.4  # share of the crops whose noise is that of a camera with coarse pixels


def without_nuclei(side: int, random: np.random.Generator) -> Tensor:
    """Draw a picture without nuclei, stretched as the network is shown it.

    Parameters
    ----------
    side
        Height and width in pixels.
    random
        All chance comes from here.

    Returns
    -------
    Tensor
        (side, side) float32, -1 to 4.
    """
    noise = torch.from_numpy(random.standard_normal((side, side), np.float32))
    if random.random() < BLURRED:
        noise = blur(noise, random.uniform(0.4, 2))
    picture = noise / noise.std()
    if random.random() > ONLY_NOISE:
        things = (_haze, _veins, _waves, _walls, _holes)[random.integers(5)]
        picture = picture + random.uniform(1, 30) * things(side, random)
    low, high = stretch_range(picture.numpy())
    return ((picture - low) / max(high - low, 1e-6)).clamp(-1, 4)


def _haze(side: int, random: np.random.Generator) -> Tensor:
    return clouds((side, side), random.uniform(40, 120), random)


def _veins(side: int, random: np.random.Generator) -> Tensor:
    """Draw fibres, as of autofluorescent tissue."""
    veins = clouds((side, side), random.uniform(12, 60), random) / random.uniform(0.05, 0.3)
    return torch.exp(-(veins**2))


def _waves(side: int, random: np.random.Generator) -> Tensor:
    """Draw rings and ripples, as of interference."""
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    middle = random.uniform(-0.2, 1.2, 2) * side
    distance = torch.hypot(y - float(middle[0]), x - float(middle[1]))
    bent = distance + random.uniform(0, 8) * clouds((side, side), 40.0, random)
    return torch.sin(bent * (2 * np.pi / random.uniform(6, 40))) * torch.exp(-distance / side)


def _walls(side: int, random: np.random.Generator) -> Tensor:
    """Draw the walls of dark cells, as in plants, or the seams of grains."""
    spacing = random.uniform(8, 50)
    seeds = random.uniform(-spacing, side + spacing, (int((side / spacing + 2) ** 2), 2))
    places = np.moveaxis(np.indices((side, side)), 0, -1).reshape(-1, 2)
    nearest, next_one = KDTree(seeds).query(places, 2)[0].T
    thickness = random.uniform(0.8, 3)
    walls = np.exp(-(((next_one - nearest) / thickness) ** 2)).astype(np.float32)
    return torch.from_numpy(walls.reshape(side, side))


def _holes(side: int, random: np.random.Generator) -> Tensor:
    """Draw a bright ground with dark holes."""
    holes = clouds((side, side), random.uniform(5, 30), random) - random.uniform(0.5, 1.5)
    return 1 - torch.sigmoid(holes * 6)
