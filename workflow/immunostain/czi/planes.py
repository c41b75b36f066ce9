"""The pixels of a .czi file: planes, put together from tiles and projected along Z."""

import numpy as np
from aicspylibczi import CziFile

from immunostain.czi.channels import Channel
from immunostain.czi.coverage import uncovered
from immunostain.czi.image import CziImage, Frame
from immunostain.czi.libczi import DamagedError, read
from immunostain.czi.scenes import Scene
from immunostain.shared.errors import ImageError


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
    planes = planes_used(scene.planes[channel.number], z_projection)
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


def planes_used(planes: tuple[int, ...], z_projection: str | int) -> tuple[int, ...]:
    """Give the planes of a stack that a projection is made of.

    Raises
    ------
    ImageError
        The stack has no plane with that index.
    """
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
    planes = planes_used(scene.planes[channel.number], z_projection)
    keys = [(frame.t, channel.number, z) for z in planes]
    for tiles in {scene.gaps[key] for key in keys if key in scene.gaps}:
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
        plane = read(image.path, image.reader, pixels)
    except DamagedError as error:
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
