"""Label images of all frames of a chunk, by whichever method finds the nuclei."""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from immunostain.images.facts import FileFacts
from immunostain.images.frames import write_labels
from immunostain.nuclei.labels import Found
from immunostain.shared.units import area_in_pixels

Find = Callable[[int, int, float | None], tuple[Found, str]]


def label_frames(
    label_folder: Path,
    facts: FileFacts,
    how: str,
    minimum_area: float | str,
    separate_touching: bool,
    exclude_border: bool,
    find: Find,
    log: logging.Logger,
) -> FileFacts:
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
        Told the number of nuclei in each frame, and the minimum area where it is automatic.

    Returns
    -------
    FileFacts
        `facts` with the objects that were too small, the nuclei dropped at the edge, and the least
        and the most minimum area used.

    Raises
    ------
    ImageError
        The minimum area is in square micrometres and the file has no pixel size.
    """
    smallest = None if minimum_area == "auto" else area_in_pixels(minimum_area, facts.pixel_size_um)
    area = "auto" if smallest is None else f"{smallest:g} pixels"
    rest = f"separate touching: {separate_touching}, exclude border: {exclude_border}"
    log.info("%s, minimum area %s, %s", how, area, rest)
    too_small, at_edge, used = 0, 0, []
    for frame in facts.frames:
        scene, number = frame.scene, frame.frame
        found, more = find(scene, number, smallest)
        size = facts.pixel_size_um
        write_labels(label_folder, scene, number, found.labels, found.dropped, size)
        chosen = "" if smallest is not None else f", minimum area {found.minimum_area:g} pixels"
        left_out = f", {found.too_small} smaller objects left out" if found.too_small else ""
        edge = f", {found.at_edge} dropped at the edge" if found.at_edge else ""
        count = found.labels.max(initial=0)
        told = chosen + left_out + edge + more
        log.info("scene %d, frame %d: %d nuclei%s", scene, number, count, told)
        too_small += found.too_small
        at_edge += found.at_edge
        used.append(float(found.minimum_area))
    return replace(
        facts,
        too_small=too_small,
        at_edge=at_edge,
        minimum_area_px=(min(used), max(used)) if used else None,
    )
