"""Frames: the nuclear channel of a file, one flat picture per scene and time point.

A folder of frames (or of label images) holds ``s000_t0000.tif`` and so on, and ``frames.json``:
what the later steps need to know, so that they need not ask the .czi file again.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import tifffile

from immunostain.images.facts import DROPPED, read_facts
from immunostain.shared.left_out import left_out
from immunostain.shared.tiff import write_tiff

LEFT_OUT = "left_out"
_A_FEW = 5


def frame_name(scene: int, frame: int) -> str:
    """Name the picture of a frame.

    Examples
    --------
    >>> frame_name(0, 12)
    's000_t0012.tif'
    """
    return f"s{scene:03d}_t{frame:04d}.tif"


def a_few(frames: int) -> list[int]:
    """Choose frames of a chunk, of so many, by which the size of its nuclei is estimated.

    Examples
    --------
    >>> a_few(2), a_few(9)
    ([0, 1], [0, 2, 4, 6, 8])
    """
    some = np.linspace(0, frames - 1, min(_A_FEW, frames)).astype(int)
    return [int(index) for index in np.unique(some)]


def read_picture(folder: str | Path, scene: int, frame: int) -> np.ndarray:
    """Read a label image, (Y, X), or all that a file holds of a frame."""
    return tifffile.imread(Path(folder) / frame_name(scene, frame))


def write_frame(folder: Path, scene: int, frame: int, picture: np.ndarray) -> None:
    """Write a frame, (Y, X), and in a folder beside it which of its pixels are masked, if any."""
    tifffile.imwrite(folder / frame_name(scene, frame), np.ma.getdata(picture))
    write_left_out(folder, scene, frame, left_out(picture))


def read_frame(folder: str | Path, scene: int, frame: int) -> np.ndarray:
    """Read what `write_frame` wrote: (Y, X), a masked array where pixels are masked."""
    picture, masked = read_picture(folder, scene, frame), read_left_out(folder, scene, frame)
    return picture if masked is None else np.ma.MaskedArray(picture, masked)


def write_left_out(folder: Path, scene: int, frame: int, masked: np.ndarray | None) -> None:
    """Write which pixels of a frame tell nothing, (Y, X) bool, if there are any."""
    if masked is not None:
        _write_mask(folder / LEFT_OUT, scene, frame, masked)


def read_left_out(folder: str | Path, scene: int, frame: int) -> np.ndarray | None:
    """Read which pixels of a frame tell nothing, (Y, X) bool; None: all tell something."""
    return _read_mask(Path(folder) / LEFT_OUT, scene, frame)


def label_reader(folders: Sequence[str | Path], scene: int) -> Callable[[int], np.ndarray | None]:
    """Give a function that reads a scene's label image of a frame, from whichever chunk has it.

    It gives (Y, X) uint32, or None where the frame was not analysed.
    """
    places = {
        frame.frame: folder
        for folder in folders
        for frame in read_facts(folder).frames
        if frame.scene == scene
    }
    return lambda frame: read_picture(places[frame], scene, frame) if frame in places else None


def write_labels(
    folder: Path,
    scene: int,
    frame: int,
    labels: np.ndarray,
    dropped: np.ndarray,
    pixel_size_um: tuple[float, float] | None = None,
) -> None:
    """Write a label image, (Y, X) uint32, in a form that Fiji and napari open.

    Where nuclei were dropped at the edge, `dropped`, (Y, X) bool, is written in a folder beside
    it. Programs are told the width and height of a pixel, where they are known.
    """
    write_tiff(folder / frame_name(scene, frame), labels, pixel_size_um)
    if dropped.any():
        _write_mask(folder / DROPPED, scene, frame, dropped)


def _write_mask(folder: Path, scene: int, frame: int, mask: np.ndarray) -> None:
    folder.mkdir(exist_ok=True)
    picture = np.where(mask, np.uint8(255), np.uint8(0))
    write_tiff(folder / frame_name(scene, frame), picture)


def _read_mask(folder: Path, scene: int, frame: int) -> np.ndarray | None:
    path = folder / frame_name(scene, frame)
    return tifffile.imread(path) > 0 if path.exists() else None


def write_maps(folder: Path, scene: int, frame: int, maps: np.ndarray) -> None:
    """Write what the neural network says of a frame, (2, Y, X) uint8, see `predict.predict`."""
    write_tiff(folder / frame_name(scene, frame), maps.reshape(-1, maps.shape[2]))


def read_maps(folder: str | Path, scene: int, frame: int) -> np.ndarray:
    """Read what `write_maps` wrote, (2, Y, X) uint8."""
    maps = read_picture(folder, scene, frame)
    return maps.reshape(2, -1, maps.shape[1])


def read_dropped(folder: str | Path, scene: int, frame: int) -> np.ndarray | None:
    """Read where nuclei were dropped at the edge, (Y, X) bool; None where there are none."""
    return _read_mask(Path(folder) / DROPPED, scene, frame)
