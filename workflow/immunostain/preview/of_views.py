"""What the page shows of a view: its picture, and what is found in it for every setting."""

from collections.abc import Mapping, Sequence
from typing import Any

import imagecodecs
import numpy as np

from immunostain.pictures.stretch import for_the_eye
from immunostain.preview.by_settings import by_level, by_probability
from immunostain.preview.contours import Contours, canvas
from immunostain.preview.folder import FolderImage, in_pixels
from immunostain.preview.regions import Region
from immunostain.preview.views import View
from immunostain.report.embedding import encoded
from immunostain.shared.left_out import left_out

_QUALITY = 85


def shown(
    view: View,
    known: FolderImage,
    frame: np.ndarray,
    maps: Sequence[np.ndarray | None],
    options: Mapping[str, Any],
) -> dict[str, Any]:
    """Give all that the page shows of a view.

    Parameters
    ----------
    view
        Which region it is.
    known
        What is known of its image.
    frame
        (Y, X), all of it.
    maps
        Those of the region's window, for each diameter of `options`; None: there are none.
    options
        What `options.all_options` gives.

    Returns
    -------
    dict
        What the view is; ``picture``, an address that holds it; ``contours``, SVG paths in pixels
        of the region; ``threshold``, what is found by level, and without and with separation; and
        ``unet``, what is found by diameter, probability, and without and with separation; nothing
        for a diameter that has no maps. See `by_settings`.
    """
    region, facts = view.region, known.facts
    areas = [
        None if area == "auto" else in_pixels(area, facts.pixel_size_um)
        for area in options["minimum_areas"]
    ]
    contours, on = Contours(), canvas(region, frame.shape)
    masked = left_out(frame)
    masked = None if masked is None else masked[region.window()]
    by_network = [
        []
        if each is None
        else by_probability(each, region, options["probabilities"], areas, masked, on, contours)
        for each in maps
    ]
    return {
        "image": view.image,
        "file": known.file,
        "scene": view.scene,
        "frame": view.frame,
        "channel": facts.nuclear_channel,
        "pixel_size_um": facts.pixel_size_um[0] if facts.pixel_size_um else None,
        "magnification": facts.magnification,
        "whole": (region.height, region.width) == frame.shape,
        "left": region.left,
        "top": region.top,
        "width": region.width,
        "height": region.height,
        "frame_width": frame.shape[1],
        "frame_height": frame.shape[0],
        "scenes": len(facts.scenes),
        "frames": len({one.frame for one in facts.frames}),
        "nucleus_diameter_px": view.size.diameter_px,
        "picture": _picture(frame, region),
        "contours": contours.paths,
        "threshold": by_level(frame, region, options["levels"], areas, on, contours),
        "unet": by_network,
    }


def _picture(frame: np.ndarray, region: Region) -> str:
    """Draw the region in grey."""
    rows = slice(region.top, region.top + region.height)
    columns = slice(region.left, region.left + region.width)
    drawn = for_the_eye(frame)[rows, columns]
    grey = np.repeat(drawn[..., None], 3, axis=2)
    return encoded(imagecodecs.webp_encode(grey, level=_QUALITY, lossless=False), ".webp")
