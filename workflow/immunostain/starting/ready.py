"""Scripts that run in forks of a process that has imported what they need, see `forks`.

It uses what Snakemake doesn't promise to keep, see `inside_snakemake`; without it each script is
started by itself. So are scripts that run once, which would gain nothing, and those in containers.

Standard library only: the Snakefile imports this.
"""

import ast
import atexit
import contextlib
import copy
import socket
import subprocess
import sys
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from immunostain.starting.forks import Request

_LIBRARY = str(Path(__file__).parents[2])
# It must not have been started before a fork that is to use a card, and nothing tells if it has.
_STARTED_ALONE = "torch"
_THREADS = ("OMP", "GOTO", "OPENBLAS", "MKL", "NUMEXPR")  # as Snakemake tells programs
_FOLDERS = ("TMPDIR", "TMP", "TEMPDIR", "TEMP")
_NEEDED = {
    *("fname", "edit", "bench_record", "conda_env", "container_img", "env_modules"),
    *("resources", "source", "threads", "wildcards"),
}

Start = Callable[..., None]


@dataclass
class _Ready:
    """A process that is ready to become scripts.

    Attributes
    ----------
    asking
        The socket to it.
    thread
        Waits for its end.
    lock
        Held by who asks, or looks at what was learnt.
    learnt
        What scripts imported that their first lines don't tell, by their names.
    """

    asking: socket.socket
    thread: threading.Thread
    lock: threading.Lock = field(default_factory=threading.Lock)
    learnt: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


def start_from_ready(script: Any, benchmark: Any) -> None:
    """Let Snakemake run scripts in forks of a process, where it can.

    Parameters
    ----------
    script
        Snakemake's class ``PythonScript``.
    benchmark
        Its function ``benchmarked``, which measures a process.

    Raises
    ------
    Exception
        Of whatever kind: this version of Snakemake does it in another way.
    """
    import inspect

    as_snakemake_does = script.execute_script
    known = {
        *inspect.signature(script).parameters,
        *inspect.signature(as_snakemake_does).parameters,
    }
    if missing := _NEEDED - known:
        raise AttributeError(f"PythonScript has no {', '.join(sorted(missing))}")
    there: dict[str | None, _Ready | None] = {}
    starting = threading.Lock()

    def execute_script(self: Any, fname: str, edit: bool = False) -> None:
        if not _is_for_forks(self):
            return as_snakemake_does(self, fname, edit)
        with starting:
            if self.conda_env not in there:
                there[self.conda_env] = _started(self, as_snakemake_does)
            ready = there[self.conda_env]
        code = None if ready is None else _run(ready, self, fname, benchmark)
        if code is None:
            return as_snakemake_does(self, fname, edit)
        if code:
            raise subprocess.CalledProcessError(code, fname)
        return None

    script.execute_script = execute_script


def _is_for_forks(script: Any) -> bool:
    elsewhere = (script.container_img, script.env_modules, script.resources.get("shell_exec"))
    return sys.platform == "linux" and bool(len(script.wildcards)) and elsewhere == (None,) * 3


def _started(script: Any, as_snakemake_does: Start) -> _Ready | None:
    """Start a process in the environment of a script; None: it couldn't be started."""
    try:
        return _start(script, as_snakemake_does)
    except OSError:  # such as a folder for temporary files that is full, or has too long a name
        return None


def _start(script: Any, as_snakemake_does: Start) -> _Ready:
    """Start a process as Snakemake starts scripts."""
    first = copy.copy(script)
    first.bench_record, first.threads = None, 1
    ended, end = socket.socketpair()
    with (
        tempfile.TemporaryDirectory(prefix="immunostain-") as folder,
        socket.socket(socket.AF_UNIX) as listening,
        ended,
    ):
        address = str(Path(folder, "socket"))
        listening.bind(address)
        listening.listen(1)
        program = Path(folder, "forks.py")
        program.write_text(
            f"import sys\nsys.path.append({_LIBRARY!r})\n"
            f"from immunostain.starting.forks import serve\nserve({address!r})\n",
            encoding="utf-8",
        )

        def run() -> None:
            with end, contextlib.suppress(Exception):  # scripts are then started without it
                as_snakemake_does(first, str(program))

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        if listening not in wait([listening, ended]):
            raise OSError("the process ended before it could be asked")
        asking, _ = listening.accept()
    ready = _Ready(asking, thread)
    atexit.register(_end, ready)
    return ready


def _end(ready: _Ready) -> None:
    """Let the process end, and wait for it: the kernel then knows what its forks used."""
    ready.asking.close()
    ready.thread.join()


def _run(ready: _Ready, script: Any, file: str, benchmark: Any) -> int | None:
    """Run a script and give its exit code; None: it couldn't be begun."""
    name = Path(file).name.partition(".")[2]
    with ready.lock:
        modules = (*_imports(script.source), *ready.learnt[name])
    try:
        told = _ask(ready, Request(file, modules, _environ(script)))
        process = told.recv()
    except (OSError, EOFError):
        return None
    if isinstance(process, OSError):
        return None
    measured = contextlib.nullcontext()
    if script.bench_record is not None:
        measured = benchmark(process, script.bench_record)
    code = 1
    with told, measured:
        with contextlib.suppress(EOFError, OSError):  # all that remains is that it didn't end well
            told.send("begin")
            while True:
                answer = told.recv()
                if isinstance(answer, int):
                    code = answer
                elif _STARTED_ALONE not in answer:
                    with ready.lock:
                        ready.learnt[name].update(answer)
    return code


def _ask(ready: _Ready, request: Request) -> Connection:
    ours, theirs = socket.socketpair()
    with theirs, ready.lock:
        socket.send_fds(ready.asking, [b"!"], [theirs.fileno()])
    told = Connection(ours.detach())
    told.send(request)
    return told


def _imports(source: str) -> Iterator[str]:
    """Name the modules that a script imports at its beginning."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def _environ(script: Any) -> dict[str, str]:
    """Give what Snakemake would tell the script by environment variables."""
    told = {f"{program}_NUM_THREADS": str(script.threads) for program in _THREADS}
    if folder := script.resources.get("tmpdir"):
        told |= dict.fromkeys(_FOLDERS, str(folder))
    return told
