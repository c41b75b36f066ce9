"""From the maps of the neural network to label images."""

import logging
from pathlib import Path
from typing import Any

from immunostain.frames import read_maps, write_labels
from immunostain.instances import nuclei_of_maps
from immunostain.scale import area_in_pixels


def segment_by_unet(
    map_folder: str,
    label_folder: Path,
    about: dict[str, Any],
    probability: float,
    minimum_area: float | str,
    separate_touching: bool,
    exclude_border: bool,
    log: logging.Logger,
) -> None:
    """Find the nuclei in each frame by what the neural network said and write label images.

    Parameters
    ----------
    map_folder, label_folder
        Where the maps are and where the label images go.
    about
        What `frames.read_about` gives for the maps.
    probability, minimum_area, separate_touching, exclude_border
        As in config.yaml.
    log
        Told the number of nuclei in each frame.

    Raises
    ------
    ImageError
        The minimum area is in square micrometres and the file has no pixel size.
    """
    if about["unreadable"]:
        log.info("left out: %s", about["unreadable"])
        return
    smallest = (
        None if minimum_area == "auto" else area_in_pixels(minimum_area, about["pixel_size_um"])
    )
    log.info(
        "probability %g, minimum area %s, separate touching: %s, exclude border: %s",
        probability,
        "auto" if smallest is None else f"{smallest:g} pixels",
        separate_touching,
        exclude_border,
    )
    for frame in about["frames"]:
        scene, number = frame["scene"], frame["frame"]
        size = about["scenes"][scene]
        found, dropped = nuclei_of_maps(
            read_maps(map_folder, scene, number),
            (size["height"], size["width"]),
            probability,
            smallest,
            separate_touching,
            exclude_border,
        )
        write_labels(label_folder, scene, number, found, dropped)
        log.info("scene %d, frame %d: %d nuclei", scene, number, found.max(initial=0))
