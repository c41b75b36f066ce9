"""The verification pictures of an image, every channel in grey and all in colour; and its ROIs."""

from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from threading import Lock

import numpy as np

from immunostain.czi.image import open_czi
from immunostain.czi.planes import read_frame
from immunostain.exports.rois import Roi, Stack, rois_of_frame, write_rois
from immunostain.images.facts import FileFacts, FrameFacts
from immunostain.images.frames import read_picture
from immunostain.images.runs import Runs, runs_of
from immunostain.measuring.shapes import centres
from immunostain.pictures.annotate import (
    SMALLEST_WITH_ID,
    annotate,
    letter_size,
    outlines,
    write_ids,
)
from immunostain.pictures.channel_names import file_safe
from immunostain.pictures.colours import colour
from immunostain.pictures.png import DRAWN_AT_A_TIME, write_png, write_png_of_bands
from immunostain.pictures.stretch import for_the_eye, places_of
from immunostain.pictures.thumbnails import (
    contours,
    reduction,
    shrunk,
    thumbnail_name,
    write_thumbnail,
)
from immunostain.shared.large_pictures import bands


def draw_image(
    path: str,
    image_id: str,
    chunks: list[tuple[str, FileFacts]],
    tracks: dict[tuple[int, int], dict[int, int]],
    z_projection: str | int,
    folder: Path,
    thumbnails: Path,
    rois: str | Path,
    threads: int,
) -> None:
    """Draw every frame of an image with the contours and ids of its nuclei, and write their ROIs.

    Parameters
    ----------
    path, image_id
        The .czi file, and its id, with which the names of the pictures begin.
    chunks
        The folder of label images of each chunk, and what is known of it.
    tracks
        The track of each nucleus, as `columns.read_track_ids` gives them: it is the number that is
        written, so that a nucleus has the same one in all frames. Frames that aren't in it have the
        ids of nuclei.
    z_projection
        As in config.yaml.
    folder
        Where the pictures go.
    thumbnails
        Where a small picture of the first frame of each scene goes.
    rois
        The file of ROIs. It is written here because the label images are in memory here.
    threads
        How many frames are drawn at a time.

    Raises
    ------
    ImageError
        A plane of the file is damaged.
    """
    image = open_czi(path)
    refs = {(frame.scene, frame.frame): frame for frame in image.frames}
    names = [channel.name for channel in image.channels]
    safe = file_safe(names)
    reading = Lock()

    tasks = [
        (label_folder, frame, facts.nuclear_channel)
        for label_folder, facts in chunks
        for frame in facts.frames
    ]
    first: dict[int, int] = {}
    for _, frame, _ in tasks:
        first[frame.scene] = min(frame.frame, first.get(frame.scene, frame.frame))

    stack = Stack(
        scenes=len(image.scenes),
        frames=len({frame.frame for frame in image.frames}),
        is_hyperstack=len(names) > 1 or any(s.z_planes > 1 for s in chunks[0][1].scenes),
    )

    def draw_frame(task: tuple[str, FrameFacts, str]) -> list[Roi]:
        label_folder, frame, nuclear_channel = task
        ref = refs[frame.scene, frame.frame]
        labels = read_picture(label_folder, ref.scene, ref.frame)
        # Very large pictures do not fit into memory otherwise: one channel at a time but in 8 bits.
        nuclei = runs_of(labels)
        white, black = _annotations(labels, nuclei, tracks.get((ref.scene, ref.frame)))
        places = places_of(nuclei)
        del nuclei
        factor = reduction(labels.shape) if frame.frame == first[frame.scene] else 0
        lines = contours(labels, factor) if factor else None
        rois = rois_of_frame(labels, ref.scene, ref.frame, stack)
        del labels
        scene = f"_s-{ref.scene}" if len(image.scenes) > 1 else ""
        channels, small = [], []
        for name, channel in zip(safe, image.channels, strict=True):
            with reading:
                plane = read_frame(image, ref, channel, z_projection)
            drawn = for_the_eye(plane, places)
            del plane
            if factor:
                small.append(shrunk(drawn, factor))
            annotate(drawn, white, black)
            write_png(folder / f"{image_id}{scene}_{name}_t-{ref.frame}.png", drawn)
            channels.append(drawn)
        nuclear = names.index(nuclear_channel)
        coloured = (
            colour([channel[rows] for channel in channels], nuclear, white[rows], black[rows])
            for rows in bands(white.shape, DRAWN_AT_A_TIME)
        )
        path = folder / f"{image_id}{scene}_color_t-{ref.frame}.png"
        write_png_of_bands(path, (*white.shape, 3), coloured)
        if lines is not None:
            path = thumbnails / thumbnail_name(ref.scene, ref.frame)
            write_thumbnail(path, small, nuclear, lines)
        return rois

    with ThreadPoolExecutor(threads) as pool:
        write_rois(rois, chain.from_iterable(pool.map(draw_frame, tasks)))


def _annotations(
    labels: np.ndarray, nuclei: Runs, tracks: dict[int, int] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Give what is drawn white (contours, ids) and black (around the ids), (Y, X) bool each."""
    areas, x, y = centres(nuclei)
    white = outlines(labels)
    black = np.zeros_like(white)
    if len(areas) == 0 or np.median(areas) >= SMALLEST_WITH_ID:
        size = letter_size(areas, labels.shape)
        ids = range(len(areas)) if tracks is None else [tracks[n] for n in range(len(areas))]
        write_ids(white, black, ids, x, y, size)
    return white, black
