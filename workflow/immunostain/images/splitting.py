"""Split a .czi file into frames: the nuclear channel, a flat picture per scene and time."""

import logging
from collections.abc import Sequence
from pathlib import Path

from immunostain.czi.channels import Channel, find_channel
from immunostain.czi.image import CziImage, Frame, open_czi
from immunostain.czi.planes import read_frame
from immunostain.images.facts import FileFacts, FrameFacts, SceneFacts
from immunostain.images.frames import write_frame
from immunostain.inputs.chunks import share


def split_frames(
    path: str,
    folder: Path,
    chunk: str,
    nuclear_channel: str | int,
    z_projection: str | int,
    log: logging.Logger,
) -> FileFacts:
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
    FileFacts
        What is known of the file and of the chunk's frames.

    Raises
    ------
    ImageError
        The file can't be read, or has no such channel or plane.
    """
    image = open_czi(path)
    channel = image.channels[find_channel(image.channels, nuclear_channel)]
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
        picture = read_frame(image, frame, channel, z_projection)
        write_frame(folder, frame.scene, frame.frame, picture)
    return facts_of(image, channel, mine)


def facts_of(image: CziImage, nuclear_channel: Channel, frames: Sequence[Frame]) -> FileFacts:
    """Give what is known of an open file and of some of its frames."""
    return FileFacts(
        channels=tuple(c.name for c in image.channels),
        nuclear_channel=nuclear_channel.name,
        pixel_types=tuple(c.pixel_type for c in image.channels),
        pixel_size_um=image.pixel_size_um,
        magnification=image.magnification,
        scenes=tuple(
            SceneFacts(s.width, s.height, max(map(len, s.planes.values()))) for s in image.scenes
        ),
        notes=image.notes,
        frames=tuple(FrameFacts(f.scene, f.frame, f.time_s) for f in frames),
    )
