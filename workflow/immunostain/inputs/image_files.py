"""What there is to analyse: found from names and sizes alone, so that no image is opened to plan.

Standard library only: the Snakefile imports this.
"""

import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from immunostain.inputs.file_names import try_names
from immunostain.shared.errors import SettingsError
from immunostain.shared.wording import listed, printable

# The longest thing that is put behind an image's id in a file name must still fit in 255 bytes.
LONGEST_ID = 200

# Why something in the input folder is left alone.
HIDDEN = "hidden"
NO_CZI = "not .czi files"
CZI_FOLDER = "folders with the name of a .czi file"
SAME_FOLDER = "folders that are read under another name"
LOOP = "links to a folder that they are in"


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
        Why everything else in the folder isn't looked at, by its path below it; that of a folder
        ends in ``/``.

    Paths of `refused` and `left_alone` are fit to be shown: see `wording.printable`.
    """

    images: dict[str, str]
    refused: dict[str, str]
    left_alone: dict[str, str]


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

    Links to folders are followed, but no folder is read twice, however many links lead to it: it is
    read under its own name if it is in the input folder, else under that of the first link, those
    higher up going first.

    Parameters
    ----------
    input_folder
        The folder; hidden files and folders (their name starts with a dot) in it are left alone.
    output_folder
        Not looked into, if it is in there. Names that can't be written where it is are refused.

    Raises
    ------
    SettingsError
        The folder isn't there, holds no .czi file, or two files in it would get the same id, or ids
        that are the same in the output folder.
    """
    folder = Path(input_folder)
    if not folder.is_dir():
        raise SettingsError(
            f'input_folder: "{input_folder}" is not a folder (looked for {folder.absolute()})'
        )
    images: dict[str, str] = {}
    refused: dict[str, str] = {}
    left_alone: dict[str, str] = {}
    results = Path(output_folder) if output_folder else None
    for file in _files(folder, results, refused, left_alone):
        relative = str(file.relative_to(folder))
        if file.name.startswith("."):
            left_alone[_readable(file, folder)] = HIDDEN
        elif not _is_czi(file.name):
            left_alone[_readable(file, folder)] = NO_CZI
        elif reason := _unusable(relative, file):
            refused[_readable(file, folder)] = reason
        elif (known := images.setdefault(image_id(relative), str(file))) != str(file):
            raise SettingsError(
                f'"{known}" and "{file}" would have the same results; rename one of them'
            )
    if output_folder:
        for image, reason in _impossible(images, output_folder).items():
            refused[_readable(Path(images.pop(image)), folder)] = reason
    if not images and not refused:
        hidden = [name for name, why in left_alone.items() if why == HIDDEN and _is_czi(name)]
        but = f" that isn't hidden (there is {listed(sorted(hidden))})" if hidden else ""
        raise SettingsError(f'input_folder: there is no .czi file in "{input_folder}"{but}')
    return Plan(dict(sorted(images.items())), refused, dict(sorted(left_alone.items())))


def _files(
    folder: Path, results: Path | None, refused: dict[str, str], left_alone: dict[str, str]
) -> Iterator[Path]:
    """Give the files of a folder and its sub-folders, and say which folders aren't looked into."""

    def refuse(error: OSError) -> None:
        path = _readable(Path(error.filename), folder)
        refused[f"{path}/"] = f"the folder can't be read ({error.strerror}); check its permissions"

    seen: set[object] = set()
    apart = {_identity(results)} if results and results.exists() else set()
    begin = [folder]  # and links, which are followed when all real folders have been read
    for top in begin:
        if top is not folder and _identity(top) in seen:
            left_alone[f"{_readable(top, folder)}/"] = SAME_FOLDER
            continue
        for place, folders, names in os.walk(top, onerror=refuse):
            here, deeper = Path(place), []
            seen.add(_identity(here))
            for name in sorted(folders):
                below = here / name
                if _identity(below) in apart:
                    continue
                why = _why_not_entered(below, seen)
                if why:
                    left_alone[f"{_readable(below, folder)}/"] = why
                elif below.is_symlink():
                    begin.append(below)
                else:
                    deeper.append(name)
            folders[:] = deeper
            yield from (here / name for name in sorted(names))


def _why_not_entered(folder: Path, seen: Collection[object]) -> str | None:
    if folder.name.startswith("."):
        return HIDDEN
    if _is_czi(folder.name):
        return CZI_FOLDER
    if _identity(folder) in seen:
        return SAME_FOLDER
    return LOOP if _is_loop(folder) else None


def _identity(folder: Path) -> object:
    """Tell a folder from all others, by whatever path it was found."""
    try:
        known = folder.stat()
    except OSError:
        return os.path.realpath(folder)
    # Some file systems number no files.
    return (known.st_dev, known.st_ino) if known.st_ino else os.path.realpath(folder)


def _impossible(images: Mapping[str, str], output_folder: str) -> dict[str, str]:
    """Say which images can't be written to the output folder under their name.

    Raises
    ------
    SettingsError
        Two names are one there.
    """
    refused, pairs = try_names(images, output_folder)
    what_to_do = "or choose an output_folder on another drive"
    for one, other in pairs:
        raise SettingsError(
            f'"{images[one]}" and "{images[other]}" would have the same results, as the file '
            f'system of "{output_folder}" takes their names for one; rename one of them, '
            f"{what_to_do}"
        )
    return {
        image: f"its name{f' has {bad}, which' if bad else ''} can't be written in output_folder; "
        f"rename it, {what_to_do}"
        for image, bad in refused.items()
    }


def _is_czi(name: str) -> bool:
    return name.lower().endswith(".czi")


def _is_loop(folder: Path) -> bool:
    """Tell whether a folder is a link to one that it is in."""
    return folder.is_symlink() and folder.parent.resolve().is_relative_to(folder.resolve())


def _readable(path: Path, folder: Path) -> str:
    """Give a path below a folder as text to be shown; names need not be Unicode on Linux."""
    return printable(os.fsencode(path.relative_to(folder)).decode("utf-8", "backslashreplace"))


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
    if not os.access(path, os.R_OK):
        return "the file can't be read (permission denied); check its permissions"
    return None


def lines_on_left_alone(left_alone: Mapping[str, str]) -> list[str]:
    """Say what was left alone, a line for each reason.

    Examples
    --------
    >>> lines_on_left_alone({".a.czi": HIDDEN, "notes.txt": NO_CZI})
    ['Left alone, hidden: .a.czi', 'Left alone, not .czi files: notes.txt']
    """
    names: dict[str, list[str]] = defaultdict(list)
    for name, why in left_alone.items():
        names[why].append(name)
    return [f"Left alone, {why}: {listed(names[why])}" for why in sorted(names)]
