"""Zeiss's libCZI, through aicspylibczi, and whose fault it is where it fails.

libCZI says "not enough data" for a damaged file as well as for a network drive that is gone for a
moment. The first is so for good, and the image is left out; the second must fail the job, so that
the next try gets it right.
"""

from collections.abc import Callable
from typing import TypeVar

from aicspylibczi import CziFile

from immunostain.shared.wording import on_one_line

_Read = TypeVar("_Read")
_AT_ONCE = 1 << 24  # bytes


class DamagedError(Exception):
    """The bytes of a file are there, and libCZI can't make sense of them; the text says why."""


class Reader(CziFile):  # type: ignore[misc]  # which has no types
    """A reader that closes its file at its end; aicspylibczi's own leaves that to Python."""

    def __del__(self) -> None:
        """Close the file."""
        file = getattr(self, "_bytes", None)
        if file is not None:
            file.close()


def open_reader(path: str) -> Reader:
    """Open a file.

    Raises
    ------
    DamagedError, MemoryError, OSError
        As `read` does.
    """
    return _twice(path, lambda: Reader(path), lambda: Reader(path))


def read(path: str, reader: CziFile, call: Callable[[CziFile], _Read]) -> _Read:
    """Read something, a second time with a newly opened file if it fails.

    Parameters
    ----------
    path
        The .czi file.
    reader
        It, opened.
    call
        What to read: a function of a reader.

    Raises
    ------
    DamagedError
        It failed twice, although every byte of the file can be read.
    MemoryError, OSError
        The computer's memory, disk or network is at fault, not the file.
    """
    return _twice(path, lambda: call(reader), lambda: call(Reader(path)))


def _twice(path: str, first: Callable[[], _Read], second: Callable[[], _Read]) -> _Read:
    try:
        return first()
    except (MemoryError, OSError):
        raise
    except Exception:  # libCZI's errors are of no kind of their own
        _read_every_byte(path)
    try:
        return second()
    except (MemoryError, OSError):
        raise
    except Exception as error:
        raise DamagedError(on_one_line(error)) from error


def _read_every_byte(path: str) -> None:
    """Let the disk or the network say if they are at fault, as libCZI doesn't: by an OSError."""
    try:
        with open(path, "rb", buffering=0) as file:
            while file.read(_AT_ONCE):
                pass
    except OSError as error:
        error.filename = path
        raise
