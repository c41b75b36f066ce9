"""Do what can't be trusted in a process apart, whose crash or endless loop ends nothing else.

Libraries crash on some damaged files, and no `except` catches that.
"""

import contextlib
import ctypes
import multiprocessing
import pickle
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from immunostain.shared.errors import EndedFromOutsideError, ImageError

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

# A copy of this process, so that nothing need be imported or handed over again.
_COPIES = multiprocessing.get_context("fork")
# What a process does to itself; it is ended from outside by others.
_CRASHES = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL}
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
_FAREWELL_S = 10  # for a process that has done everything, and need not be waited for longer


class CrashedError(Exception):
    """A process crashed, or gave no answer in time; the text says which."""


def for_an_image(function: Callable[..., _Result], *arguments: Any) -> _Result:
    """Give what a function gives that reads one image, in a process apart.

    Raises
    ------
    ImageError
        The process crashed: the image can't be read.
    EndedFromOutsideError
        Another program ended the process: the image isn't to blame.
    Exception
        What the function raises, with the traceback of the other process in its notes.
    """
    (outcome,) = each_apart(lambda _: function(*arguments), [None])
    if isinstance(outcome, CrashedError):
        raise ImageError(
            f"reading the file ended the program ({outcome}); it is damaged, or of a kind that "
            "libCZI can't read: check it in ZEN"
        ) from outcome
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def each_apart(
    function: Callable[[_Item], _Result],
    items: Sequence[_Item],
    seconds: float | None = None,
    more_memory_bytes: int | None = None,
) -> Iterator[_Result | Exception]:
    """Give what a function gives for each item, one process for all as long as none crashes.

    Parameters
    ----------
    function
        Its results and what it raises must be such as `pickle` takes.
    items
        What it is called with.
    seconds
        How long an answer may take; None: for ever.
    more_memory_bytes
        How much more memory than this process has the other one may ask for; None: any.

    Yields
    ------
    object
        The result, or the exception in its place: one that was raised, `CrashedError` where the
        process crashed or gave no answer, `EndedFromOutsideError` where another program ended it.
    """
    done = 0
    while done < len(items):
        ours, theirs = _COPIES.Pipe(duplex=False)
        work = (function, items[done:], theirs, more_memory_bytes)
        process = _COPIES.Process(target=_work, args=work, daemon=True)
        sys.stdout.flush()  # or the copy would print it too
        process.start()
        theirs.close()
        try:
            while done < len(items):
                outcome, lives = _outcome(ours, process, seconds)
                done += 1
                yield outcome
                if not lives:
                    break
            else:
                process.join(_FAREWELL_S)
        finally:
            process.kill()
            process.join()
            ours.close()


def _outcome(connection: Connection, process: Any, seconds: float | None) -> tuple[Any, bool]:
    """Wait for the next result or exception; tell with it whether the process can go on."""
    try:
        if not connection.poll(seconds):
            return CrashedError(f"no answer within {seconds:g} s"), False
        return connection.recv(), True
    except EOFError:
        process.join()
    number = -process.exitcode
    if number in _CRASHES:
        return CrashedError(signal.Signals(number).name), False
    return EndedFromOutsideError(_how_it_ended(number)), False


def _how_it_ended(number: int) -> str:
    name = signal.Signals(number).name if number in set(signal.Signals) else f"status {-number}"
    return (
        f"a process was ended from outside ({name}), as happens where memory does not suffice; "
        "run the same command again"
    )


def _work(
    function: Callable[[_Item], Any],
    items: Sequence[_Item],
    connection: Connection,
    more_memory_bytes: int | None,
) -> None:
    with contextlib.suppress(OSError, AttributeError):  # where there's no Linux
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if more_memory_bytes is not None:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + more_memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):  # the parent tells of it
        for item in items:
            try:
                outcome = function(item)
            except Exception as error:
                error.add_note(traceback.format_exc())
                outcome = _to_send(error)
            sys.stdout.flush()
            connection.send(outcome)


def _to_send(error: Exception) -> Exception:
    """Give the exception, or its text in another one where its kind can't be sent."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # whatever its `__init__` raises when it is called with other arguments
        plain = RuntimeError(f"{type(error).__name__}: {error}")
        plain.__notes__ = error.__notes__
        return plain
    return error
