"""Frames: the nuclear channel of a file, one flat picture per scene and time point.

A folder of frames (or of label images) holds ``s000_t0000.tif`` and so on, and ``frames.json``:
what the later steps need to know, so that they need not ask the .czi file again.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

ABOUT = "frames.json"


def frame_name(scene: int, frame: int) -> str:
    """Name the picture of a frame.

    Examples
    --------
    >>> frame_name(0, 12)
    's000_t0012.tif'
    """
    return f"s{scene:03d}_t{frame:04d}.tif"


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
