"""The frames that are shown, as files, and what tells which they are."""

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from immunostain.czi.apart import each_apart, for_an_image
from immunostain.czi.planes import read_frame
from immunostain.images.facts import FileFacts, facts_from
from immunostain.images.frames import write_frame
from immunostain.preview.choose import FrameId, ShownFrame
from immunostain.preview.folder import FolderImage, Reading, facts_or_reason, opened
from immunostain.shared.errors import ImageError
from immunostain.shared.left_out import pixels_that_count

CHOICE_FILE = "choice.json"
_EVERY = 37  # pixels of which one tells how bright an image is
_BRIGHT = 99.0  # percentile


def brightness(path: str, how: Reading) -> float:
    """Tell how bright the nuclei of an image's first frame are.

    Raises
    ------
    ImageError
        It can't be read.
    """
    image, channel = opened(path, how)
    picture = read_frame(image, image.frames[0], channel, how.z_projection)
    known = pixels_that_count(picture).ravel()[::_EVERY]
    return float(np.percentile(known, _BRIGHT)) if known.size else 0.0


def look_at(
    images: Mapping[str, str], how: Reading
) -> tuple[dict[str, float], dict[str, FileFacts]]:
    """Tell how bright images are, and of those that can't be read why.

    Parameters
    ----------
    images
        Their paths, by id.
    how
        How they are read.
    """
    bright: dict[str, float] = {}
    unreadable: dict[str, FileFacts] = {}
    outcomes = each_apart(lambda path: brightness(path, how), list(images.values()))
    for image, outcome in zip(images, outcomes, strict=True):
        if isinstance(outcome, float):
            bright[image] = outcome
        else:
            unreadable[image] = facts_or_reason(outcome)
    return bright, unreadable


def write_shown(
    folder: Path,
    images: Mapping[str, str],
    shown: Mapping[str, Sequence[ShownFrame]],
    how: Reading,
) -> dict[str, FileFacts]:
    """Write the frames that are shown, and those by which the size of nuclei is told.

    Parameters
    ----------
    folder
        Where they go, see `frames_folder`.
    images
        The path of each image, by its id.
    shown
        The frames of each image.
    how
        How images are read.

    Returns
    -------
    dict
        Why images can't be read, of which no frame is written.
    """
    unreadable: dict[str, FileFacts] = {}
    for image, frames in shown.items():
        readable = [each for each in shown if each not in unreadable]
        here = frames_folder(folder, readable, image)
        here.mkdir()
        wanted = [(one.scene, one.frame) for one in frames]
        wanted += [place for one in frames for place in one.looked_at]
        try:
            for_an_image(write_frames, images[image], wanted, here, how)
        except ImageError as error:
            unreadable[image] = facts_or_reason(error)
            shutil.rmtree(here)
    return unreadable


def frames_folder(folder: str | Path, shown: Iterable[str], image: str) -> Path:
    """Give where the frames of an image are, of those that are shown.

    Folders have numbers, as ids may be too long for a folder in a folder.
    """
    return Path(folder) / str(list(shown).index(image))


def write_frames(path: str, frames: Sequence[FrameId], folder: Path, how: Reading) -> None:
    """Write some frames of a file as `splitting.split_frames` does.

    Raises
    ------
    ImageError
        One of them can't be read.
    """
    image, channel = opened(path, how)
    refs = {(frame.scene, frame.frame): frame for frame in image.frames}
    for scene, number in dict.fromkeys(frames):
        picture = read_frame(image, refs[scene, number], channel, how.z_projection)
        write_frame(folder, scene, number, picture)


def write_choice(
    folder: Path, files: Sequence[FolderImage], shown: Mapping[str, Sequence[ShownFrame]]
) -> None:
    """Write `choice.json`: what there is in the input folder, and which frames are shown."""
    described = {
        "files": [asdict(file) for file in files],
        "shown": {image: [asdict(frame) for frame in frames] for image, frames in shown.items()},
    }
    text = json.dumps(described, ensure_ascii=False)
    (folder / CHOICE_FILE).write_text(text, encoding="utf-8")


def read_choice(folder: str | Path) -> tuple[list[FolderImage], dict[str, list[ShownFrame]]]:
    """Read what `write_choice` wrote."""
    read: dict[str, Any] = json.loads((Path(folder) / CHOICE_FILE).read_text(encoding="utf-8"))
    files = [FolderImage(**file | {"facts": facts_from(file["facts"])}) for file in read["files"]]
    shown = {
        image: [
            ShownFrame(one["scene"], one["frame"], tuple((s, t) for s, t in one["looked_at"]))
            for one in frames
        ]
        for image, frames in read["shown"].items()
    }
    return files, shown
