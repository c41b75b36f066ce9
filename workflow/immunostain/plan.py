"""What there is to analyse: found from names and sizes alone, so that no image is opened to plan.

Standard library only: the Snakefile imports this.
"""

import math
import os
import re
from dataclasses import dataclass
from pathlib import Path

from immunostain.errors import SettingsError

# The longest thing that is put behind an image's id in a file name must still fit in 255 bytes.
LONGEST_ID = 200
SMALLEST_CHUNK = 100_000
_SIZE_UNITS = {"": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


@dataclass(frozen=True)
class Plan:
    """What stands in the input folder.

    Attributes
    ----------
    images
        Path of each .czi file by the id that it has in all results.
    refused
        Why a .czi file can't be analysed, by its path below the input folder.
    left_alone
        Everything else in the folder, as paths below it; a folder ends in ``/``.
    """

    images: dict[str, str]
    refused: dict[str, str]
    left_alone: list[str]


def image_id(relative_path: str) -> str:
    """Give the id of a file from its path below the input folder.

    Examples
    --------
    >>> image_id("plate 1/B-cat -dox.czi")
    'plate 1__B-cat -dox'
    """
    return re.sub(r"\.czi$", "", relative_path.replace(os.sep, "/"), flags=re.I).replace("/", "__")


def find_images(input_folder: str, output_folder: str | None = None) -> Plan:
    """Look for .czi files in a folder and its sub-folders.

    Parameters
    ----------
    input_folder
        The folder; hidden files and folders (their name starts with a dot) in it are left alone.
    output_folder
        Not looked into, if it is in there.

    Raises
    ------
    SettingsError
        The folder isn't there, holds no .czi file, or two files in it would get the same id.
    """
    folder = Path(input_folder)
    if not folder.is_dir():
        raise SettingsError(
            f'input_folder: "{input_folder}" is not a folder (looked for {folder.absolute()})'
        )
    images: dict[str, str] = {}
    refused: dict[str, str] = {}
    left_alone: list[str] = []

    def refuse(error: OSError) -> None:
        path = _readable(Path(error.filename), folder)
        refused[f"{path}/"] = f"the folder can't be read ({error.strerror}); check its permissions"

    results = Path(output_folder).absolute() if output_folder else None
    for place, folders, names in os.walk(folder, followlinks=True, onerror=refuse):
        here = Path(place)
        folders[:] = [name for name in folders if (here / name).absolute() != results]
        apart = [n for n in folders if n.startswith(".") or _is_czi(n) or _is_loop(here / n)]
        left_alone += [f"{_readable(here / name, folder)}/" for name in apart]
        folders[:] = sorted(set(folders) - set(apart))
        for name in sorted(names):
            relative = str((here / name).relative_to(folder))
            if name.startswith(".") or not _is_czi(name):
                left_alone.append(_readable(here / name, folder))
                continue
            reason = _unusable(relative, here / name)
            if reason:
                refused[_readable(here / name, folder)] = reason
                continue
            known = images.setdefault(image_id(relative), str(here / name))
            if known != str(here / name):
                raise SettingsError(
                    f'"{known}" and "{here / name}" would have the same results; rename one of them'
                )
    if not images and not refused:
        raise SettingsError(f'input_folder: there is no .czi file in "{input_folder}"')
    return Plan(dict(sorted(images.items())), refused, sorted(left_alone))


def _is_czi(name: str) -> bool:
    return name.lower().endswith(".czi")


def _is_loop(folder: Path) -> bool:
    """Tell whether a folder is a link to one that it is in."""
    return folder.is_symlink() and folder.parent.resolve().is_relative_to(folder.resolve())


def _readable(path: Path, folder: Path) -> str:
    """Give a path below a folder as text; names need not be Unicode on Linux."""
    return os.fsencode(path.relative_to(folder)).decode("utf-8", "backslashreplace")


def _unusable(relative: str, path: Path) -> str | None:
    """Say why a file can't be used in a workflow, or None where it can."""
    if not path.is_file():
        return "it is not a file, or a link to one that isn't there"
    if set("{}<>") & set(relative):
        return "its name has one of { } < >, which the workflow can't handle; rename it"
    if not relative.isprintable():
        return "its name has an unprintable character; rename it"
    if re.search(r"(.+)\1{19}$", image_id(relative)):
        return "its name ends in 20 or more repeats, which the workflow can't handle; rename it"
    if len(os.fsencode(image_id(relative))) > LONGEST_ID:
        return f"its name with its sub-folders is longer than {LONGEST_ID} bytes; shorten it"
    return None


def size_in_bytes(text: str | int) -> int:
    """Turn ``"256 MB"`` (or a number of bytes) into bytes.

    Raises
    ------
    SettingsError
        The text is not a number with one of the units kB, MB, GB, TB, or less than 100 kB.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kKMGT]B)?\s*", str(text))
    size = int(float(match[1]) * _SIZE_UNITS[match[2] or ""]) if match else 0
    if size < SMALLEST_CHUNK:
        raise SettingsError(
            f'chunk_size: "{text}" is not a size of 100 kB or more, such as "256 MB"'
        )
    return size


def chunks(path: str, chunk_size: int) -> list[str]:
    """Name the chunks into which a file is cut, from its size alone.

    Examples
    --------
    >>> chunks("/dev/null", 256_000_000)
    ['1of1']
    """
    count = max(1, math.ceil(os.path.getsize(path) / chunk_size))
    return [f"{number}of{count}" for number in range(1, count + 1)]


def share(count: int, chunk: str) -> range:
    """Give the contiguous range of ``count`` frames that belongs to a chunk; it may be empty.

    Examples
    --------
    >>> [list(share(5, chunk)) for chunk in ("1of3", "2of3", "3of3")]
    [[0], [1, 2], [3, 4]]
    """
    number, of = map(int, chunk.split("of"))
    return range(count * (number - 1) // of, count * number // of)


def shortened(names: list[str], most: int = 20) -> str:
    """List names, the first of them if they are many.

    Examples
    --------
    >>> shortened(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    listed = ", ".join(names[:most])
    return f"{listed} and {len(names) - most} more" if len(names) > most else listed
