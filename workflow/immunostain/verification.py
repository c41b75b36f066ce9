"""The verification pictures of an image: every channel in grey and all of them in colour."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from immunostain import czi, measure, pictures
from immunostain.bands import bands
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
        The folder of label images of each chunk and what `about.read_about` gives for it.
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
        # Very large pictures do not fit into memory otherwise: one channel at a time but in 8 bits.
        white, black = _annotations(label_folder, ref, tracks.get((ref.scene, ref.frame)))
        scene = f"_s-{ref.scene}" if len(image.scenes) > 1 else ""
        channels = []
        for name, channel in zip(safe, image.channels, strict=True):
            with reading:
                plane = czi.read_frame(image, ref, channel, z_projection)
            drawn = to_8_bit(plane, *brightness_range(plane))
            del plane
            pictures.annotate(drawn, white, black)
            pictures.write_png(folder / f"{image_id}{scene}_{name}_t-{ref.frame}.png", drawn)
            channels.append(drawn)
        nuclear = names.index(nuclear_channel)
        coloured = (
            pictures.colour(
                [channel[rows] for channel in channels], nuclear, white[rows], black[rows]
            )
            for rows in bands(white.shape, pictures.IN_CACHE)
        )
        path = folder / f"{image_id}{scene}_color_t-{ref.frame}.png"
        pictures.write_png_of_bands(path, (*white.shape, 3), coloured)

    tasks = [
        (label_folder, frame, about["nuclear_channel"])
        for label_folder, about in chunks
        for frame in about["frames"]
    ]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(draw_frame, tasks))


def _annotations(
    label_folder: str, frame: czi.Frame, tracks: dict[int, int] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Give what is drawn white (contours, ids) and black (around the ids), (Y, X) bool each."""
    labels = read_picture(label_folder, frame.scene, frame.frame)
    areas, x, y = measure.centres(measure.runs_of(labels))
    white = pictures.outlines(labels)
    black = np.zeros_like(white)
    if len(areas) == 0 or np.median(areas) >= pictures.SMALLEST_WITH_ID:
        size = pictures.letter_size(areas, labels.shape)
        ids = range(len(areas)) if tracks is None else [tracks[n] for n in range(len(areas))]
        pictures.write_ids(white, black, ids, x, y, size)
    return white, black
