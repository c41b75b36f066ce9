"""Chunks: parts of a large file that cores and nodes share, planned from its size alone.

Standard library only: the Snakefile imports this.
"""

import math
import os
import re
from collections.abc import Sequence

from immunostain.shared.errors import SettingsError

SMALLEST_CHUNK = 100_000
_SIZE_UNITS = {"": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


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


def chunk_names(path: str, chunk_size: int) -> list[str]:
    """Name the chunks into which a file is cut, from its size alone.

    Examples
    --------
    >>> chunk_names("/dev/null", 256_000_000)
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


def is_chunk(name: str) -> bool:
    """Tell whether a name is one that `chunks.chunk_names` gives.

    Examples
    --------
    >>> is_chunk("1of4"), is_chunk("5of4"), is_chunk("proofread")
    (True, False, False)
    """
    match = re.fullmatch(r"([1-9][0-9]*)of([1-9][0-9]*)", name)
    return match is not None and int(match[1]) <= int(match[2])


def by_image(files: Sequence[str], chunks: dict[str, list[str]]) -> dict[str, list[str]]:
    """Deal a list of files, one for each chunk of each image, to the images."""
    rest = iter(files)
    return {image: [next(rest) for _ in names] for image, names in chunks.items()}
