"""End and remove what a killed run left behind: jobs on a cluster, and pictures for its next steps.

SLURM's jobs outlive a Snakemake that was killed. The next run does the same work again, and the
frames that one of them deletes would be missed by the other. Frames whose next step had ended are
no concern of the next run, so Snakemake never deletes them. Standard library only: the Snakefile
imports this.
"""

import contextlib
import re
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from immunostain.images.facts import FACTS_FILE
from immunostain.inputs.chunks import is_chunk

_PARTIAL = re.compile(r"\.partial-[0-9a-f]{8}-.*")  # see files.py


def cancel(runs: Sequence[str], seconds: float = 60) -> list[str]:
    """Cancel the jobs of some runs, and wait until they have ended.

    Parameters
    ----------
    runs
        What SLURM calls all jobs of each run, see `claims.claim`. Jobs of other runs go on, those
        from the same folder too.
    seconds
        How long to wait at most.

    Returns
    -------
    list of str
        Numbers of the jobs that were cancelled; none if there is no SLURM.
    """
    found = _jobs(runs)
    if found:
        subprocess.run(["scancel", *found], capture_output=True)
    deadline = time.monotonic() + seconds
    while found and time.monotonic() < deadline and set(found) & set(_jobs(runs)):
        time.sleep(0.5)
    return found


def _jobs(runs: Sequence[str]) -> list[str]:
    """List jobs of this user that wait, run or end."""
    if not runs or not shutil.which("squeue") or not shutil.which("scancel"):
        return []
    command = ["squeue", "--me", "--noheader", "--format=%A", f"--name={','.join(runs)}"]
    return subprocess.run(command, capture_output=True, text=True).stdout.split()


def remove_frames(results: str, chunks: Mapping[str, Sequence[str]]) -> None:
    """Remove frames that no step needs any more.

    Parameters
    ----------
    results
        The output folder. No job may be writing to it.
    chunks
        The names of each image's chunks.
    """
    for image, names in chunks.items():
        folder = Path(results, "frames", image)
        for part in folder.glob("*"):
            with contextlib.suppress(OSError):  # a disk or its permissions don't let it be read
                ours = is_chunk(part.name) and (part / FACTS_FILE).exists()
                unneeded = part.name not in names or _used(results, image, part)
                if _PARTIAL.fullmatch(part.name) or (ours and unneeded):
                    shutil.rmtree(part, ignore_errors=True)
        with contextlib.suppress(OSError):  # something is in it, or it isn't there
            folder.rmdir()


def _used(results: str, image: str, part: Path) -> bool:
    """Tell whether the step that reads a part's frames has done so."""
    for step in ("probabilities", "labels"):
        with contextlib.suppress(OSError):
            made = Path(results, step, image, part.name, FACTS_FILE).stat().st_mtime
            if made >= (part / FACTS_FILE).stat().st_mtime:
                return True
    return False
