"""The log of a job, and the one sentence about its failure on the console."""

import contextlib
import errno
import gc
import logging
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from immunostain.shared.errors import EndedFromOutsideError, ImageError, SettingsError
from immunostain.shared.wording import printable

log = logging.getLogger("immunostain")

# What a disk, or a network drive and the way to it, say when they fail.
_MAY_PASS = {
    errno.EIO,
    errno.ESTALE,
    errno.ETIMEDOUT,
    errno.ENOTCONN,
    errno.ECONNRESET,
    errno.EHOSTDOWN,
    errno.EHOSTUNREACH,
}


class _Formatter(logging.Formatter):
    """Names that a file holds, such as those of channels, may hold anything."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record), keep="\n\t")


@contextmanager
def job_log(path: str, what: str) -> Iterator[logging.Logger]:
    """Send what a job reports to its log file and turn its failure into a sentence.

    Parameters
    ----------
    path
        The rule's log file.
    what
        What the job works on, as the user knows it (an image, or the step's name).

    Raises
    ------
    SystemExit
        With status 1 when the block raised anything; the traceback is in the log.
    """
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    except OSError as error:
        say(f"{what}: {sentence(error)}")
        sys.exit(1)
    tell_once(handler)
    handler.setFormatter(_Formatter("%(asctime)s  %(message)s", "%Y-%m-%d %H:%M:%S"))
    logging.captureWarnings(True)
    root = logging.getLogger()
    root.addHandler(handler)
    log.setLevel(logging.INFO)
    # Modules stay until the end: Python need not look through them for garbage, least of all when
    # it exits, which takes 0.2 seconds with torch. Nor while they are imported: `light_preamble`.
    gc.freeze()
    gc.enable()
    try:
        yield log
    except KeyboardInterrupt:
        log.error("stopped by the user")
        sys.exit(130)
    except Exception as error:
        log.error("%s", traceback.format_exc())
        log.error("%s", sentence(error))  # last, where a mail about the failure shows it
        say(f"{what}: {sentence(error)} (log: {path})")
        sys.exit(1)
    finally:
        root.removeHandler(handler)
        with contextlib.suppress(OSError):  # told of before, and the job's results may be whole
            handler.close()


def tell_once(handler: logging.FileHandler) -> None:
    """Let a log that can't be written, as on a full disk, be told of once and not line by line."""
    told = False

    def handle_error(record: logging.LogRecord) -> None:
        nonlocal told
        error = sys.exc_info()[1]
        if not told and isinstance(error, OSError):
            say(f"the log {handler.baseFilename} can't be written: {error.strerror}")
            told = True

    handler.handleError = handle_error  # type: ignore[method-assign]


def say(text: str) -> None:
    """Say a sentence on the console, in place of the display of progress if there is one."""
    drawn_on = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    erase = "\r\x1b[J" if drawn_on else ""  # see progress.Display
    print(f"{erase}immunostain: {printable(text)}", file=sys.stderr)


def sentence(error: Exception) -> str:
    """Say in plain words what went wrong.

    Examples
    --------
    >>> sentence(OSError(28, "No space left on device", "a.tif"))
    'the disk is full: a.tif could not be written; free some space and run the same command again'
    """
    return " ".join(_plain(error).split())


def _plain(error: Exception) -> str:
    if isinstance(error, (EndedFromOutsideError, ImageError, SettingsError)):
        return str(error)
    if isinstance(error, OSError):
        name = error.filename or "a result"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return (
                f"the disk is full: {name} could not be written; "
                "free some space and run the same command again"
            )
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            return f"{name} can't be written or read: {error.strerror}; check the permissions"
        if error.errno in _MAY_PASS:
            return f"{name}: {error.strerror}; check the drive, and run the same command again"
        return f"{name}: {error.strerror or error}"
    if isinstance(error, MemoryError):
        return "the memory did not suffice; run fewer jobs at once (--cores, --resources mem_mb)"
    return f"{type(error).__name__}: {error}"
