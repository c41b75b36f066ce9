"""Names for what users see of all images' tracks, which comes together in one folder."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

_ADDED = "_image"
# Of all images together, see motility_files.
_SUMMARY = re.compile(r"motility_(by_track|by_image|by_condition|msd|speeds)\.(csv|xlsx|png)")


def distinct_names(folders: Mapping[str, Path]) -> dict[str, dict[Path, Path]]:
    """Find what must be called otherwise where the files of several images come together.

    All names begin with the image's id, but ``a_s-0_movie.mp4`` can be the first scene of ``a`` and
    all that there is of ``a_s-0``. The image with the longer id keeps the name; that of the other
    one gets ``_image`` behind its id.

    Parameters
    ----------
    folders
        For each image, by its id, the folder with its files.

    Returns
    -------
    dict
        For each image the files, or folders of files, to rename: both names are relative to the
        folder.
    """
    taken: set[str] = set()
    renamed: dict[str, dict[Path, Path]] = {image: {} for image in folders}
    for image in sorted(folders, key=len, reverse=True):
        for entry in _entries(folders[image]):
            name, added = entry, ""
            while _key(name) in taken or _SUMMARY.fullmatch(str(name)):
                added += _ADDED
                name = entry.with_name(f"{image}{added}{entry.name.removeprefix(image)}")
            taken.add(_key(name))
            if added:
                renamed[image][entry] = name
    return renamed


def _entries(folder: Path) -> Iterator[Path]:
    """Give what has an image's id in its name: what is in the folder, and in ``exports`` in it."""
    for path in sorted(folder.iterdir()):
        if path.name == "exports":
            yield from (below.relative_to(folder) for below in sorted(path.iterdir()))
        elif not path.name.startswith("."):
            yield path.relative_to(folder)


def _key(name: Path) -> str:
    """Give what is the same for names that some file systems take for one."""
    return unicodedata.normalize("NFC", str(name)).casefold()
