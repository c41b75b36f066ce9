"""From frames to label images."""

import logging
from pathlib import Path

import numpy as np

from immunostain.images import eight_bit
from immunostain.images.facts import FileFacts
from immunostain.images.frames import read_frame
from immunostain.nuclei import threshold
from immunostain.nuclei.evidence import Evidence
from immunostain.nuclei.label_frames import RepairScene, label_frames
from immunostain.nuclei.labels import Found, label_nuclei
from immunostain.shared.left_out import left_out, pixels_that_count


def stretched(frame: np.ndarray, low: float, high: float) -> np.ndarray:
    """Give the picture to which levels refer.

    Parameters
    ----------
    frame
        (Y, X), as the camera gave it.
    low, high
        As `eight_bit.brightness_range` gives them.

    Returns
    -------
    numpy.ndarray
        (Y, X) uint8, stretched and smoothed; masked where the frame is.
    """
    picture = eight_bit.smooth(eight_bit.to_8_bit(frame, low, high))
    masked = left_out(frame)
    return picture if masked is None else np.ma.MaskedArray(picture, masked)


def segment_by_threshold(
    frame_folder: str,
    label_folder: Path,
    facts: FileFacts,
    level: int | str,
    minimum_area: float | str,
    separate_touching: bool,
    exclude_border: bool,
    log: logging.Logger,
    repair: RepairScene | None = None,
) -> FileFacts:
    """Find the nuclei in each frame by how bright they are and write label images.

    Parameters
    ----------
    frame_folder, label_folder
        Where the frames are and where the label images go.
    facts
        What is known of the frames.
    level, minimum_area, separate_touching, exclude_border
        As in config.yaml.
    log
        Told the number of nuclei in each frame.
    repair
        As for `label_frames`.

    Returns
    -------
    FileFacts
        As `label_frames` gives them.

    Raises
    ------
    ImageError
        The minimum area is in square micrometres and the file has no pixel size.
    """

    def find(
        scene: int, number: int, smallest: float | None, drop_at_edge: bool
    ) -> tuple[Found, str]:
        frame = read_frame(frame_folder, scene, number)
        low, high = eight_bit.brightness_range(frame)
        mask = threshold.above_level(stretched(frame, low, high), level)
        seen = f"{low:g} to {high:g}"
        told = f" (intensities {seen} stretched to 0 to 255)"
        if threshold.only_noise(frame):
            mask[:] = False
            told = f" (nothing but noise: intensities {seen})"
        return label_nuclei(mask, smallest, separate_touching, drop_at_edge), told

    def evidence(scene: int, number: int) -> Evidence:
        frame = read_frame(frame_folder, scene, number)
        picture = stretched(frame, *eight_bit.brightness_range(frame))
        above, used = threshold.level_of(picture, level)
        light = np.ma.getdata(above)
        dark = pixels_that_count(above)
        background = min(float(np.median(dark)) if dark.size else 0.0, used)
        return Evidence(lambda window: light[window], used, background, left_out(picture))

    settings = (minimum_area, separate_touching, exclude_border)
    told = f"threshold level {level}"
    return label_frames(label_folder, facts, told, *settings, find, evidence, repair, log)
