"""Python processes that needn't import their packages: each is a fork of one that has.

Two thirds of a run on small images are imports: a second for Snakemake, and half a second for each
job. So one process imports the packages of Snakemake and of the workflow, nothing of the workflow
itself, and is forked wherever a run would start Python. A fork has the arguments, the folder, the
environment and the open files that the new process would have had; tests/workflow/
test_python_at_hand.py compares them. Only the command that `ps` shows is another.

That a module doesn't import all that it uses can't be seen in this way. It is seen where tests
start Snakemake itself (on a terminal, on SLURM, where a run is killed), and with conda, whose own
Python runs the scripts.
"""

import ast
import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

WORKFLOW = Path(__file__).resolve().parents[1] / "workflow"
SNAKEMAKE = ["snakemake.cli", "snakemake.benchmark", "smart_open", "nbformat"]
ON_LINUX = hasattr(os, "pidfd_open")  # elsewhere Python itself is started
# Seconds to import, for scripts that few tests run by Snakemake, or none; and the larger the
# process is, the longer a fork takes.
NOT_AT_HAND = {"laptrack", "ctc_metrics", "torch"}
# A fork has no threads, so none may be started by an import. Scripts that use several say so.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

# What Snakemake starts as Python: for a script a fork, else Python itself.
PYTHON = """\
#!/bin/sh
case "$#:$1" in
1:*.py) exec '{python}' -IS '{folder}/ask.py' "$1" ;;
*) exec '{python}' "$@" ;;
esac
"""
ASK = """\
import json, os, socket, sys
asked = {"command": sys.argv[1:], "folder": os.getcwd(), "environ": dict(os.environ)}
server = socket.socket(socket.AF_UNIX)
server.connect(os.path.join(os.path.dirname(__file__), "socket"))
socket.send_fds(server, [json.dumps(asked).encode() + b"\\n"], [0, 1, 2])
status = int(server.recv(100))
if status < 0:
    os.kill(os.getpid(), -status)
sys.exit(status)
"""


def run_snakemake(
    arguments: list[str], folder: Path, environ: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run ``python -m snakemake`` to its end, as a fork if it can be; keep what it prints."""
    python = [sys.executable, "-IS", str(at_hand() / "ask.py")] if ON_LINUX else [sys.executable]
    return subprocess.run(
        [*python, "-m", "snakemake", *arguments],
        cwd=folder,
        env=environ,
        timeout=900,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


@functools.cache
def at_hand() -> Path:
    """Start the process that is forked, and give the folder of ``python``, which asks it to."""
    folder = Path(tempfile.mkdtemp(prefix="python-", dir="/tmp"))  # a socket's path must be short
    (folder / "ask.py").write_text(ASK)
    (folder / "python").write_text(PYTHON.format(python=sys.executable, folder=folder))
    (folder / "python").chmod(0o755)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "socket"))
        listening.listen(100)
        process = subprocess.Popen(
            [sys.executable, __file__, str(listening.fileno()), str(folder / "python")],
            stdin=subprocess.PIPE,  # closed when this process ends, however it does
            env=os.environ | ONE_THREAD,
            pass_fds=[listening.fileno()],
        )
    atexit.register(process.communicate)
    return folder


def _packages() -> list[str]:
    """Name the modules that the library and the scripts import from packages."""
    names = set()
    for path in [*WORKFLOW.glob("immunostain/**/*.py"), *WORKFLOW.glob("scripts/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module)
    left_out = NOT_AT_HAND | {"immunostain"}
    return sorted(name for name in names if not left_out & {*name.split(".")})


def _fork_for_all(listening: socket.socket) -> list[str]:
    """Fork for each who asks; return in the forks, with the command of each.

    It ends when stdin is closed, as it is when the process ends that has started it.
    """
    poll = select.poll()
    poll.register(listening, select.POLLIN)
    poll.register(sys.stdin, select.POLLHUP)
    while sys.stdin.fileno() not in dict(poll.poll()):
        asking, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            return _watched_fork(asking)
        asking.close()
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
    shutil.rmtree(os.path.dirname(listening.getsockname()))
    sys.exit()


def _watched_fork(asking: socket.socket) -> list[str]:
    """Fork once more; watch it, tell how it ended, and end it where who asked is killed."""
    message, files, _, _ = socket.recv_fds(asking, 2**20, 3)
    while not message.endswith(b"\n"):
        message += asking.recv(2**20)
    if fork := os.fork():
        for number in files:
            os.close(number)
        poll = select.poll()
        poll.register(os.pidfd_open(fork), select.POLLIN)
        poll.register(asking, select.POLLIN)  # it ends
        if asking.fileno() in dict(poll.poll()):
            os.kill(fork, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1])
        with contextlib.suppress(BrokenPipeError):
            asking.send(str(status).encode())
        os._exit(0)
    asking.close()
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    asked = json.loads(message)
    os.environ.clear()
    os.environ.update(asked["environ"])
    os.chdir(asked["folder"])
    return asked["command"]


def _leave(status: list[int]) -> None:
    """End without taking apart what all imports have made, which takes longer than most jobs."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status[-1])


def _main(number: str, python: str) -> None:
    status = [1]
    atexit.register(_leave, status)  # as the first, so it is the last to be called
    del sys.path[0]
    sys.modules["openvino.tools.ovc"] = None  # tells its makers, see network/on_processor.py
    for name in SNAKEMAKE + _packages():
        importlib.import_module(name)
    importlib.import_module("snakemake.cli").get_argument_parser()  # which looks for plug-ins
    gc.freeze()
    command = _fork_for_all(socket.socket(fileno=int(number)))
    try:
        if command[0] == "-m":
            sys.executable = python
            sys.argv = command[1:]
            sys.path.insert(0, os.getcwd())
            runpy.run_module(command[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = command
            sys.path.insert(0, os.path.dirname(command[0]))
            runpy.run_path(command[0], run_name="__main__")
        status.append(0)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            status.append(end.code or 0)
        raise


if __name__ == "__main__":
    _main(*sys.argv[1:])
