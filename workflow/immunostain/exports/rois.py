"""Nuclei as a set of ROIs, which Fiji and ImageJ open in their ROI Manager."""

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from immunostain.images.frames import frame_name
from immunostain.nuclei.pixel_edges import Outline, outlines
from immunostain.shared.files import whole_file

_VERSION = 228  # of the format; before it there were no groups
_MOVE, _LINE, _CLOSE = 0, 1, 4  # of paths, as java.awt.geom.PathIterator numbers them
# Above this it takes coordinates of 16 bits for negative ones, and their number has 16 bits too.
_MOST = 32767
_MOST_GROUPS = 255


class Roi(NamedTuple):
    """A ROI: its name, and the content of its file."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Stack:
    """What Fiji opens an image as.

    Attributes
    ----------
    scenes, frames
        How many there are of the image.
    is_hyperstack
        It has several channels or z besides: then ImageJ counts time, else it counts pictures.
    """

    scenes: int
    frames: int
    is_hyperstack: bool


def rois_of_frame(labels: np.ndarray, scene: int, frame: int, stack: Stack) -> list[Roi]:
    """Give the nuclei of a frame as ROIs whose masks are their pixels exactly.

    Parameters
    ----------
    labels
        (Y, X) label image: 0 is background, nucleus n has the value n + 1.
    scene, frame
        Which frame it is.
    stack
        Of how many. Where there is one scene and one frame, a ROI's name is the nucleus's id,
        ``7``. Else the frame stands before it as in the names of label images, ``s000_t0012_07``,
        and ids have as many digits as the frame's highest one, so that names sort. Where there are
        several frames, a ROI is shown on its own; where there are several scenes, it is in group
        scene + 1, as far as groups go.

    Returns
    -------
    list of Roi
        In the order of nuclei.
    """
    found = sorted(outlines(labels), key=attrgetter("label"))
    place, digits = "", 1
    if found and (stack.scenes > 1 or stack.frames > 1):
        place, digits = Path(frame_name(scene, frame)).stem + "_", len(str(found[-1].label - 1))
    group = scene + 1 if stack.scenes > 1 and scene < _MOST_GROUPS else 0
    number = frame + 1 if stack.frames > 1 else 0
    shown = (0, number, group) if stack.is_hyperstack else (number, 0, group)
    rois = []
    for outline in found:
        name = f"{place}{outline.label - 1:0{digits}d}"
        rois.append(Roi(name, _encoded(outline, name, *shown)))
    return rois


def write_rois(path: str | Path, rois: Iterable[Roi]) -> None:
    """Write ROIs as a set, a .zip file; the same ROIs make the same file."""
    with whole_file(path) as partial, zipfile.ZipFile(partial, "w") as file:
        for roi in rois:
            info = zipfile.ZipInfo(f"{roi.name}.roi")
            file.writestr(info, roi.content, zipfile.ZIP_DEFLATED, compresslevel=1)


def _encoded(outline: Outline, name: str, position: int, time: int, group: int) -> bytes:
    """Give the content of a ROI's file.

    A nucleus of one ring is what ImageJ's wand makes, a traced ROI, one with holes a composite one.
    """
    # Here and not above: its import takes as long as a small picture takes to be drawn.
    from roifile import ROI_TYPE, ImagejRoi

    rings = outline.rings
    corners = np.concatenate(rings) if len(rings) > 1 else rings[0]
    low, high = corners.min(axis=0), corners.max(axis=0)
    roi = ImagejRoi(version=_VERSION, name=name, position=position, t_position=time, group=group)
    if len(rings) == 1 and max(*high.tolist(), len(corners)) <= _MOST:
        roi.roitype = ROI_TYPE.TRACED
        roi.n_coordinates = len(corners)
        roi.integer_coordinates = corners - low
    else:
        roi.roitype = ROI_TYPE.RECT
        roi.multi_coordinates = np.concatenate([_path(ring) for ring in rings])
        roi.shape_roi_size = len(roi.multi_coordinates)
        low, high = (np.minimum(corner, _MOST) for corner in (low, high))
    (roi.left, roi.top), (roi.right, roi.bottom) = low.tolist(), high.tolist()
    return roi.tobytes()


def _path(ring: np.ndarray) -> np.ndarray:
    """Give a ring as ImageJ writes shapes: to its first corner, lines to the others, closed."""
    path = np.empty((len(ring), 3), np.float32)
    path[:, 0] = _LINE
    path[0, 0] = _MOVE
    path[:, 1:] = ring
    return np.append(path.ravel(), np.float32(_CLOSE))
