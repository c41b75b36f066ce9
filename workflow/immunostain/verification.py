"""The verification pictures of an image: every channel in grey and all of them in colour."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from immunostain import czi, measure, pictures
from immunostain.frames import read_picture
from immunostain.normalise import brightness_range, to_8_bit


def draw_image(
    path: str,
    image_id: str,
    chunks: list[tuple[str, dict[str, Any]]],
    tracks: dict[tuple[int, int], dict[int, int]],
    z_projection: str | int,
    folder: Path,
    threads: int,
) -> None:
    """Draw every frame of an image with the contours and ids of its nuclei.

    Parameters
    ----------
    path, image_id
        The .czi file, and its id, with which the names of the pictures begin.
    chunks
        The folder of label images of each chunk and what `frames.read_about` gives for it.
    tracks
        The track of each nucleus, as `columns.read_track_ids` gives them: it is the number that is
        written, so that a nucleus has the same one in all frames. Frames that aren't in it have the
        ids of nuclei.
    z_projection
        As in config.yaml.
    folder
        Where the pictures go.
    threads
        How many frames are drawn at a time.

    Raises
    ------
    ImageError
        A plane of the file is damaged.
    """
    image = czi.open_czi(path)
    refs = {(frame.scene, frame.frame): frame for frame in image.frames}
    names = [channel.name for channel in image.channels]
    safe = pictures.file_safe(names)
    reading = Lock()

    def draw_frame(task: tuple[str, dict[str, Any], str]) -> None:
        label_folder, frame, nuclear_channel = task
        ref = refs[frame["scene"], frame["frame"]]
        labels = read_picture(label_folder, ref.scene, ref.frame)
        with reading:
            channels = [czi.read_frame(image, ref, c, z_projection) for c in image.channels]
        channels = [to_8_bit(channel, *brightness_range(channel)) for channel in channels]
        white, black = _annotations(labels, tracks.get((ref.scene, ref.frame)))
        scene = f"_s-{ref.scene}" if len(image.scenes) > 1 else ""
        for name, channel in zip(safe, channels, strict=True):
            drawn = pictures.grey(channel, white, black)
            pictures.write_png(folder / f"{image_id}{scene}_{name}_t-{ref.frame}.png", drawn)
        drawn = pictures.colour(channels, names.index(nuclear_channel), white, black)
        pictures.write_png(folder / f"{image_id}{scene}_color_t-{ref.frame}.png", drawn)

    tasks = [
        (label_folder, frame, about["nuclear_channel"])
        for label_folder, about in chunks
        for frame in about["frames"]
    ]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(draw_frame, tasks))


def _annotations(
    labels: np.ndarray, tracks: dict[int, int] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Give what is drawn white (contours, ids) and black (around the ids), (Y, X) bool each."""
    areas, x, y = measure.centres(labels)
    outlines = pictures.outlines(labels)
    if len(areas) and np.median(areas) < pictures.SMALLEST_WITH_ID:
        return outlines, np.zeros_like(outlines)
    size = pictures.letter_size(areas, labels.shape)
    ids = range(len(areas)) if tracks is None else [tracks[n] for n in range(len(areas))]
    letters, halo = pictures.write_ids(labels.shape, ids, x, y, size)
    return (outlines & ~halo) | letters, halo
