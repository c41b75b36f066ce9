"""What the page shows of a view: its picture, and what is found in it for every setting."""

import math
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np

from immunostain.images.frames import read_frame
from immunostain.pictures.stretch import curve_of, drawn
from immunostain.preview.by_settings import by_level, by_probability, masks_by_level
from immunostain.preview.contours import Contours, canvas
from immunostain.preview.folder import FolderImage, in_pixels
from immunostain.preview.regions import Region
from immunostain.preview.views import View, read_maps_of_view
from immunostain.report.embedding import encoded
from immunostain.shared.left_out import left_out

_QUALITY = 85


def of_image(
    found: Sequence[View],
    known: FolderImage,
    frame_folder: Path,
    map_folder: str | Path,
    options: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """Give all that the page shows of an image, for each of its views what `shown` gives.

    Parameters
    ----------
    found
        All views of all images.
    known
        What is known of the image.
    frame_folder
        Where its frames are.
    map_folder
        Where the maps of all views are.
    options
        What `options.all_options` gives.
    """
    mine = [(number, view) for number, view in enumerate(found) if view.image == known.image]
    written = []
    for (scene, frame_number), of_frame in groupby(mine, lambda one: (one[1].scene, one[1].frame)):
        numbers, views = zip(*of_frame, strict=True)
        frame = read_frame(frame_folder, scene, frame_number)
        masks = masks_by_level(frame, [view.region for view in views], options["levels"])
        for number, view, of_region in zip(numbers, views, masks, strict=True):
            diameters = range(len(options["diameters"]))
            maps = [read_maps_of_view(map_folder, number, place) for place in diameters]
            written.append(shown(view, known, frame, of_region, maps, options))
    return written


def shown(
    view: View,
    known: FolderImage,
    frame: np.ndarray,
    masks: Sequence[np.ndarray],
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
    masks
        What `by_settings.masks_by_level` gives for the region.
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
        # Of a square pixel of the same area, by which areas are told.
        "pixel_size_um": facts.pixel_size_um and math.sqrt(math.prod(facts.pixel_size_um)),
        "pixel_width_um": facts.pixel_size_um and facts.pixel_size_um[0],
        "magnification": facts.magnification,
        "whole": view.whole,
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
        "threshold": by_level(masks, areas, on, contours),
        "unet": by_network,
    }


def _picture(frame: np.ndarray, region: Region) -> str:
    """Draw the region in grey, stretched as all of the frame would be."""
    rows = slice(region.top, region.top + region.height)
    columns = slice(region.left, region.left + region.width)
    grey = np.repeat(drawn(frame[rows, columns], curve_of(frame))[..., None], 3, axis=2)
    return encoded(imagecodecs.webp_encode(grey, level=_QUALITY, lossless=False), ".webp")
