"""Small timelapses whose nuclei are known, to be damaged and repaired."""

from collections.abc import Sequence

import numpy as np

from immunostain.images.numbers import in_raster_order
from immunostain.nuclei.evidence import Evidence
from immunostain.repair.over_time import repair_scene

SHAPE = (120, 160)
FRAMES = 9
RADIUS = 14.0
Ellipse = tuple[float, float, float, float]  # y, x, and half its height and width


def drawn(ellipses: Sequence[Ellipse]) -> np.ndarray:
    """Draw a label image."""
    labels = np.zeros(SHAPE, np.uint32)
    rows, columns = np.indices(SHAPE)
    for number, (y, x, height, width) in enumerate(ellipses, 1):
        labels[((rows - y) / height) ** 2 + ((columns - x) / width) ** 2 <= 1] = number
    return in_raster_order(labels, len(ellipses))


def movie() -> list[list[Ellipse]]:
    """Give three nuclei that move a little from frame to frame."""
    return [
        [
            (30.0 + t, 30.0, RADIUS, RADIUS),
            (40.0, 110.0 + t, RADIUS, RADIUS * 1.2),
            (90.0, 60.0 - t, RADIUS * 1.1, RADIUS),
        ]
        for t in range(FRAMES)
    ]


def cut(labels: np.ndarray, y: int, x: int) -> np.ndarray:
    """Cut the nucleus at a place into an upper and a lower half."""
    labels = labels.copy()
    rows = np.arange(SHAPE[0])[:, None]
    labels[(labels == labels[y, x]) & (rows > y)] = labels.max() + 1
    return in_raster_order(labels, int(labels.max()))


def without(labels: np.ndarray, y: int, x: int) -> np.ndarray:
    """Take the nucleus at a place away."""
    labels = labels.copy()
    labels[labels == labels[y, x]] = 0
    return in_raster_order(labels, int(labels.max()))


def repaired(frames: Sequence[np.ndarray], light: Sequence[np.ndarray] | None = None) -> list:
    """Repair label images; `light` is how sure it is that pixels are nucleus, 0 to 1."""

    def evidence(frame: int) -> Evidence:
        seen = np.zeros(SHAPE, np.float32) if light is None else light[frame]
        return Evidence(lambda window: seen[window], 0.5)

    given = (frame.copy() for frame in frames)
    return list(repair_scene(0, range(len(frames)), given, evidence))
