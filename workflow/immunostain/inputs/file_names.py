"""Which names the file system of the results can hold, and which it takes for one.

A memory stick, or a folder that another system shares, can't hold every name that Linux can. What a
file system does isn't written down anywhere, so unusual names are tried. Standard library only: the
Snakefile imports this.
"""

import contextlib
import errno
import itertools
import os
import re
import string
import tempfile
import unicodedata
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path

_EVERYWHERE = set(string.ascii_letters + string.digits + " !#$%&'()+,-.;=@[]^_`~")
_AT_A_TIME = 50  # characters in a name that is tried
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # by Windows


def try_names(names: Collection[str], folder: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Try names that not every file system can hold, or tell apart, where they are to be written.

    Where nothing can be written, nothing is found.

    Parameters
    ----------
    names
        Printable ones.
    folder
        It need not be there yet.

    Returns
    -------
    dict
        Names that can't be written there, and which of their characters can't be, if it is them.
    list
        Pairs of names that are one there.
    """
    special = sorted(set().union(*names) - _EVERYWHERE)
    odd = [name for name in names if name.endswith((".", " ")) or _RESERVED.fullmatch(name)]
    alike = _alike(names)
    if not (special or odd or alike):
        return {}, []
    with (
        contextlib.suppress(OSError),
        tempfile.TemporaryDirectory(
            prefix=".names-", dir=_there(Path(folder)), ignore_cleanup_errors=True
        ) as place,
    ):
        bad = _refused(special, place)
        refused = {name: "" for name in odd if not _can_be_written(name, place)}
        refused |= {name: " ".join(sorted(bad & set(name))) for name in names if bad & set(name)}
        return refused, [(one, other) for one, other in alike if _are_one(one, other, place)]
    return {}, []


def _there(folder: Path) -> Path:
    folder = folder.absolute()
    return next(place for place in (folder, *folder.parents) if place.is_dir())


def _alike(names: Collection[str]) -> list[tuple[str, str]]:
    """Pair names that differ in nothing that every file system tells apart.

    Those are upper and lower case, an umlaut as one character or two, dots and blanks at the end.
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        plain = unicodedata.normalize("NFC", name).casefold()
        groups[unicodedata.normalize("NFC", plain).rstrip(". ")].append(name)
    return [pair for group in groups.values() for pair in itertools.combinations(group, 2)]


def _refused(letters: list[str], place: str) -> set[str]:
    """Find the characters that can't be in a name; few at a time, as nearly always all can."""
    refused: set[str] = set()
    for start in range(0, len(letters), _AT_A_TIME):
        some = letters[start : start + _AT_A_TIME]
        if not _can_be_written(f"x{''.join(some)}x", place):
            refused.update(a for a in some if not _can_be_written(f"x{a}x", place))
    return refused


def _can_be_written(name: str, place: str) -> bool:
    with tempfile.TemporaryDirectory(dir=place) as fresh:
        try:
            os.mkdir(os.path.join(fresh, name))
        except OSError as error:
            return error.errno in (errno.ENOSPC, errno.EDQUOT)  # not for its name's sake
    return True


def _are_one(one: str, other: str, place: str) -> bool:
    with tempfile.TemporaryDirectory(dir=place) as fresh:
        try:
            os.mkdir(os.path.join(fresh, one))
        except OSError:
            return False
        return os.path.lexists(os.path.join(fresh, other))
