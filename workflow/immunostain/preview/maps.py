"""What the network says of the shown regions, for several diameters of nuclei."""

import contextlib
import ctypes
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from immunostain.images.facts import FileFacts
from immunostain.images.frames import read_frame
from immunostain.network.diameter import estimate_diameter
from immunostain.network.model_files import find_model, model_for
from immunostain.network.predict import as_shown, network_shape, predict
from immunostain.network.predictor import Predictor
from immunostain.network.tiles import brightness_of
from immunostain.preview.choose import ShownFrame
from immunostain.preview.folder import in_pixels
from immunostain.preview.options import Size
from immunostain.preview.regions import regions_of
from immunostain.preview.views import View
from immunostain.shared.errors import ImageError

_REGIONS = 2  # of each image


def networks_for(
    facts: Mapping[str, FileFacts],
    model: str | dict[str, str],
    load: Callable[[Path], Predictor],
) -> dict[str, Predictor | None]:
    """Give the network of each image; None where there is none for its magnification.

    Parameters
    ----------
    facts
        What is known of each image.
    model
        `segmentation.unet.model`.
    load
        Makes a model's file ready.
    """
    loaded: dict[str, Predictor] = {}
    networks: dict[str, Predictor | None] = {}
    for image, known in facts.items():
        try:
            path = model_for(model, known.magnification)
        except ImageError:  # a threshold may find its nuclei
            networks[image] = None
            continue
        if path not in loaded:
            loaded[path] = load(find_model(path))
        networks[image] = loaded[path]
    return networks


def views_of_image(
    image: str,
    folder: Path,
    frames: Sequence[ShownFrame],
    pixel_size_um: tuple[float, float] | None,
    network: Predictor | None,
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
    network
        It estimates the diameter of nuclei, as a run does; None: there is none, and the diameter is
        unknown.
    """
    estimates: dict[tuple[tuple[int, int], ...], float | None] = {}
    for shown in frames:
        if network is not None and shown.looked_at not in estimates:
            pictures = (as_shown(read_frame(folder, *frame)) for frame in shown.looked_at)
            estimates[shown.looked_at] = estimate_diameter(network, pictures)
            give_memory_back()
        diameter = estimates.get(shown.looked_at)
        frame = read_frame(folder, shown.scene, shown.frame)
        height, width = frame.shape
        for region in regions_of(frame, diameter, _REGIONS if len(frames) == 1 else 1):
            size = Size(diameter, pixel_size_um)
            yield View(image, shown.scene, shown.frame, height, width, region, size)


def maps_of_view(
    network: Predictor,
    frame: np.ndarray,
    view: View,
    diameters: Sequence[float | str],
) -> Iterator[np.ndarray | None]:
    """Ask the network about a region of a frame and what is around it.

    Parameters
    ----------
    network
        The network.
    frame
        (Y, X), all of it: how bright it is counts.
    view
        Which region.
    diameters
        Values of `segmentation.unet.nucleus_diameter`.

    Yields
    ------
    numpy.ndarray or None
        For each diameter (2, Y, X) uint8 of the region's window at the network's resolution, see
        `predict.predict`. For a whole frame they are those of a run. None where the diameter is in
        micrometres and the size of a pixel isn't known.
    """
    frame = as_shown(frame)
    pictures, brightness = [frame[view.region.window()]], None
    if not view.whole:  # or the network tells it from the same picture
        brightness = brightness_of(frame, network_shape(frame.shape, view.size.diameter_px))
    for diameter in diameters:
        try:
            pixels = _in_pixels(diameter, view)
        except ImageError:  # a threshold may find its nuclei
            yield None
            continue
        yield next(predict(network, pictures, pixels, brightness=brightness))


def _in_pixels(diameter: float | str, view: View) -> float | None:
    if diameter == "auto":
        return view.size.diameter_px
    return in_pixels(diameter, view.size.pixel_size_um)


def give_memory_back() -> None:
    """Let the C library keep no memory that isn't used; pictures of many sizes leave much of it."""
    with contextlib.suppress(OSError, AttributeError):  # where it is another one than glibc
        ctypes.CDLL(None).malloc_trim(0)
