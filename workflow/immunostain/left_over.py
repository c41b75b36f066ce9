"""End what a killed run left running on a cluster.

SLURM's jobs outlive a Snakemake that was killed. The next run does the same work again, and the
frames that one of them deletes would be missed by the other. Standard library only: the Snakefile
imports this.
"""

import shutil
import subprocess
import time
from pathlib import Path


def cancel(folder: str, seconds: float = 60) -> list[str]:
    """Cancel the jobs that Snakemake submitted from a folder, and wait until they have ended.

    Parameters
    ----------
    folder
        The working folder from which the earlier run was started.
    seconds
        How long to wait at most.

    Returns
    -------
    list of str
        Numbers of the jobs that were cancelled; none if there is no SLURM.
    """
    found = _jobs(folder)
    if found:
        subprocess.run(["scancel", *found], capture_output=True)
    deadline = time.monotonic() + seconds
    while found and time.monotonic() < deadline and set(found) & set(_jobs(folder)):
        time.sleep(0.5)
    return found


def _jobs(folder: str) -> list[str]:
    """List jobs of this user that wait, run or end; the executor's comment tells Snakemake's."""
    if not shutil.which("squeue") or not shutil.which("scancel"):
        return []
    command = ["squeue", "--me", "--noheader", "--format=%A|%k|%Z"]
    listed = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
    jobs = []
    for line in listed:
        job, comment, where = line.split("|", 2)
        same = Path(where).resolve() == Path(folder).resolve()
        if same and comment.startswith(("rule_", "group_")):
            jobs.append(job)
    return jobs
