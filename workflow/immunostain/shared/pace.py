"""How far a long job is: a line in its log every ten seconds, and what such a line says.

The display of a run (progress.py) reads it there, so it works on a cluster too. Standard library
only: the Snakefile imports this.
"""

import logging
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

from immunostain.shared.wording import duration

_EVERY = 10.0  # seconds
_TAIL = 8192  # bytes of a log that are looked at
_LINE = re.compile(
    r"""^\S+[ ]\S+[ ]{2}  # time, see logs.job_log
    (?P<text>[\d.]+[ ]of[ ]\d+[ ][\w ]+,[ ][\d.]+[ ]per[ ]\w+,[ ]
    (?:(?:(?P<h>\d+)[ ]h[ ])?(?P<min>\d+)[ ]min|(?P<s>\d+)[ ]s)[ ]left)$""",
    re.MULTILINE | re.VERBOSE,
)

_Item = TypeVar("_Item")


class Pace(NamedTuple):
    """What a job says last of how far it is, and the seconds that it still needs."""

    text: str
    left_s: float


def reporter(total: int, what: str, log: logging.Logger) -> Callable[[float], None]:
    """Give a function that is told how much is done and tells the log, every ten seconds at most.

    Parameters
    ----------
    total
        How much there is to do.
    what
        What is counted, in the plural: ``frames``.
    log
        The job's, see `logs.job_log`.
    """
    begun: tuple[float, float] | None = None
    told = time.monotonic()

    def tell(done: float) -> None:
        nonlocal begun, told
        now = time.monotonic()
        # What was done before the first call, by a job that goes on, says nothing of the pace.
        begun = begun or (done, now)
        if now - told >= _EVERY and done > begun[0]:
            told = now
            per_second = (done - begun[0]) / (now - begun[1])
            log.info("%s", _line(done, total, what, per_second))

    return tell


def counted(items: Iterable[_Item], total: int, what: str, log: logging.Logger) -> Iterator[_Item]:
    """Give items and tell the log how many of them have been worked on, see `reporter`."""
    tell = reporter(total, what, log)
    for done, item in enumerate(items):
        tell(done)
        yield item


def _line(done: float, total: int, what: str, per_second: float) -> str:
    left = duration((total - done) / per_second)
    # A large picture takes long for itself.
    number = f"{done:.1f}" if total < 10 else f"{int(done)}"
    return f"{number} of {total} {what}, {rate(per_second)}, {left} left"


def rate(per_second: float) -> str:
    """Say how many a second, a minute or an hour.

    Examples
    --------
    >>> rate(3.14), rate(0.5), rate(0.01)
    ('3.1 per second', '30.0 per minute', '36.0 per hour')
    """
    for unit, seconds in (("second", 1), ("minute", 60)):
        if per_second * seconds >= 1:
            return f"{per_second * seconds:.1f} per {unit}"
    return f"{per_second * 3600:.1f} per hour"


def last_pace(log: str | os.PathLike[str], since: float) -> Pace | None:
    """Read from a job's log how far it is.

    Parameters
    ----------
    log
        The file.
    since
        When the job began, seconds since 1970: an older log is that of a job before it.

    Returns
    -------
    Pace or None
        None: it says nothing, or can't be read.
    """
    try:
        with Path(log).open("rb") as file:
            status = os.fstat(file.fileno())
            file.seek(max(0, status.st_size - _TAIL))
            lines = list(_LINE.finditer(file.read().decode(errors="replace")))
    except OSError:
        return None
    # Clocks of servers and nodes differ a little, and some file systems count in twos.
    if not lines or status.st_mtime < since - 5:
        return None
    hours, minutes, seconds = (int(lines[-1][unit] or 0) for unit in ("h", "min", "s"))
    return Pace(lines[-1]["text"], 3600.0 * hours + 60 * minutes + seconds)
