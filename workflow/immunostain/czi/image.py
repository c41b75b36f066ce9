"""A .czi file, opened: what it says about itself.

Only this package opens .czi files. Pixels come from aicspylibczi (Zeiss's own libCZI, see
`planes`), what libCZI doesn't tell from `zisraw`.

Axes are written as in OME: T time, C channel, Z depth, Y down, X right. S is a scene, M a tile of a
mosaic.
"""

from dataclasses import dataclass
from xml.etree import ElementTree

from aicspylibczi import CziFile

from immunostain.czi.channels import Channel, name_channels, pixel_types
from immunostain.czi.libczi import DamagedError, open_reader, read
from immunostain.czi.scenes import Scene, notes_on_gaps, scenes_and_times
from immunostain.czi.times import times_of_frames
from immunostain.czi.zisraw import directory
from immunostain.shared.errors import ImageError


@dataclass(frozen=True)
class Frame:
    """One time point of one scene; `scene` and `frame` count from 0, `t` is the T in the file."""

    scene: int
    frame: int
    t: int
    time_s: float | None


@dataclass(frozen=True)
class CziImage:
    """An open .czi file and what it says about itself.

    Attributes
    ----------
    path, reader
        The file, and it opened.
    channels, scenes, frames
        What it holds; frames are sorted by scene, then time.
    pixel_size_um
        Width and height of a pixel, None where the file doesn't say.
    magnification
        Of the objective, None where the file doesn't say.
    fixed
        The one value that is read of each dimension that isn't analysed (view, phase ...).
    notes
        What a user should know about how the file was read.
    """

    path: str
    reader: CziFile
    channels: tuple[Channel, ...]
    scenes: tuple[Scene, ...]
    frames: tuple[Frame, ...]
    pixel_size_um: tuple[float, float] | None
    magnification: float | None
    fixed: dict[str, int]
    notes: tuple[str, ...]


def open_czi(path: str) -> CziImage:
    """Open a .czi file and read what it says about itself.

    Raises
    ------
    ImageError
        It is empty, cut off, damaged, not a .czi file, or has pixels of a kind that can't be
        measured.
    MemoryError, OSError
        The computer's memory, disk or network is at fault, not the file.
    """
    tiles = [tile for tile in directory(path) if not tile.reduced]
    if not tiles:
        raise ImageError("the file holds no picture; check it in ZEN")
    fixed = {
        name: min(tile.at(name) for tile in tiles) for name in "VHIR" if name in tiles[0].start
    }
    notes = []
    kept = [tile for tile in tiles if all(tile.at(d) == n for d, n in fixed.items())]
    if len(kept) < len(tiles):
        notes.append("only the first view, phase, illumination and rotation are analysed")
    types = pixel_types(kept)
    try:
        reader = open_reader(path)
        metadata = read(path, reader, lambda opened: opened.meta)
    except DamagedError as error:
        raise ImageError(f"the file can't be read ({error}); check it in ZEN") from error
    channels = name_channels(types, metadata)
    scenes, times = scenes_and_times(kept)
    all_times = sorted({t for complete in times for t in complete})
    if not all_times:
        raise ImageError("no frame of the file has all its planes; check it in ZEN")
    stamps, remarks = times_of_frames(path, reader, kept, metadata, all_times)
    notes += remarks
    frames = [
        Frame(index, t - all_times[0], t, stamps.get(t))
        for index, complete in enumerate(times)
        for t in complete
    ]
    planned = {(tile.at("S"), tile.at("T")) for tile in kept}
    if len(planned) > len(frames):
        notes.append(f"{len(planned) - len(frames)} frames lack planes and are left out")
    notes += notes_on_gaps(scenes)
    return CziImage(
        path,
        reader,
        channels,
        scenes,
        tuple(frames),
        _pixel_size(metadata),
        _magnification(metadata),
        fixed,
        tuple(notes),
    )


def _pixel_size(metadata: ElementTree.Element) -> tuple[float, float] | None:
    sizes = []
    for axis in "XY":
        text = metadata.findtext(f"./Metadata/Scaling/Items/Distance[@Id='{axis}']/Value")
        size = _number(text)
        if size is None or size <= 0:
            return None
        sizes.append(round(size * 1e6, 9))
    return sizes[0], sizes[1]


def _magnification(metadata: ElementTree.Element) -> float | None:
    """Give the magnification of the objective in use, or of the first one that the file lists."""
    information = "./Metadata/Information"
    used = metadata.find(f"{information}/Image/ObjectiveSettings/ObjectiveRef")
    objectives = metadata.findall(f"{information}/Instrument/Objectives/Objective")
    if used is not None:
        objectives.sort(key=lambda objective: objective.get("Id") != used.get("Id"))
    for objective in objectives:
        magnification = _number(objective.findtext("NominalMagnification"))
        if magnification:
            return magnification
    return None


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
