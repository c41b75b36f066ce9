"""Folders of annotated pictures: which picture belongs to which label image.

Standard library only: the Snakefile imports this.
"""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from immunostain.shared.errors import SettingsError

_ENDINGS = (".tif", ".tiff", ".png")


@dataclass(frozen=True)
class Pair:
    """A picture and its label image, by the name that they share (without ending).

    Where not all nuclei are annotated, `ignore` is a picture that isn't 0 where nothing is known.
    """

    name: str
    picture: str
    labels: str
    ignore: str | None = None


def find_pairs(section: str, images: str | None, labels: str | None) -> list[Pair]:
    """Find the pictures of two folders that belong together by name.

    Parameters
    ----------
    section
        The group of settings that names the folders in `images` and `labels`.
    images, labels
        The folders, None where the user gave none. Files that are neither TIFF nor PNG, and hidden
        ones, are left alone.

    Returns
    -------
    list of Pair
        Sorted by name.

    Raises
    ------
    SettingsError
        A folder isn't given, isn't there or has no pictures, or pictures have no counterpart.
    """
    pictures, label_images = (
        _pictures(f"{section}.{key}", folder)
        for key, folder in (("images", images), ("labels", labels))
    )
    _see_that_all_are_in(pictures, label_images, f"{section}.labels", labels)
    _see_that_all_are_in(label_images, pictures, f"{section}.images", images)
    return [Pair(name, pictures[name], label_images[name]) for name in sorted(pictures)]


def with_ignored(section: str, pairs: list[Pair], folder: str) -> list[Pair]:
    """Add the pictures of a folder that say where it isn't known what is nucleus.

    Parameters
    ----------
    section
        The group of settings that names the folder in `ignore`.
    pairs
        From `find_pairs`; those without a picture of their name in the folder stay as they are.
    folder
        With TIFF or PNG files.

    Raises
    ------
    SettingsError
        The folder isn't there or has no pictures, or one that belongs to none of the pairs.
    """
    ignored = _pictures(f"{section}.ignore", folder)
    pictures = {pair.name: pair.picture for pair in pairs}
    _see_that_all_are_in(ignored, pictures, f"{section}.images", str(Path(pairs[0].picture).parent))
    return [replace(pair, ignore=ignored.get(pair.name)) for pair in pairs]


def _pictures(key: str, folder: str | None) -> dict[str, str]:
    if folder is None:
        what = "pictures (TIFF or PNG)" if key.endswith("images") else "label images or masks"
        raise SettingsError(f"config: {key} is empty; name a folder with {what}")
    try:
        names = sorted(os.listdir(Path(folder).expanduser()))
    except OSError as error:
        raise SettingsError(f'{key}: folder "{folder}": {error.strerror}') from error
    found: dict[str, str] = {}
    for name in names:
        if name.startswith(".") or not name.lower().endswith(_ENDINGS):
            continue
        path = str(Path(folder).expanduser() / name)
        if set("{}<>") & set(path):
            raise SettingsError(
                f'{key}: "{path}" has one of {{ }} < > in its name, which the workflow can\'t '
                "handle; rename it"
            )
        if found.setdefault(without_ending(name), path) != path:
            raise SettingsError(
                f'{key}: "{found[without_ending(name)]}" and "{name}" differ only in their ending; '
                "rename or remove one of them"
            )
    if not found:
        raise SettingsError(f'{key}: there is no TIFF or PNG file in "{folder}"')
    return found


def _see_that_all_are_in(
    these: dict[str, str], those: dict[str, str], key: str, folder: str | None
) -> None:
    alone = sorted(set(these) - set(those))
    if alone:
        others = f" (nor have {len(alone) - 1} others)" if len(alone) > 1 else ""
        raise SettingsError(
            f'{key}: "{these[alone[0]]}" has no counterpart of the same name in "{folder}"{others}'
        )


def without_ending(name: str) -> str:
    """Take the ending off a picture's name; other names, dots in them too, stay as they are.

    Examples
    --------
    >>> without_ending("plate 1.a.TIF"), without_ending("plate 1.a")
    ('plate 1.a', 'plate 1.a')
    """
    for ending in _ENDINGS:
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return name


def read_names(key: str, path: str) -> list[str]:
    """Read a list of pictures' names, one per line, with or without ending.

    Empty lines and lines that start with ``#`` don't count.

    Parameters
    ----------
    key
        The setting that names the file.
    path
        The file, UTF-8.

    Raises
    ------
    SettingsError
        The file can't be read or is no text.
    """
    try:
        text = Path(path).expanduser().read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SettingsError(f'{key}: "{path}": {error.strerror}') from error
    except ValueError as error:
        raise SettingsError(f'{key}: "{path}" is not a text file (UTF-8)') from error
    lines = (line.strip() for line in text.splitlines())
    return [without_ending(line) for line in lines if line and not line.startswith("#")]


def only_named(key: str, pairs: list[Pair], names: list[str]) -> list[Pair]:
    """Keep the pairs that a list names.

    Raises
    ------
    SettingsError
        The list names a picture that isn't there, or none.
    """
    missing = sorted(set(names) - {pair.name for pair in pairs})
    if missing:
        others = f" and {len(missing) - 1} others are" if len(missing) > 1 else " is"
        raise SettingsError(f'{key}: "{missing[0]}"{others} not among the pictures')
    if not names:
        raise SettingsError(f"{key}: the list names no picture")
    return [pair for pair in pairs if pair.name in set(names)]


def without_named(pairs: list[Pair], names: list[str]) -> list[Pair]:
    """Leave out the pairs that a list names; it may name more than there are."""
    return [pair for pair in pairs if pair.name not in set(names)]
