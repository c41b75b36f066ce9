"""Pictures of the images, for the gallery: the first frame of each scene."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from immunostain.report.embedding import data_uri

VERIFICATION = "nuclei_area_verification"


@dataclass(frozen=True)
class Picture:
    """A verification picture.

    Attributes
    ----------
    image, scene, frame
        What it shows.
    link
        Its address as seen from the page.
    thumbnail
        A small copy as a data URI; blank where there is none.
    """

    image: str
    scene: int
    frame: int
    link: str
    thumbnail: str


def pictures(
    folders: Mapping[str, Path], thumbnails: Mapping[str, Path], here: Path
) -> list[Picture]:
    """Find the pictures in colour of the first frame of each scene.

    Parameters
    ----------
    folders
        The folder of verification pictures of each image.
    thumbnails
        The folder of thumbnails of each image.
    here
        The page's folder: links lead from there.
    """
    found = []
    for image, folder in folders.items():
        first: dict[int, tuple[int, Path]] = {}
        for path in folder.iterdir():
            # An image's id may hold anything, so what comes behind it counts.
            name = re.fullmatch(r"(?:_s-(\d+))?_color_t-(\d+)\.png", path.name[len(image) :])
            if name:
                scene, frame = int(name[1] or 0), int(name[2])
                first[scene] = min(first.get(scene, (frame, path)), (frame, path))
        for scene, (frame, path) in sorted(first.items()):
            thumbnail = thumbnails.get(image, folder) / f"s{scene:03d}_t{frame:04d}.webp"
            small = data_uri(thumbnail) if thumbnail.is_file() else ""
            found.append(Picture(image, scene, frame, link(path, here), small))
    return found


def link(path: Path, here: Path) -> str:
    """Give a file's address as seen from a folder that it is in."""
    return quote(str(path.relative_to(here)))


def by_image(shown: Sequence[Picture]) -> dict[str, str]:
    """Give for each image where on the page its first picture stands, see `anchor`."""
    places: dict[str, str] = {}
    for index, picture in enumerate(shown):
        places.setdefault(picture.image, anchor(index))
    return places


def by_scene(shown: Sequence[Picture]) -> dict[tuple[str, int], str]:
    """Give for each scene of each image where on the page its picture stands, see `anchor`."""
    return {(picture.image, picture.scene): anchor(n) for n, picture in enumerate(shown)}


def anchor(index: int) -> str:
    """Name the place of a picture on the page by its number in the gallery."""
    return f"picture-{index}"
