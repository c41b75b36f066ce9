"""Crops: nuclei cut from the pictures of an image, side by side on one scale of brightness."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from PIL import Image

from immunostain.czi.apart import CrashedError, each_apart
from immunostain.czi.image import open_czi
from immunostain.czi.planes import read_frame
from immunostain.images.eight_bit import to_8_bit
from immunostain.images.frames import label_reader
from immunostain.pictures.channel_names import file_safe
from immunostain.pictures.nuclei_to_show import ShownNucleus
from immunostain.shared.errors import ImageError
from immunostain.shared.left_out import left_out

SIDE = 96  # pixels
BRIGHT_PERCENTILE = 99.9
CROPS_FILE = "crops.json"
# The line is on greys, which it neither hides nor resembles; so is what lies beyond the picture.
_LINE = (255, 150, 0)
_BEYOND = (40, 50, 80)
_QUALITY = 85


@dataclass(frozen=True)
class Crop:
    """A nucleus and what is around it.

    Attributes
    ----------
    pixels
        (96, 96) float32, intensities of the channel.
    nucleus, known
        (96, 96) bool: what belongs to it, and what lies within the picture and tells something.
    background, bright
        The median of the pixels in no nucleus, and the 99.9th percentile of all, before they were
        scaled.
    """

    pixels: np.ndarray
    nucleus: np.ndarray
    known: np.ndarray
    background: float
    bright: float


def crops_of_images(
    files: Mapping[str, str],
    labels: Mapping[str, Sequence[str]],
    shown: Sequence[ShownNucleus],
    channel_names: Mapping[str, str],
    z_projection: str | int,
    log: logging.Logger,
) -> list[Crop | None]:
    """Cut nuclei from the images that they are in, and open no others.

    Parameters
    ----------
    files, labels
        The .czi file of each image, and the folders of label images of all its chunks.
    shown
        The nuclei.
    channel_names, z_projection
        As for `cut_crops`.
    log
        Told which images can't be read any more.

    Returns
    -------
    list of Crop or None
        One for each nucleus; None where its image can't be read.
    """
    images = list(dict.fromkeys(nucleus.image for nucleus in shown))
    places = {
        image: [n for n, nucleus in enumerate(shown) if nucleus.image == image] for image in images
    }

    def cut(image: str) -> list[Crop]:
        mine = [shown[n] for n in places[image]]
        return cut_crops(files[image], labels[image], mine, channel_names, z_projection)

    crops: list[Crop | None] = [None] * len(shown)
    for image, found in zip(images, each_apart(cut, images), strict=True):
        if isinstance(found, ImageError | CrashedError):
            log.warning("no nuclei of %s are shown, it can't be read: %s", image, found)
        elif isinstance(found, Exception):
            raise found
        else:
            for n, crop in zip(places[image], found, strict=True):
                crops[n] = crop
    return crops


def cut_crops(
    path: str,
    label_folders: Sequence[str],
    shown: Sequence[ShownNucleus],
    channel_names: Mapping[str, str],
    z_projection: str | int,
) -> list[Crop]:
    """Cut nuclei from one image, of which one plane at a time is in memory.

    Parameters
    ----------
    path, label_folders
        The .czi file, and the folders of label images of all its chunks.
    shown
        Nuclei of the image.
    channel_names
        What the file calls the channels, by their names in the tables.
    z_projection
        As in config.yaml.

    Returns
    -------
    list of Crop
        One for each nucleus.

    Raises
    ------
    ImageError
        The file can't be read.
    """
    image = open_czi(path)
    refs = {(frame.scene, frame.frame): frame for frame in image.frames}
    channels = {channel.name: channel for channel in image.channels}
    crops: dict[int, Crop] = {}
    for place in sorted({(nucleus.scene, nucleus.frame) for nucleus in shown}):
        mine = [n for n, nucleus in enumerate(shown) if (nucleus.scene, nucleus.frame) == place]
        labels = label_reader(label_folders, place[0])(place[1])
        assert labels is not None, "a nucleus was measured there"
        windows = {n: _window(labels, shown[n]) for n in mine}
        del labels
        for name in sorted({shown[n].channel for n in mine}):
            channel = channels[channel_names[name]]
            plane = read_frame(image, refs[place], channel, z_projection)
            for n in mine:
                if shown[n].channel == name:
                    crops[n] = _crop(plane, windows[n], shown[n])
            del plane
    return [crops[n] for n in range(len(shown))]


def _part(picture: np.ndarray, nucleus: ShownNucleus) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Give the part of a picture around a nucleus, and by how much it lies beyond each edge."""
    side = max(1, round(nucleus.side_px))
    corner = [round(middle - (side - 1) / 2) for middle in (nucleus.y_px, nucleus.x_px)]
    beyond = [
        (max(0, -start), max(0, start + side - length))
        for start, length in zip(corner, picture.shape, strict=True)
    ]
    rows, columns = (slice(max(0, start), start + side) for start in corner)
    return picture[rows, columns], beyond


def _window(labels: np.ndarray, nucleus: ShownNucleus) -> np.ndarray:
    """Give the labels around a nucleus: 2 is the nucleus, 1 are others, -1 is beyond the edge."""
    part, beyond = _part(labels, nucleus)
    kinds = np.where(part == nucleus.nucleus_id + 1, 2, part > 0).astype(np.int8)
    return np.pad(kinds, beyond, constant_values=-1)


def _crop(plane: np.ndarray, window: np.ndarray, nucleus: ShownNucleus) -> Crop:
    part, beyond = _part(plane, nucleus)
    masked = left_out(part)
    known = window >= 0
    if masked is not None:
        known &= ~np.pad(masked, beyond, constant_values=True)
    # As the edge, so that no dark rim comes in when it is scaled.
    pixels = np.pad(np.ma.getdata(part), beyond, "edge").astype(np.float32)
    around = pixels[known & (window == 0)]
    every = pixels[known]
    return Crop(
        _scaled(pixels, Image.Resampling.BILINEAR),
        _scaled((window == 2).view(np.uint8), Image.Resampling.NEAREST) > 0,
        _scaled(known.view(np.uint8), Image.Resampling.NEAREST) > 0,
        float(np.median(around) if around.size else every.min(initial=np.inf)),
        float(np.percentile(every, BRIGHT_PERCENTILE)) if every.size else -np.inf,
    )


def _scaled(picture: np.ndarray, how: Image.Resampling) -> np.ndarray:
    return np.asarray(Image.fromarray(picture).resize((SIDE, SIDE), how))


def grey_range(crops: Sequence[Crop]) -> tuple[float, float]:
    """Give the intensities that are black and white in all crops of a channel.

    From the lowest background to the brightest crop's 99.9th percentile, so that they can be
    compared.
    """
    low = min(crop.background for crop in crops)
    high = max(crop.bright for crop in crops)
    return low, high if high > low else low + 1


def drawn(crop: Crop, low: float, high: float) -> np.ndarray:
    """Draw a crop in grey, with a line around the nucleus that lies outside of it.

    Returns
    -------
    numpy.ndarray
        (96, 96, 3) uint8.
    """
    picture = np.repeat(to_8_bit(crop.pixels, low, high)[..., None], 3, axis=2)
    picture[~crop.known] = _BEYOND
    within = np.pad(crop.nucleus, 1)
    beside = within[:-2, 1:-1] | within[2:, 1:-1] | within[1:-1, :-2] | within[1:-1, 2:]
    picture[beside & ~crop.nucleus] = _LINE
    return picture


def write_crops(folder: Path, shown: Sequence[ShownNucleus], crops: Sequence[Crop | None]) -> None:
    """Write crops, and `crops.json`, which tells what they show.

    Parameters
    ----------
    folder
        Where they go.
    shown
        The nuclei, in the order in which they are to be shown.
    crops
        The crop of each; None where its image could not be read.
    """
    listed: list[dict[str, Any]] = []
    ranges: dict[str, dict[str, float]] = {}
    channels = list(dict.fromkeys(nucleus.channel for nucleus in shown))
    for channel, safe in zip(channels, file_safe(channels), strict=True):
        pairs = zip(shown, crops, strict=True)
        mine = [(n, crop) for n, crop in pairs if n.channel == channel and crop is not None]
        if not mine:
            continue
        low, high = grey_range([crop for _, crop in mine])
        ranges[channel] = {"low": low, "high": high}
        for number, (nucleus, crop) in enumerate(mine):
            file = f"{safe}_{number:02d}.webp"
            picture = drawn(crop, low, high)
            (folder / file).write_bytes(
                imagecodecs.webp_encode(picture, level=_QUALITY, lossless=False)
            )
            listed.append(
                {
                    "channel": channel,
                    "kind": nucleus.kind,
                    "image": nucleus.image,
                    "scene": nucleus.scene,
                    "frame": nucleus.frame,
                    "nucleus_id": nucleus.nucleus_id,
                    "mean": nucleus.mean,
                    "positive": nucleus.positive,
                    "file": file,
                }
            )
    text = json.dumps({"channels": ranges, "crops": listed}, ensure_ascii=False, indent=1)
    (folder / CROPS_FILE).write_text(text + "\n", encoding="utf-8")
