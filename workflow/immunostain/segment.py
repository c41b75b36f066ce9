"""From frames to label images."""

import logging
from pathlib import Path
from typing import Any

from immunostain import labels, normalise, threshold
from immunostain.frames import read_picture, write_labels
from immunostain.scale import area_in_pixels


def segment_by_threshold(
    frame_folder: str,
    label_folder: Path,
    about: dict[str, Any],
    level: int | str,
    minimum_area: float | str,
    separate_touching: bool,
    exclude_border: bool,
    log: logging.Logger,
) -> None:
    """Find the nuclei in each frame by how bright they are and write label images.

    Parameters
    ----------
    frame_folder, label_folder
        Where the frames are and where the label images go.
    about
        What `frames.read_about` gives for the frames.
    level, minimum_area, separate_touching, exclude_border
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
        "threshold level %s, minimum area %s, separate touching: %s, exclude border: %s",
        level,
        "auto" if smallest is None else f"{smallest:g} pixels",
        separate_touching,
        exclude_border,
    )
    for frame in about["frames"]:
        scene, number = frame["scene"], frame["frame"]
        picture = read_picture(frame_folder, scene, number)
        low, high = normalise.brightness_range(picture)
        picture = normalise.smooth(normalise.to_8_bit(picture, low, high))
        found, dropped = labels.label_nuclei(
            threshold.above_level(picture, level), smallest, separate_touching, exclude_border
        )
        write_labels(label_folder, scene, number, found, dropped)
        log.info(
            "scene %d, frame %d: %d nuclei (intensities %g to %g stretched to 0 to 255)",
            *(scene, number, found.max(initial=0), low, high),
        )
