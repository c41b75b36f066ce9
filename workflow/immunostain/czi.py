"""Everything about Zeiss .czi files; no other module opens one.

Pixels come from aicspylibczi (Zeiss's own libCZI), what libCZI doesn't tell from `zisraw`.

Axes are written as in OME: T time, C channel, Z depth, Y down, X right. S is a scene, M a tile of a
mosaic.
"""

from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

import numpy as np
from aicspylibczi import CziFile

from immunostain import czi_times, libczi, zisraw
from immunostain.coverage import Rectangle, covered_area, uncovered
from immunostain.errors import ImageError

_PIXEL_TYPES = {
    0: ("gray8", "uint8", 1),
    1: ("gray16", "uint16", 1),
    2: ("gray32float", "float32", 1),
    3: ("bgr24", "uint8", 3),
    4: ("bgr48", "uint16", 3),
}
# What libCZI gives for a colour pixel comes in this order.
_SAMPLES = ("blue", "green", "red")
# A picture of more pixels, of which tiles cover less than this share, is one that damage has made.
_LARGE, _LEAST_COVERED = 100_000_000, 0.01


@dataclass(frozen=True)
class Channel:
    """A stain: its name, its C in the file, and which colour of an RGB channel it is, if of one."""

    name: str
    also_called: str
    number: int
    sample: int | None
    pixel_type: str
    dtype: str


@dataclass(frozen=True)
class Scene:
    """A scene of a file.

    Attributes
    ----------
    number
        Its S in the file.
    x, y, width, height
        Its rectangle in pixels.
    planes
        The Z of its planes, by channel.
    tiles
        Of how many tiles a plane is put together.
    gaps
        Where the tiles of a plane lie that don't cover the rectangle, by T, C and Z.
    """

    number: int
    x: int
    y: int
    width: int
    height: int
    planes: dict[int, tuple[int, ...]]
    tiles: int
    gaps: dict[tuple[int, int, int], frozenset[Rectangle]] = field(default_factory=dict)


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
    tiles = [tile for tile in zisraw.directory(path) if not tile["pyramid"]]
    if not tiles:
        raise ImageError("the file holds no picture; check it in ZEN")
    fixed = {
        name: min(tile["start"].get(name, 0) for tile in tiles)
        for name in "VHIR"
        if name in tiles[0]["start"]
    }
    notes = []
    kept = [tile for tile in tiles if all(tile["start"].get(d, 0) == n for d, n in fixed.items())]
    if len(kept) < len(tiles):
        notes.append("only the first view, phase, illumination and rotation are analysed")
    types = _pixel_types(kept)
    try:
        reader = libczi.open_reader(path)
        metadata = libczi.read(path, reader, lambda opened: opened.meta)
    except libczi.DamagedError as error:
        raise ImageError(f"the file can't be read ({error}); check it in ZEN") from error
    channels = _channels(types, metadata)
    scenes, times = _scenes(kept)
    all_times = sorted({t for complete in times for t in complete})
    if not all_times:
        raise ImageError("no frame of the file has all its planes; check it in ZEN")
    stamps, remarks = czi_times.times_of_frames(path, reader, kept, metadata, all_times)
    notes += remarks
    frames = [
        Frame(index, t - all_times[0], t, stamps.get(t))
        for index, complete in enumerate(times)
        for t in complete
    ]
    planned = {(tile["start"].get("S", 0), tile["start"].get("T", 0)) for tile in kept}
    if len(planned) > len(frames):
        notes.append(f"{len(planned) - len(frames)} frames lack planes and are left out")
    notes += _notes_on_gaps(scenes)
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


def find_channel(channels: tuple[Channel, ...], wanted: str | int) -> int:
    """Find the channel that the settings name.

    Parameters
    ----------
    channels
        As in `CziImage`.
    wanted
        Part of the channel's or its dye's name, case ignored, or its index from 0. A channel whose
        whole name it is goes before one that contains it, a name before a dye.

    Returns
    -------
    int
        Its index.

    Raises
    ------
    ImageError
        There is none; names the channels that there are.
    """
    names = ", ".join(
        f"{index}: {channel.name}" + (f" ({channel.also_called})" if channel.also_called else "")
        for index, channel in enumerate(channels)
    )
    if isinstance(wanted, int):
        if wanted < len(channels):
            return wanted
        raise ImageError(f"there is no channel {wanted}; the file has {names}")
    text = wanted.casefold()
    ways = (
        lambda channel: channel.name.casefold() == text,
        lambda channel: text in channel.name.casefold(),
        lambda channel: text in channel.also_called.casefold(),
    )
    for fits in ways:
        for index, channel in enumerate(channels):
            if fits(channel):
                return index
    raise ImageError(
        f'no channel is named "{wanted}"; the file has {names}; '
        "set nuclear_channel to one of these names or numbers"
    )


def read_frame(
    image: CziImage, frame: Frame, channel: Channel, z_projection: str | int
) -> np.ndarray:
    """Read one channel of one frame as a picture.

    Parameters
    ----------
    image, frame, channel
        What to read, from where.
    z_projection
        ``max``, ``mean`` (rounded to whole numbers where pixels are whole numbers), ``middle`` or
        the index of a plane from 0; without effect where there is only one.

    Returns
    -------
    numpy.ndarray
        (Y, X), in the file's own type; tiles of a mosaic are put together. Where some pixels tell
        nothing it is a masked array, and they are 0 and masked: those that no tile covers (in a
        stack: in every plane that is used), and floating-point pixels that are no finite number.

    Raises
    ------
    ImageError
        A plane is damaged, or the stack has no plane with that index.
    MemoryError, OSError
        The computer's memory, disk or network is at fault, not the file.
    """
    scene = image.scenes[frame.scene]
    planes = _planes_used(scene.planes[channel.number], z_projection)
    picture = _projection(image, scene, frame.t, channel, planes, z_projection)
    left_out = uncovered_pixels(image, frame, channel, z_projection)
    if picture.dtype.kind == "f":
        no_number = ~np.isfinite(picture)
        if no_number.any():
            left_out = no_number if left_out is None else left_out | no_number
    if left_out is None:
        return picture
    picture[left_out] = 0
    return np.ma.MaskedArray(picture, left_out)


def _planes_used(planes: tuple[int, ...], z_projection: str | int) -> tuple[int, ...]:
    if len(planes) == 1:
        return planes
    if z_projection == "middle":
        return planes[len(planes) // 2 :][:1]
    if isinstance(z_projection, int):
        if z_projection >= len(planes):
            raise ImageError(
                f"z_projection is {z_projection} but the file has {len(planes)} planes, "
                "counted from 0"
            )
        return planes[z_projection : z_projection + 1]
    return planes


def _projection(
    image: CziImage,
    scene: Scene,
    t: int,
    channel: Channel,
    planes: tuple[int, ...],
    z_projection: str | int,
) -> np.ndarray:
    first = _plane(image, scene, t, channel, planes[0])
    if len(planes) == 1:
        return first
    if z_projection == "max":
        for z in planes[1:]:
            np.maximum(first, _plane(image, scene, t, channel, z), out=first)
        return first
    total = first.astype(np.float64)
    with np.errstate(invalid="ignore"):  # infinite pixels of two planes, which are left out
        for z in planes[1:]:
            total += _plane(image, scene, t, channel, z)
    total /= len(planes)
    return (np.rint(total) if first.dtype.kind == "u" else total).astype(first.dtype)


def uncovered_pixels(
    image: CziImage, frame: Frame, channel: Channel, z_projection: str | int
) -> np.ndarray | None:
    """Find the pixels that no tile covers in one of the planes that `read_frame` reads.

    Parameters are those of `read_frame`.

    Returns
    -------
    numpy.ndarray or None
        (Y, X) bool; None where tiles cover every pixel.
    """
    scene, found = image.scenes[frame.scene], None
    planes = _planes_used(scene.planes[channel.number], z_projection)
    for tiles in {scene.gaps.get((frame.t, channel.number, z)) for z in planes} - {None}:
        beyond = uncovered(tiles, (scene.height, scene.width))
        found = beyond if found is None else found | beyond
    return found


def _plane(image: CziImage, scene: Scene, t: int, channel: Channel, z: int) -> np.ndarray:
    """Read one plane (Y, X) of a scene."""
    known = set(image.reader.dims)
    at = {"T": t, "C": channel.number, "Z": z, **image.fixed}
    at = {name: value for name, value in at.items() if name in known}
    shape = (scene.height, scene.width) + (() if channel.sample is None else (3,))

    def pixels(reader: CziFile) -> np.ndarray:
        if scene.tiles == 1:
            return reader.read_image(**at, **_scene_of(scene, known))[0].reshape(shape)
        if len(image.scenes) == 1:
            region = (scene.x, scene.y, scene.width, scene.height)
            mosaic = reader.read_mosaic(region=region, scale_factor=1.0, **at)
            return mosaic.reshape(shape)
        return _put_together(reader, scene, at | _scene_of(scene, known), shape)

    try:
        plane = libczi.read(image.path, image.reader, pixels)
    except libczi.DamagedError as error:
        raise ImageError(
            f"scene {scene.number}, frame {t}, channel {channel.name}, plane {z} is damaged "
            f"({error}); check the file in ZEN"
        ) from error
    if channel.sample is not None:
        plane = plane[..., channel.sample]
    return np.ascontiguousarray(plane, dtype=channel.dtype)


def _scene_of(scene: Scene, known: set[str]) -> dict[str, int]:
    return {"S": scene.number} if "S" in known else {}


def _put_together(
    reader: CziFile, scene: Scene, at: dict[str, int], shape: tuple[int, ...]
) -> np.ndarray:
    """Lay the tiles of one scene side by side, later ones on top.

    libCZI puts a region together from the tiles of all scenes, so where the rectangles of two
    scenes overlap it would show nuclei of one in the other.
    """
    boxes = reader.get_all_mosaic_tile_bounding_boxes(**at)
    plane: np.ndarray | None = None
    for tile, box in sorted(boxes.items(), key=lambda item: item[0].m_index):
        piece = reader.read_image(**at, M=tile.m_index)[0].reshape(box.h, box.w, *shape[2:])
        if plane is None:
            plane = np.zeros(shape, piece.dtype)
        y, x = box.y - scene.y, box.x - scene.x
        plane[y : y + box.h, x : x + box.w] = piece
    if plane is None:
        raise ValueError("no tile")
    return plane


# ---- what a file says about itself ----


def _pixel_types(tiles: list[dict[str, Any]]) -> dict[int, int]:
    """Give Zeiss's number of the pixel type of each channel."""
    types: dict[int, int] = {}
    for tile in tiles:
        number, kind = tile["start"].get("C", 0), tile["pixel_type"]
        if kind not in _PIXEL_TYPES:
            raise ImageError(
                f"channel {number} has pixels of a kind that can't be measured (Zeiss's pixel type "
                f"{kind}); export it from ZEN as 8 or 16 bit"
            )
        if types.setdefault(number, kind) != kind:
            raise ImageError(f"channel {number} has pixels of two kinds; check the file in ZEN")
    return types


def _channels(types: dict[int, int], metadata: ElementTree.Element) -> tuple[Channel, ...]:
    """Name the channels, as ZEN shows them; one without a name is ``channel_0`` and so on."""
    described = metadata.findall("./Metadata/Information/Image/Dimensions/Channels/Channel")
    shown = metadata.findall("./Metadata/DisplaySetting/Channels/Channel")
    names: list[str] = []
    channels = []
    for number in sorted(types):
        pixel_type, dtype, samples = _PIXEL_TYPES[types[number]]
        here = described[number] if 0 <= number < len(described) else ElementTree.Element("Channel")
        same = [c for c in shown if c.get("Id") and c.get("Id") == here.get("Id")]
        same += shown[number : number + 1]
        display = same[0] if same else ElementTree.Element("Channel")
        name = (here.get("Name") or display.get("Name") or "").strip() or f"channel_{number}"
        dye = (here.findtext("Fluor") or display.findtext("DyeName") or "").strip()
        for sample in range(samples):
            whole = plain = name if samples == 1 else f"{name} {_SAMPLES[sample]}"
            count = 1
            while whole in names:
                count += 1
                whole = f"{plain} ({count})"
            names.append(whole)
            channels.append(
                Channel(
                    whole,
                    "" if dye == name else dye,
                    number,
                    None if samples == 1 else sample,
                    pixel_type,
                    dtype,
                )
            )
    return tuple(channels)


def _scenes(tiles: list[dict[str, Any]]) -> tuple[tuple[Scene, ...], list[list[int]]]:
    """Give the scenes and, for each, the T of the frames of which every plane is there."""
    scenes, times = [], []
    channels = {tile["start"].get("C", 0) for tile in tiles}
    for number in sorted({tile["start"].get("S", 0) for tile in tiles}):
        mine = [tile for tile in tiles if tile["start"].get("S", 0) == number]
        x, y = min(tile["x"] for tile in mine), min(tile["y"] for tile in mine)
        found: dict[int, set[tuple[int, int]]] = {}
        for tile in mine:
            start = tile["start"]
            found.setdefault(start.get("T", 0), set()).add((start.get("C", 0), start.get("Z", 0)))
        all_planes = set.union(*found.values())
        planes = {
            c: tuple(sorted(z for channel, z in all_planes if channel == c))
            for c in sorted({c for c, _ in all_planes})
        }
        whole = [t for t in sorted(found) if found[t] == all_planes and planes.keys() == channels]
        width = max(tile["x"] + tile["width"] for tile in mine) - x
        height = max(tile["y"] + tile["height"] for tile in mine) - y
        count = 1 + max(tile["start"].get("M", 0) for tile in mine)
        gaps = _planes_with_gaps(mine, Rectangle(x, y, width, height), number)
        scenes.append(Scene(number, x, y, width, height, planes, count, gaps))
        times.append(whole)
    return tuple(scenes), times


def _planes_with_gaps(
    tiles: list[dict[str, Any]], scene: Rectangle, number: int
) -> dict[tuple[int, int, int], frozenset[Rectangle]]:
    """Give where tiles lie in those planes of a scene that they don't cover, by T, C and Z."""
    planes: dict[tuple[int, int, int], list[Rectangle]] = {}
    for tile in tiles:
        place = Rectangle(tile["x"] - scene.x, tile["y"] - scene.y, tile["width"], tile["height"])
        t, c, z = (tile["start"].get(name, 0) for name in "TCZ")
        planes.setdefault((t, c, z), []).append(place)
    together = {plane: frozenset(places) for plane, places in planes.items()}
    whole = scene.width * scene.height
    covered = {places: covered_area(places) for places in set(together.values())}
    share = max(covered.values()) / whole
    if whole > _LARGE and share < _LEAST_COVERED:
        raise ImageError(
            f"scene {number} would be a picture of {scene.width} x {scene.height} pixels of which "
            f"its tiles cover {share:.2g}: the place of a tile is damaged, or they lie too far "
            "apart; check the file in ZEN"
        )
    return {plane: places for plane, places in together.items() if covered[places] < whole}


def _notes_on_gaps(scenes: tuple[Scene, ...]) -> list[str]:
    """Say how much of the picture no tile covers, if any."""
    shares = []
    for scene in scenes:
        least = min(map(covered_area, set(scene.gaps.values())), default=None)
        if least is not None:
            name = f" of scene {scene.number}" if len(scenes) > 1 else ""
            share = 1 - least / (scene.width * scene.height)
            shares.append(f"no tile covers {share:.1%} of the picture{name}, which is left out")
    return shares


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
