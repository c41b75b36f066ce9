"""Keep two runs on one computer from writing to the same results.

The default profile switches Snakemake's own lock off, because that stays when a run is killed and
would have to be removed by hand. Standard library only: the Snakefile imports this.
"""

import os
import socket
from pathlib import Path

from immunostain.errors import SettingsError

NAME = ".running"


def claim(results: str) -> None:
    """Write down that this process fills a results folder.

    Raises
    ------
    SettingsError
        Another process of this computer does so and is still there.
    """
    path = Path(results, NAME)
    try:
        host, process = path.read_text(encoding="utf-8").split()
    except (OSError, ValueError):
        host, process = "", "0"
    if host == socket.gethostname() and _is_snakemake(int(process)):
        raise SettingsError(
            f'another run (process {process}) is writing to "{results}"; '
            "wait for its end, or choose another output_folder"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{socket.gethostname()} {os.getpid()}\n", encoding="utf-8")


def release(results: str) -> None:
    """Take back what `claim` wrote down."""
    Path(results, NAME).unlink(missing_ok=True)


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
