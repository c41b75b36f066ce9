"""The nuclei of one scene as the linking of tracks sees them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_FIRM = 0.05  # of a radius: no nucleus is found more precisely than that


@dataclass(frozen=True)
class Detections:
    """Nuclei in order of their frames.

    A track is kept as `after`, (N,) whole numbers beside these: which nucleus follows each one in
    its track, -1 where none does.

    Attributes
    ----------
    frame
        (N,) whole numbers, never falling.
    place
        (N, 2), x and y in pixels.
    log_area
        (N,), natural logarithm of the area in pixels.
    radius
        Of the typical nucleus, pixels.
    step
        How far nuclei typically move in x, and in y, from one frame to the next, pixels (standard
        deviation).
    """

    frame: NDArray[np.int64]
    place: NDArray[np.float64]
    log_area: NDArray[np.float64]
    radius: float
    step: float

    @property
    def frames(self) -> NDArray[np.int64]:
        """The numbers of the frames that have nuclei."""
        return np.unique(self.frame)


def typical_radius(nuclei: pd.DataFrame) -> float:
    """Give the radius of a disc with the median area, pixels."""
    return float(np.sqrt(nuclei["area_px"].median() / np.pi))


def typical_step(place: NDArray, after: NDArray, radius: float) -> float:
    """Give the standard deviation in x and y of the steps along links.

    The median of a Rayleigh distribution is 1.18 times that, and hardly moved by wrong links.
    """
    linked = np.flatnonzero(after >= 0)
    steps = np.hypot(*(place[after[linked]] - place[linked]).T)
    return max(float(np.median(steps)) / 1.18 if steps.size else 0.0, _FIRM * radius)


def detections(nuclei: pd.DataFrame, after: NDArray) -> Detections:
    """Take from a table of nuclei in order of frames, linked by `after`, what linking needs."""
    place, radius = nuclei[["x_px", "y_px"]].to_numpy(float), typical_radius(nuclei)
    return Detections(
        nuclei["frame"].to_numpy(),
        place,
        np.log(nuclei["area_px"].to_numpy(float)),
        radius,
        typical_step(place, after, radius),
    )


def before_each(after: NDArray) -> NDArray[np.int64]:
    """Turn links round: which nucleus comes before each one in its track, -1 where none does."""
    before = np.full(len(after), -1)
    linked = np.flatnonzero(after >= 0)
    before[after[linked]] = linked
    return before
