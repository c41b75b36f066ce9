"""What speaks for each pixel of a frame to be nucleus, by which nuclei were or weren't found."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Evidence:
    """What speaks for each pixel of a frame to be nucleus.

    Attributes
    ----------
    read
        Given rows and columns, gives how much speaks for the pixels there, (Y, X), in any unit.
    level
        Pixels above it are nucleus.
    background
        What pixels have for which nothing speaks, below the level.
    left_out
        (Y, X) bool of the frame, pixels that tell nothing and so are no nucleus; None: none.
    """

    read: Callable[[tuple[slice, slice]], NDArray[np.number]]
    level: float
    background: float = 0.0
    left_out: NDArray[np.bool_] | None = None
