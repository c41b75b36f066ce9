"""Pictures of discs, as nuclei look in a microscope."""

import numpy as np
from scipy import ndimage


def drawn(diameter, across, down=None):
    """Draw discs of about one brightness, blurred, with a camera's offset and noise."""
    rng = np.random.default_rng(diameter)
    step = int(1.6 * diameter)
    y, x = np.indices((step * (down or across), step * across))
    light = np.zeros(y.shape)
    for row in range(down or across):
        for column in range(across):
            middle = (np.array((row, column)) + 0.5) * step + rng.uniform(-0.2, 0.2, 2) * diameter
            disc = np.hypot(y - middle[0], x - middle[1]) <= diameter / 2
            light += disc * rng.uniform(0.6, 1)
    light = ndimage.gaussian_filter(light, max(0.7, diameter / 30))
    return rng.poisson(100 + 800 * light).astype(np.uint16)
