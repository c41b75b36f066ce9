"""Names of channels as parts of file names."""

import re

# Bytes of a channel's name in a file name: with the image's id and the rest it must fit in 255.
_LONGEST_NAME = 30


def file_safe(names: list[str]) -> list[str]:
    """Turn channel names into parts of file names, each different, none ``color``.

    Different for Windows and macOS too, which ignore case, and short enough for a file name that
    begins with the longest id.
    """
    safe: list[str] = []
    taken = {"color"}
    for name in names:
        plain = re.sub(r'[\\/:*?"<>|{}\x00-\x1f]', "_", name)
        number = 2
        unique = _cut(plain, _LONGEST_NAME)
        while unique.casefold() in taken:
            ending = f" ({number})"
            unique = _cut(plain, _LONGEST_NAME - len(ending)) + ending
            number += 1
        taken.add(unique.casefold())
        safe.append(unique)
    return safe


def _cut(text: str, most: int) -> str:
    """Cut a text to so many bytes."""
    return text.encode()[:most].decode(errors="ignore")
