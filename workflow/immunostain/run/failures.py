"""Find out from Snakemake's messages which jobs of a run failed, and why.

Standard library only: the Snakefile imports this.
"""

import contextlib
import logging
import os
import re
from collections.abc import Sequence
from pathlib import Path

from immunostain.mail.text import Failure
from immunostain.run import inside_snakemake
from immunostain.run.inside_snakemake import (
    GroupFailed,
    JobFailed,
    JobFinished,
    JobStarted,
    OutputMissing,
)

_TAIL = 65536  # bytes of a log that are looked at

# What SLURM writes at the end of a job's output when it ends the job, with and without cgroups.
_ENDED_BY_SLURM = {
    r"exceeded (job )?memory limit|oom.?kill|out of memory": (
        "it took more memory than it asked for; give its step more (mem_mb) with --set-resources, "
        "or let it be tried again with more by --retries"
    ),
    r"DUE TO TIME LIMIT": (
        "it took longer than it asked for; give its step more minutes (runtime) with "
        "--set-resources, or let it be tried again with more by --retries"
    ),
    r"DUE TO NODE FAILURE": "its node failed; run the same command again",
    r"DUE TO PREEMPTION": "a more important one took its place; run the same command again",
}


class FailedJobs(logging.Handler):
    """Gathers what Snakemake tells of failed jobs while a run goes on."""

    def __init__(self, logger: logging.Logger):
        super().__init__()
        self._logger, self._told = logger, False
        self._running: dict[int, JobStarted] = {}
        # By job number, so that a job tried twice counts once.
        self._failed: dict[int, JobFailed | Failure] = {}
        self._group_logs: dict[int, list[str]] = {}  # of the submission that a job was part of
        logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Note what a message says; a mail with less in it is no reason to stop a run."""
        try:
            self._note(inside_snakemake.event(record))
        except Exception as error:
            if not self._told:
                self._told = True
                words = "This version of Snakemake can't tell which jobs fail"
                self._logger.info(f"{words}: {error!r}")

    def _note(self, event: inside_snakemake.Event | None) -> None:
        match event:
            case JobStarted():
                self._forget(event.number)
                self._running[event.number] = event
            case JobFinished():
                self._forget(event.number)
            case GroupFailed():
                self._group_logs |= dict.fromkeys(event.numbers, event.logs)
            case JobFailed():
                # 9.14 tells of a job that lacks output as of any other one too.
                self._failed.setdefault(event.number, event)
            case OutputMissing():
                job = self._running[event.number]
                note = "(The job ended as if all were well, but did not write this file.)"
                self._failed[event.number] = Failure(job.rule, event.file or job.output[0], note)

    def _forget(self, number: int) -> None:
        """Take back what was said of a job, as one that is tried again may yet succeed."""
        for of_jobs in (self._running, self._failed, self._group_logs):
            of_jobs.pop(number, None)

    def failures(self, tail_lines: int = 15) -> list[Failure]:
        """Give every job that failed once, in the order in which they did.

        Parameters
        ----------
        tail_lines
            How many lines to take from the end of each job's own log.

        Returns
        -------
        list of Failure
            The file is the job's first .czi file, or else its first input, or else its first
            output.
        """
        return [
            job
            if isinstance(job, Failure)
            else _explained(job, self._group_logs.get(number, []), tail_lines)
            for number, job in self._failed.items()
        ]


def gathered(logger: logging.Logger) -> list[Failure]:
    """Give the jobs that failed since `FailedJobs` listens to Snakemake's messages, if it does."""
    gathering = [handler for handler in logger.handlers if isinstance(handler, FailedJobs)]
    return gathering[0].failures() if gathering else []


def _explained(job: JobFailed, group_logs: Sequence[str], tail_lines: int) -> Failure:
    files = job.input or job.output or [""]
    file = next((path for path in files if path.lower().endswith(".czi")), files[0])
    ended_by = _why_slurm_ended([*job.logs, *group_logs])
    tail = "\n".join(filter(None, [_tail(job.logs, tail_lines), ended_by]))
    return Failure(job.rule, file, tail, ended_by)


def _tail(logs: Sequence[str], lines: int) -> str:
    """Return the end of the first log that has any text."""
    for log in logs:
        if text := _end(log):
            return "\n".join(text.splitlines()[-lines:])
    return ""


def _end(log: str) -> str:
    """Read the end of a log; an empty text if it can't be read."""
    with contextlib.suppress(OSError, ValueError), open(log, "rb") as file:
        file.seek(max(0, os.path.getsize(log) - _TAIL))
        return file.read().decode(errors="replace").rstrip()
    return ""


def _why_slurm_ended(logs: Sequence[str]) -> str:
    """Say why SLURM ended a job, if it did, by what it wrote into one of the logs."""
    for log in logs:
        said = "\n".join(line for line in _end(log).splitlines() if line.startswith("slurmstepd"))
        for pattern, why in _ENDED_BY_SLURM.items():
            if re.search(pattern, said, re.IGNORECASE):
                return f"SLURM ended job {Path(log).stem}: {why}"
    return ""
