"""Label images of all frames of a chunk, by whichever method finds the nuclei."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from immunostain.frames import write_labels
from immunostain.scale import area_in_pixels

Find = Callable[[int, int, float | None], tuple[np.ndarray, np.ndarray, str]]


def label_frames(
    label_folder: Path,
    about: dict[str, Any],
    minimum_area: float | str,
    settings: tuple[str, str],
    find: Find,
    log: logging.Logger,
) -> None:
    """Find the nuclei in each frame and write label images.

    Parameters
    ----------
    label_folder
        Where the label images go.
    about
        What `about.read_about` gives for the chunk.
    minimum_area
        As in config.yaml.
    settings
        What the log says of the other settings, before and after the minimum area.
    find
        Given the scene, the frame and the minimum area in pixels (None: automatic), gives the
        labels and what was dropped, see `labels.label_nuclei`, and what else the log says of it.
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
    area = "auto" if smallest is None else f"{smallest:g} pixels"
    log.info("%s, minimum area %s, %s", settings[0], area, settings[1])
    for frame in about["frames"]:
        scene, number = frame["scene"], frame["frame"]
        found, dropped, more = find(scene, number, smallest)
        write_labels(label_folder, scene, number, found, dropped)
        count = found.max(initial=0)
        log.info("scene %d, frame %d: %d nuclei%s", scene, number, count, more)
