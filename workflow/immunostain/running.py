"""Keep two runs from writing to the same results.

The default profile switches Snakemake's own lock off, because that stays when a run is killed and
would have to be removed by hand. This one is a file that tells which process fills the folder. On
the same computer one sees whether the process is still there; from another computer, as with a
folder on a network drive, whether it still renews the file's time. The file system needs no locks.
Standard library only: the Snakefile imports this.
"""

import contextlib
import os
import socket
import threading
import time
from pathlib import Path

from immunostain.errors import SettingsError
from immunostain.files import whole_file

NAME = ".running"

_RENEWED = 20.0  # seconds between two signs of life
# Network drives show another computer's change up to a minute late, and a busy computer is late.
_SILENCE = 120.0


def claim(results: str) -> None:
    """Write down that this process fills a results folder, until `release` or its end.

    Raises
    ------
    SettingsError
        Another process does so and is still there.
    """
    path = Path(results, NAME)
    host, process = _read(path)
    if host == socket.gethostname() and _is_snakemake(process):
        raise SettingsError(
            f'another run (process {process}) is writing to "{results}"; '
            "wait for its end, or choose another output_folder"
        )
    if host and host != socket.gethostname() and _shows_life(path):
        raise SettingsError(
            f'another run (process {process} on {host}) is writing to "{results}"; wait for its '
            f"end (if it was killed, {_SILENCE / 60:.0f} minutes), or choose another output_folder"
        )
    with whole_file(path) as partial:
        partial.write_text("{} {}\n".format(*_myself()), encoding="utf-8")
    threading.Thread(target=_show_life, args=[path], daemon=True).start()


def was_cut_off(results: str) -> bool:
    """Tell whether the last run in a results folder was killed, if none is there now."""
    return Path(results, NAME).exists()


def release(results: str) -> None:
    """Take back what `claim` wrote down."""
    path = Path(results, NAME)
    if _read(path) == _myself():
        path.unlink(missing_ok=True)


def _myself() -> tuple[str, int]:
    return socket.gethostname(), os.getpid()


def _read(path: Path) -> tuple[str, int]:
    """Give the computer and the process; none if there is no such file."""
    try:
        host, process = path.read_text(encoding="utf-8").split()
        return host, int(process)
    except (OSError, ValueError):
        return "", 0


def _show_life(path: Path) -> None:
    """Renew the file's time as long as it is this process's."""
    with contextlib.suppress(OSError):
        while _read(path) == _myself():
            os.utime(path)
            time.sleep(_RENEWED)


def _shows_life(path: Path) -> bool:
    """Tell whether whoever wrote the file still gives signs of life.

    The age of the file is told by another one that is written now: by the clock of the file system,
    as computers' clocks differ.
    """
    now = path.with_name("{}-{}-{}".format(NAME, *_myself()))
    try:
        now.write_bytes(b"")
        return now.stat().st_mtime - path.stat().st_mtime < _SILENCE
    except OSError:
        return False  # it ended meanwhile
    finally:
        now.unlink(missing_ok=True)


def _is_snakemake(process: int) -> bool:
    """Tell whether a process is there; after a restart its number may be that of another one."""
    if process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return b"snakemake" in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return True  # a system that doesn't tell
