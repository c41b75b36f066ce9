"""What the network says of the shown regions, for several diameters of nuclei."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from immunostain.images.frames import read_frame
from immunostain.network.diameter import estimate_diameter
from immunostain.network.predict import as_shown, network_shape, predict
from immunostain.network.tiles import brightness_of
from immunostain.network.unet import UNet
from immunostain.preview.choose import ShownFrame
from immunostain.preview.options import Size
from immunostain.preview.regions import Region, regions_of
from immunostain.preview.views import View

_REGIONS = 2  # of each image


def views_of_image(
    image: str,
    folder: Path,
    frames: Sequence[ShownFrame],
    pixel_size_um: tuple[float, float] | None,
    network: UNet,
    device: torch.device,
) -> Iterator[View]:
    """Choose the regions of an image that are shown.

    Parameters
    ----------
    image
        Its id.
    folder
        Where its frames are.
    frames
        Those that are shown.
    pixel_size_um
        Width and height of a pixel, None where the file doesn't say.
    network, device
        The network that estimates the diameter of nuclei, as a run does, and where it is.
    """
    estimates: dict[tuple[tuple[int, int], ...], float | None] = {}
    for shown in frames:
        if shown.looked_at not in estimates:
            pictures = (as_shown(read_frame(folder, *frame)) for frame in shown.looked_at)
            estimates[shown.looked_at] = estimate_diameter(network, pictures, device)
        diameter = estimates[shown.looked_at]
        frame = read_frame(folder, shown.scene, shown.frame)
        height, width = frame.shape
        for region in regions_of(frame, diameter, _REGIONS if len(frames) == 1 else 1):
            size = Size(diameter, pixel_size_um)
            yield View(image, shown.scene, shown.frame, height, width, region, size)


def maps_of_region(
    network: UNet,
    frame: np.ndarray,
    region: Region,
    diameter: float | None,
    device: torch.device,
) -> np.ndarray:
    """Ask the network about a region of a frame and what is around it.

    Parameters
    ----------
    network
        From `folding.fold`.
    frame
        (Y, X), all of it: how bright it is counts.
    region
        The region.
    diameter
        Of the nuclei in pixels, None: unknown.
    device
        Where the network is.

    Returns
    -------
    numpy.ndarray
        (2, Y, X) uint8 of the region's window at the network's resolution, see `predict.predict`.
        For a whole frame they are those of a run.
    """
    frame = as_shown(frame)
    brightness = brightness_of(frame, network_shape(frame.shape, diameter))
    pictures = [frame[region.window()]]
    return next(predict(network, pictures, diameter, device, brightness=brightness))
