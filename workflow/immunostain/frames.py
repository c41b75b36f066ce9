"""Frames: the nuclear channel of a file, one flat picture per scene and time point.

A folder of frames (or of label images) holds ``s000_t0000.tif`` and so on, and ``frames.json``: what
the later steps need to know, so that they need not ask the .czi file again.
"""

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from immunostain import czi
from immunostain.plan import share

ABOUT = "frames.json"


def frame_name(scene: int, frame: int) -> str:
    """Name the picture of a frame.

    Examples
    --------
    >>> frame_name(0, 12)
    's000_t0012.tif'
    """
    return f"s{scene:03d}_t{frame:04d}.tif"


def split_frames(
    path: str,
    folder: Path,
    chunk: str,
    nuclear_channel: str | int,
    z_projection: str | int,
    log: logging.Logger,
) -> dict[str, Any]:
    """Write the nuclear channel of a chunk's frames as TIFF files, each (Y, X).

    Parameters
    ----------
    path
        The .czi file.
    folder
        Where the pictures go.
    chunk
        Such as ``1of4``.
    nuclear_channel, z_projection
        As in config.yaml.
    log
        Told what was found and chosen.

    Returns
    -------
    dict
        What is known of the file and of the chunk's frames, for `write_about`.

    Raises
    ------
    ImageError
        The file can't be read, or has no such channel or plane.
    """
    image = czi.open_czi(path)
    channel = image.channels[czi.find_channel(image.channels, nuclear_channel)]
    mine = [image.frames[index] for index in share(len(image.frames), chunk)]
    log.info("channels: %s", ", ".join(c.name for c in image.channels))
    log.info("nuclear channel: %s (asked for: %s)", channel.name, nuclear_channel)
    log.info(
        "%d scenes, %d frames, pixel size %s um; frames in this chunk: %d",
        len(image.scenes),
        len(image.frames),
        image.pixel_size_um or "unknown",
        len(mine),
    )
    for note in image.notes:
        log.info("note: %s", note)
    for frame in mine:
        picture = czi.read_frame(image, frame, channel, z_projection)
        tifffile.imwrite(folder / frame_name(frame.scene, frame.frame), picture)
    return {
        "unreadable": None,
        "channels": [c.name for c in image.channels],
        "nuclear_channel": channel.name,
        "pixel_types": [c.pixel_type for c in image.channels],
        "pixel_size_um": image.pixel_size_um,
        "magnification": image.magnification,
        "scenes": [
            {"width": s.width, "height": s.height, "z": max(map(len, s.planes.values()))}
            for s in image.scenes
        ],
        "frames_in_file": len(image.frames),
        "notes": image.notes,
        "frames": [
            {"scene": f.scene, "frame": f.frame, "time_s": f.time_s} for f in mine
        ],
    }


def unreadable(reason: str) -> dict[str, Any]:
    """Give what is known of a file that can't be analysed."""
    return {"unreadable": reason, "channels": [], "frames": []}


def write_about(folder: Path, about: dict[str, Any]) -> None:
    """Write what is known of a folder's frames."""
    (folder / ABOUT).write_text(json.dumps(about, indent=1, ensure_ascii=False), encoding="utf-8")


def read_about(folder: str | Path) -> dict[str, Any]:
    """Read what `write_about` wrote."""
    return json.loads((Path(folder) / ABOUT).read_text(encoding="utf-8"))


def read_picture(folder: str | Path, scene: int, frame: int) -> np.ndarray:
    """Read a frame or a label image, (Y, X)."""
    return tifffile.imread(Path(folder) / frame_name(scene, frame))


def write_labels(folder: Path, scene: int, frame: int, labels: np.ndarray) -> None:
    """Write a label image, (Y, X) uint32, in a form that Fiji and napari open."""
    tifffile.imwrite(
        folder / frame_name(scene, frame), labels, compression="zlib", compressionargs={"level": 1}
    )
