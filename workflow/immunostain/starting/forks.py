"""A process that has imported what scripts need, and becomes each of them by a fork.

It is started once by `ready`, in the environment of the scripts, and asked over a socket. It knows
only what it is told; when the socket is closed, it ends. A fork is as good as a new process, as it
computes nothing itself and starts no threads. One library starts one when it is imported, Arrow,
which waits for work; what it does in forks, which lack it, is the same.

Standard library only: what else scripts need is imported when they come.
"""

import contextlib
import gc
import importlib
import multiprocessing
import os
import runpy
import signal
import socket
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

_FORKS = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Request:
    """A script that is to run.

    Attributes
    ----------
    file
        The script.
    modules
        What it is known to import.
    environ
        Environment variables that are its own.
    """

    file: str
    modules: tuple[str, ...]
    environ: Mapping[str, str]


def serve(address: str) -> None:
    """Run scripts as they are asked for, until nobody can ask any more.

    For each script a socket comes over the one at `address`. It takes a `Request` and gives the
    number of the process, or an `OSError` if there can be no more processes; then it takes
    anything as the sign to begin, and gives the names of modules that the script imported beyond
    those that were there (not if it was killed), and at last its exit code as of
    `multiprocessing.Process`.

    Parameters
    ----------
    address
        Of a Unix socket that listens.
    """
    # A user's Ctrl-C is for the scripts, whose ends are still to be told.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asked = socket.socket(socket.AF_UNIX)
    asked.connect(address)
    running: dict[Any, tuple[Any, Connection]] = {}
    while True:
        for ready in wait([asked, *running]):
            if ready is not asked:
                process, told = running.pop(ready)
                process.join()
                with contextlib.suppress(OSError), told:
                    told.send(process.exitcode)
                continue
            (_, sockets, *_) = socket.recv_fds(asked, 1, 1)
            if not sockets:
                return
            told = Connection(sockets[0])
            try:
                request = told.recv()
                _import(request.modules)
                others = [asked, *(each for _, each in running.values())]
                process = _FORKS.Process(target=_become, args=(request, told, others))
                process.start()
            except (OSError, EOFError) as error:
                with contextlib.suppress(OSError), told:
                    told.send(error)
                continue
            told.send(process.pid)
            running[process.sentinel] = process, told


def _import(modules: Iterable[str]) -> None:
    missing = [name for name in modules if name not in sys.modules]
    for name in missing:
        with contextlib.suppress(Exception):  # the script will say what is wrong with it
            importlib.import_module(name)
    if missing:
        gc.freeze()  # or looking for garbage would copy, in each fork, all that they share


def _become(request: Request, told: Connection, others: Iterable[Any]) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for each in others:
        each.close()
    there = set(sys.modules)
    try:
        told.recv()
    except EOFError:  # there is nobody any more for whom it would be done
        return
    os.environ.update(request.environ)
    sys.argv = [request.file]
    try:
        runpy.run_path(request.file, run_name="__main__")
    finally:
        with contextlib.suppress(OSError):
            told.send([name for name in sys.modules if name not in there])
