"""What the network answers, and what asks it.

The answer is three maps:

foreground
    how sure the network is that a pixel is nucleus;
depth
    how far inside its nucleus a pixel is: 0 at the outline, also where two nuclei touch, 1 from
    half the way to the middle on. The distance to the outline over half its largest value in the
    nucleus, after P. Naylor et al., IEEE Trans. Med. Imaging 38 (2019) 448-459;
size
    the binary logarithm of the nucleus's diameter over the one that the network is meant for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FOREGROUND, DEPTH, SIZE = range(3)
NUCLEUS_DIAMETER = 24.0  # pixels; pictures are resampled so that the typical nucleus has it
SIZES = (-2.0, 3.0)  # limits of the size map


@dataclass(frozen=True)
class Predictor:
    """A network that is ready to be asked.

    Attributes
    ----------
    answer
        Gives for pictures, (N, 2, Y, X) float32 as `input.network_input` makes them, the maps,
        (N, 3, Y, X) float32: the logits of foreground and depth, and the size.
    multiple
        Height and width of pictures are multiples of it.
    at_once
        How many pictures of the same size are best asked about together.
    runs_on
        In words.
    file
        The network's, None: it has none.
    """

    answer: Callable[[np.ndarray], np.ndarray]
    multiple: int
    at_once: int = 1
    runs_on: str = ""
    file: Path | None = None
