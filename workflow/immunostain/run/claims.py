"""Keep two runs from writing to the same results.

The default profile switches Snakemake's own lock off, because that stays when a run is killed and
would have to be removed by hand. This one is a file that tells which process fills the folder. On
the same computer one sees whether the process is still there; from another computer, as with a
folder on a network drive, whether it still renews the file's time. The file system needs no locks:
of several processes that give a file the same name at the same moment, one succeeds. Needs only
what Snakemake itself depends on: the Snakefile imports this.
"""

import contextlib
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from zlib import crc32

import psutil

from immunostain.shared.errors import SettingsError

NAME = ".running"

_RENEWED = 20.0  # seconds between two signs of life
_LOOKED = 2.0  # seconds between two looks at the folder
# Network drives show another computer's change up to a minute late, and a busy computer is late.
_SILENCE = 120.0
_WRITTEN = 2.0  # seconds that a file may be there and not be whole yet
_SAME = 2.0  # seconds between two readings of when a process started, which are whole seconds
_released = threading.Event()


def _uptime_at_start(process: psutil.Process) -> float:
    """Give the seconds from the start of the computer to that of a process.

    Setting the clock changes nothing about it.
    """
    return process.create_time() - psutil.boot_time()


# The process's number alone may be that of a run before.
_THIS_RUN = " ".join(
    [
        socket.gethostname(),
        str(os.getpid()),
        uuid.uuid4().hex,
        f"{_uptime_at_start(psutil.Process()):.2f}",
    ]
)


def claim(
    results: str, cluster_run: str = "", when_gone: Callable[[], None] = lambda: None
) -> list[str]:
    """Write down that this process fills a results folder, until `release` or its end.

    Parameters
    ----------
    results
        The folder; it is made where it is missing.
    cluster_run
        What a cluster calls this run's jobs, which may outlive it.
    when_gone
        What to do if the folder is removed or renamed before `release`; done in another thread.

    Returns
    -------
    list of str
        What a cluster calls the jobs of runs that were killed here; none if the last run ended.

    Raises
    ------
    SettingsError
        Another process does so and is still there.
    OSError
        The folder can't be written.
    """
    path = Path(results, NAME)
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        written = _read(path)
        if written is None:
            killed: list[str] = []
            claimed = _create(path, _text([cluster_run]))
        elif _is_mine(written):
            return []
        else:
            killed = _cluster_runs(written)
            claimed = _take_over(path, written, _text([cluster_run, *killed]))
        if claimed:
            _released.clear()
            # Open, as a new folder of its name might have the same number else.
            watched = [path, os.open(path.parent, os.O_RDONLY), when_gone]
            threading.Thread(target=_show_life, args=watched, daemon=True).start()
            return killed


def release(results: str) -> None:
    """Take back what `claim` wrote down."""
    path = Path(results, NAME)
    _released.set()
    with contextlib.suppress(OSError):
        if _is_mine(_read(path)):
            path.unlink()


def _take_over(path: Path, written: str, text: str) -> bool:
    """Write a claim in place of one whose run was killed, unless another run does so.

    Who does it is who can give its claim a name that comes from the claim before; that name then
    becomes the right one. One that was killed in between is taken over in the same way.

    Raises
    ------
    SettingsError
        It wasn't killed.
    """
    last, beneath = path, written
    names = []
    while True:
        _stop_if_alive(last, beneath)
        last = _after(path, beneath)
        follower = _read(last)
        if follower is None:
            break
        beneath = follower
        names.append(last)
    if not _create(last, text):
        return False
    try:
        if _read(path) != written:  # it was taken over before
            return False
        os.replace(last, path)
    finally:
        last.unlink(missing_ok=True)
    for name in names:
        name.unlink(missing_ok=True)
    return True


def _after(path: Path, text: str) -> Path:
    """Name the claim that follows the one that says this."""
    return path.with_name(f"{NAME}-after-{crc32(text.encode()):08x}")


def _create(path: Path, text: str) -> bool:
    """Write a file unless there is one; tell whether it was written."""
    whole = path.with_name(f"{NAME}-{uuid.uuid4().hex}")
    try:
        whole.write_text(text, encoding="utf-8")
        try:
            os.link(whole, path)
        except FileExistsError:
            # Where a network drive's answer was lost, it was done when it is asked once more.
            return whole.stat().st_nlink == 2
        except OSError:  # no links there
            with contextlib.suppress(FileExistsError), path.open("x", encoding="utf-8") as file:
                file.write(text)
                return True
            return False
        return True
    finally:
        whole.unlink(missing_ok=True)


def _text(cluster_runs: list[str]) -> str:
    return "".join(f"{line}\n" for line in [_THIS_RUN, *filter(None, cluster_runs)])


def _read(path: Path) -> str | None:
    """Read a claim; None if there is none.

    Where there are no links it may be there before it is whole. One that stays so was written by a
    process that was killed.
    """
    deadline = time.monotonic() + _WRITTEN
    while True:
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return None
        if text.endswith("\n") or time.monotonic() > deadline:
            return text
        time.sleep(0.05)


def _is_mine(text: str | None) -> bool:
    return text is not None and text.splitlines()[:1] == [_THIS_RUN]


def _cluster_runs(text: str) -> list[str]:
    return text.splitlines()[1:]


def _stop_if_alive(path: Path, text: str) -> None:
    """Stop if the process that wrote a claim is still there; one that says nothing is nobody's."""
    try:
        host, number, *rest = text.splitlines()[0].split()
        process = int(number)
        started = float(rest[1]) if len(rest) > 1 else None
    except (IndexError, ValueError):
        return
    if host == socket.gethostname():
        if _is_there(process, started):
            raise SettingsError(
                f'another run (process {process}) is writing to "{path.parent}"; '
                "wait for its end, or choose another output_folder"
            )
    elif _shows_life(path):
        raise SettingsError(
            f'another run (process {process} on {host}) is writing to "{path.parent}"; wait for '
            f"its end (if it was killed, {_SILENCE / 60:.0f} minutes), or choose another "
            "output_folder"
        )


def _show_life(path: Path, folder: int, when_gone: Callable[[], None]) -> None:
    """Renew the file's time as long as it is this process's, and see that the folder is there."""
    try:
        _watch(path, folder, when_gone)
    finally:
        os.close(folder)


def _watch(path: Path, folder: int, when_gone: Callable[[], None]) -> None:
    renewed = -_RENEWED
    while not _released.wait(min(_RENEWED, _LOOKED)):
        with contextlib.suppress(OSError):  # a network drive may be away for a moment
            text = _read(path)
            if text is None and not _released.is_set() and not _is_folder(path.parent, folder):
                return when_gone()
            if not _is_mine(text):
                return
            if time.monotonic() - renewed >= _RENEWED:
                os.utime(path)
                renewed = time.monotonic()


def _is_folder(path: Path, folder: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(folder))
    except FileNotFoundError:
        return False


def _shows_life(path: Path) -> bool:
    """Tell whether whoever wrote the file still gives signs of life.

    The age of the file is told by another one that is written now: by the clock of the file system,
    as computers' clocks differ.
    """
    now = path.with_name(f"{NAME}-{uuid.uuid4().hex}")
    try:
        now.write_bytes(b"")
        return now.stat().st_mtime - path.stat().st_mtime < _SILENCE
    except OSError:
        return False  # it ended meanwhile
    finally:
        now.unlink(missing_ok=True)


def _is_there(number: int, started: float | None) -> bool:
    """Tell whether a run's process is still there.

    Parameters
    ----------
    number
        Its number, which may be that of another one by now.
    started
        See `_uptime_at_start`; None: an earlier version didn't write it.
    """
    if number == os.getpid():
        return False
    try:
        process = psutil.Process(number)
        # The one that a killed run left, if whoever started it doesn't ask for its end.
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        if started is not None and abs(_uptime_at_start(process) - started) > _SAME:
            return False
        return any("snakemake" in word for word in process.cmdline())
    except psutil.NoSuchProcess:
        return _is_hidden(number)
    except psutil.AccessDenied:  # a system that doesn't tell
        return True


def _is_hidden(number: int) -> bool:
    """Tell whether there is a process that the system keeps from other users (``hidepid``)."""
    try:
        os.kill(number, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return False  # it has just come, with the number of the one that is asked for
