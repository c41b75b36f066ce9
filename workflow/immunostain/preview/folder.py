"""What there is in the input folder, and what a run would skip, before anything long has run."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from immunostain.czi.apart import CrashedError, each_apart
from immunostain.czi.channels import Channel, find_channel
from immunostain.czi.image import CziImage, open_czi
from immunostain.czi.planes import planes_used
from immunostain.images.facts import FileFacts, unreadable
from immunostain.images.splitting import facts_of
from immunostain.measuring.columns import nucleus_columns
from immunostain.network.model_files import model_for
from immunostain.results.inventory import interval_s
from immunostain.shared.errors import ImageError
from immunostain.shared.units import area_in_pixels, length_in_pixels


@dataclass(frozen=True)
class FolderImage:
    """A file of the input folder: its id, its path, its size, what is known of it."""

    image: str
    file: str
    size_bytes: int
    facts: FileFacts


@dataclass(frozen=True)
class Reading:
    """How images are read, and what a run would have to know of them.

    Attributes
    ----------
    nuclear_channel, z_projection
        As in config.yaml.
    in_micrometres
        Settings that are lengths or areas in micrometres, for which a file must tell its scale.
    magnifications
        Those for which `segmentation.unet.model` has a model, if it has one for each and a network
        finds the nuclei; else None.
    """

    nuclear_channel: str | int
    z_projection: str | int
    in_micrometres: tuple[str, ...] = ()
    magnifications: tuple[str, ...] | None = None


def opened(path: str, how: Reading) -> tuple[CziImage, Channel]:
    """Open a file and find its nuclear channel.

    Raises
    ------
    ImageError
        It can't be read, or has no such channel.
    """
    image = open_czi(path)
    return image, image.channels[find_channel(image.channels, how.nuclear_channel)]


def describe(path: str, how: Reading) -> FileFacts:
    """Tell what a file is, without reading its pixels.

    Raises
    ------
    ImageError
        Why a run would skip it.
    """
    image, channel = opened(path, how)
    for scene in image.scenes:
        planes_used(scene.planes[channel.number], how.z_projection)
    facts = facts_of(image, channel, image.frames)
    for value in how.in_micrometres:
        in_pixels(value, facts.pixel_size_um)
    nucleus_columns(facts.channels)
    if how.magnifications is not None:
        model_for(dict.fromkeys(how.magnifications, ""), facts.magnification)
    return facts


def in_pixels(value: float | str, pixel_size_um: tuple[float, float] | None) -> float:
    """Give a length or an area in pixels, whichever its unit says it is."""
    area = isinstance(value, str) and value.rstrip().endswith(("2", "²"))
    return (area_in_pixels if area else length_in_pixels)(value, pixel_size_um)


def describe_all(images: Mapping[str, str], how: Reading) -> list[FolderImage]:
    """Tell what each file of the folder is; one that can't be analysed says why.

    Parameters
    ----------
    images
        The path of each image, by its id.
    how
        How they are read.
    """
    found = each_apart(lambda path: describe(path, how), list(images.values()))
    return [
        FolderImage(image, path, os.path.getsize(path), facts_or_reason(facts))
        for (image, path), facts in zip(images.items(), found, strict=True)
    ]


def facts_or_reason(outcome: FileFacts | Exception) -> FileFacts:
    """Take why an image can't be analysed for what is known of it; raise all else."""
    if isinstance(outcome, ImageError | CrashedError):
        return unreadable(str(outcome))
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def as_listed(one: FolderImage, shown: bool) -> dict[str, Any]:
    """Give what the page lists of a file, by names that inventory.tsv has too."""
    facts = one.facts
    listed: dict[str, Any] = {
        "image": one.image,
        "file": one.file,
        "bytes": one.size_bytes,
        "status": "skipped" if facts.unreadable else "ok",
        "reason": facts.unreadable or "",
        "shown": shown,
    }
    if facts.unreadable:
        return listed
    return listed | {
        "scenes": len(facts.scenes),
        "frames": len({frame.frame for frame in facts.frames}),
        "z_planes": max(scene.z_planes for scene in facts.scenes),
        "channels": list(facts.channels),
        "nuclear_channel": facts.nuclear_channel,
        "pixel_type": ", ".join(dict.fromkeys(facts.pixel_types)),
        "width_px": [scene.width_px for scene in facts.scenes],
        "height_px": [scene.height_px for scene in facts.scenes],
        "pixel_size_um": facts.pixel_size_um[0] if facts.pixel_size_um else None,
        "magnification": facts.magnification,
        "interval_s": interval_s(facts.frames),
        "notes": list(facts.notes),
    }


def as_refused(path: str, reason: str) -> dict[str, Any]:
    """Give what the page lists of a file that is refused for its name."""
    refused = FolderImage("", path, 0, unreadable(reason))
    return as_listed(refused, shown=False) | {"bytes": None}  # it isn't looked at
