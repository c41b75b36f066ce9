"""Label images of all frames of a chunk, by whichever method finds the nuclei."""

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np

from immunostain.images.facts import FileFacts
from immunostain.images.frames import write_labels
from immunostain.shared.units import area_in_pixels

Found = tuple[np.ndarray, np.ndarray, int, str]
Find = Callable[[int, int, float | None], Found]


def label_frames(
    label_folder: Path,
    facts: FileFacts,
    how: str,
    minimum_area: float | str,
    separate_touching: bool,
    exclude_border: bool,
    find: Find,
    log: logging.Logger,
) -> int:
    """Find the nuclei in each frame and write label images.

    Parameters
    ----------
    label_folder
        Where the label images go.
    facts
        What is known of the chunk.
    how
        What the log says of the method and its setting.
    minimum_area, separate_touching, exclude_border
        As in config.yaml; the log tells them.
    find
        Given the scene, the frame and the minimum area in pixels (None: automatic), gives
        what `labels.label_nuclei` gives and what else the log says of it.
    log
        Told the number of nuclei in each frame.

    Returns
    -------
    int
        How many objects were left out because they are smaller than the minimum area.

    Raises
    ------
    ImageError
        The minimum area is in square micrometres and the file has no pixel size.
    """
    smallest = None if minimum_area == "auto" else area_in_pixels(minimum_area, facts.pixel_size_um)
    area = "auto" if smallest is None else f"{smallest:g} pixels"
    rest = f"separate touching: {separate_touching}, exclude border: {exclude_border}"
    log.info("%s, minimum area %s, %s", how, area, rest)
    all_too_small = 0
    for frame in facts.frames:
        scene, number = frame.scene, frame.frame
        found, dropped, too_small, more = find(scene, number, smallest)
        write_labels(label_folder, scene, number, found, dropped)
        count = found.max(initial=0)
        left_out = f", {too_small} smaller objects left out" if too_small else ""
        log.info("scene %d, frame %d: %d nuclei%s%s", scene, number, count, left_out, more)
        all_too_small += too_small
    return all_too_small
