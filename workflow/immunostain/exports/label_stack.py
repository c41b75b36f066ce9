"""Label images in which each nucleus has the number of its track, so that it keeps its value."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from uuid import UUID, uuid5

import numpy as np
import pandas as pd

from immunostain.shared.files import whole_file
from immunostain.shared.tiff import write_ome_stack

_NAMES = UUID("7c1f9a3e-5d0b-4a55-9a52-0d6d3a1f6f0e")  # any number, but always the same


def paint_tracks(labels: np.ndarray, nucleus_ids: np.ndarray, track_ids: np.ndarray) -> np.ndarray:
    """Give each nucleus of a frame the number of its track.

    Parameters
    ----------
    labels
        (Y, X) uint32 label image: 0 is background, nucleus n has the value n + 1.
    nucleus_ids, track_ids
        The nuclei of this frame that have a track, and their tracks.

    Returns
    -------
    numpy.ndarray
        (Y, X) uint32: 0 is background, or a nucleus without a track.
    """
    values = np.asarray(nucleus_ids, np.int64) + 1
    track_of = np.zeros(max(labels.max(initial=0), values.max(initial=0)) + 1, np.uint32)
    track_of[values] = track_ids
    return track_of[labels]


def track_masks(
    linked: pd.DataFrame,
    frames: int,
    shape: tuple[int, int],
    read: Callable[[int], np.ndarray | None],
) -> Iterator[np.ndarray]:
    """Give the frames of a scene one by one, each nucleus with the number of its track.

    Parameters
    ----------
    linked
        The nuclei of one scene, with at least ``frame, nucleus_id, track_id``.
    frames
        How many frames the scene has, those that are missing in the file included.
    shape
        Of the scene's pictures, (Y, X).
    read
        Gives the label image of a frame, (Y, X) uint32, or None where the file lacks the frame: its
        mask is empty, so that masks are numbered as frames are.

    Yields
    ------
    numpy.ndarray
        (Y, X) uint32.
    """
    known = linked[linked["track_id"].notna()]
    by_frame = dict(iter(known.groupby("frame")))
    for frame in range(frames):
        labels = read(frame)
        if labels is None:
            yield np.zeros(shape, np.uint32)
            continue
        rows = by_frame.get(frame, known.iloc[:0])
        nuclei, tracks = (rows[name].to_numpy(np.int64) for name in ("nucleus_id", "track_id"))
        yield paint_tracks(labels, nuclei, tracks)


def write_track_masks(
    path: Path,
    masks: Iterable[np.ndarray],
    frames: int,
    shape: tuple[int, int],
    pixel_size_um: tuple[float, float] | None,
    interval_s: float | None,
) -> None:
    """Write the masks of a scene as one OME-TIFF with the axes T, Y, X.

    Only one frame is held at a time. Bio-Formats, and so Fiji, reads the file as a stack over time.

    Parameters
    ----------
    path
        The file.
    masks
        What `track_masks` gives.
    frames, shape
        As for `track_masks`.
    pixel_size_um
        Width and height of a pixel, or None where the file doesn't say.
    interval_s
        Seconds from one frame to the next, or None where that is not known.
    """
    # From the name and not from chance, so that the same tracks make the same file.
    uuid = f"urn:uuid:{uuid5(_NAMES, path.name)}"
    metadata: dict[str, str | float] = {"axes": "TYX", "UUID": uuid}
    if pixel_size_um:
        metadata |= {"PhysicalSizeX": pixel_size_um[0], "PhysicalSizeXUnit": "µm"}
        metadata |= {"PhysicalSizeY": pixel_size_um[1], "PhysicalSizeYUnit": "µm"}
    if interval_s:
        metadata |= {"TimeIncrement": interval_s, "TimeIncrementUnit": "s"}
    with whole_file(path) as partial:
        write_ome_stack(partial, masks, (frames, *shape), metadata)
