"""Steps of a run that wait until a test lets them go on.

So what a test does in the middle of a run doesn't depend on how fast the computer is.
"""

import contextlib
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

from czi_files import ROOT

# The connection stays open until the process ends, which is how the test knows that it has.
_WAIT = """\
{indent}import contextlib as _contextlib, socket as _socket
{indent}_socket.gate = _socket.socket(_socket.AF_UNIX)
{indent}with _contextlib.suppress(OSError):
{indent}    _socket.gate.connect({address!r})
{indent}    _socket.gate.recv(1)
"""
_TOO_LONG = 600.0  # seconds


class Gate:
    """A place in the program at which jobs wait."""

    def __init__(self, listening: socket.socket):
        self._listening = listening
        self._waiting: list[socket.socket] = []
        self._gone: list[socket.socket] = []

    def wait_for_one(self) -> None:
        """Wait until one more job has come to the gate."""
        job, _ = self._listening.accept()
        job.settimeout(_TOO_LONG)
        self._waiting.append(job)

    def let_one_go(self) -> None:
        """Let the job go on that came first."""
        job = self._waiting.pop(0)
        with contextlib.suppress(OSError):  # it was killed
            job.send(b"!")
        self._gone.append(job)

    def wait_for_their_end(self) -> None:
        """Wait until the processes of all jobs that were let go have ended."""
        for job in self._gone:
            with contextlib.suppress(ConnectionError):
                job.recv(1)

    def open(self) -> None:
        """Let all go on that wait, and all that come later."""
        self._listening.close()
        while self._waiting:
            self.let_one_go()

    def close_connections(self) -> None:
        """Forget the jobs that have come."""
        for job in self._gone:
            job.close()


def copy_program(folder: Path) -> Path:
    """Copy the workflow, to be changed, into a folder and give its Snakefile."""
    shutil.copytree(
        ROOT / "workflow", folder / "workflow", ignore=shutil.ignore_patterns("__pycache__")
    )
    (folder / "resources").symlink_to(ROOT / "resources")
    return folder / "workflow" / "Snakefile"


@contextlib.contextmanager
def gate(file: Path, after: str = "with job_log(") -> Iterator[Gate]:
    """Put a gate into a copy of the program.

    Parameters
    ----------
    file
        A script of it, or a module.
    after
        How the line begins after which jobs wait; a script has begun its log there.
    """
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    (number,) = (n for n, line in enumerate(lines) if line.startswith(after))
    like = lines[number + lines[number].rstrip().endswith(":")]
    indent = like[: -len(like.lstrip())]
    with (
        # Not a port, which another program may get when this one is done with it; and a short path.
        tempfile.TemporaryDirectory(prefix="gate-", dir="/tmp") as folder,
        socket.socket(socket.AF_UNIX) as listening,
    ):
        address = str(Path(folder, "socket"))
        listening.bind(address)
        listening.listen(100)
        listening.settimeout(_TOO_LONG)
        lines.insert(number + 1, _WAIT.format(indent=indent, address=address))
        file.write_text("".join(lines), encoding="utf-8")
        held = Gate(listening)
        try:
            yield held
        finally:
            held.open()
            held.close_connections()
