"""Crowds made of two crops, as nuclei in thick tissue lie over each other.

F. Kromp et al., Evaluation of deep learning architectures for complex immunofluorescence nuclear
image segmentation, IEEE Trans. Med. Imaging 40 (2021) 1934-1949, found such pictures to help most.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from immunostain.training.appearance import blur
from immunostain.training.examples import depth_map

SMALLEST = 20  # pixels of a nucleus that is laid over others
HIDDEN = 0.3  # share of itself that may lie over others, at most
GONE = 0.5  # share of what lay below that may vanish; more of it is not to be learnt from


class Crop(NamedTuple):
    """A part of an annotated picture; all but the last are (Y, X).

    Attributes
    ----------
    picture, foreground, depth
        float32, see `examples.Annotated`.
    nuclei
        int64, 0 is background.
    known
        float32, 0 where it isn't known what is nucleus, else 1.
    diameters
        float32, of each nucleus in pixels of the crop, by its number.
    """

    picture: Tensor
    foreground: Tensor
    depth: Tensor
    nuclei: Tensor
    known: Tensor
    diameters: np.ndarray


def crowded(below: Crop, above: Crop, random: np.random.Generator) -> Crop:
    """Lay some nuclei of one crop over another one, where they hide little of each other.

    Parameters
    ----------
    below, above
        Of the same size.
    random
        All chance comes from here.
    """
    count = len(above.diameters)
    pixels = torch.bincount(above.nuclei.ravel(), minlength=count)
    over = torch.bincount(above.nuclei[below.nuclei > 0], minlength=count)
    taken = (pixels >= SMALLEST) & (over <= random.uniform(0, HIDDEN) * pixels)
    taken &= torch.from_numpy(random.random(count) < random.uniform(0.3, 1))
    taken[0] = False
    mask = taken[above.nuclei]
    if not mask.any():
        return below
    near = functional.max_pool2d(mask.float()[None], 3, 1, 1)[0]
    soft = blur(mask.float(), 0.8)
    hides = float(random.choice([0.0, 0.5, 1.0]))  # from glass to wall
    gain = float(np.exp(random.uniform(-0.7, 0.3)))
    picture = below.picture * (1 - hides * soft) + gain * soft * above.picture
    first = len(below.diameters)
    nuclei = torch.where(mask, above.nuclei + first, below.nuclei)
    before = torch.bincount(below.nuclei.ravel(), minlength=first)
    lost = torch.bincount(below.nuclei[mask], minlength=first)
    changed = lost > 0
    changed[0] = False
    depth = below.depth
    if changed.any():
        anew = torch.from_numpy(depth_map(nuclei.numpy().astype(np.int32)))
        depth = torch.where(changed[below.nuclei], anew, depth)
    hidden = changed & (lost > GONE * before)
    known = below.known * (~hidden[below.nuclei]).float()
    return Crop(
        picture,
        torch.maximum(below.foreground, above.foreground * near),
        torch.where(mask, above.depth, depth),
        nuclei,
        torch.where(mask, above.known, known),
        np.concatenate([below.diameters, above.diameters]),
    )
