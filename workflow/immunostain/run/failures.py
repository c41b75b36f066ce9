"""Find out from Snakemake's log which jobs of a run failed.

Standard library only: the Snakefile imports this.
"""

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

# What Snakemake 9 writes to its log. A job that lacks outputs gets no "Error in rule", and a job
# that is tried again may yet succeed.
_EVENT = re.compile(
    r"""
    ^[ ]*message:[ ]Error[ ]in[ ]group[ ].*\n
    [ ]+log:[ ](?P<group_log>.*)[ ]\(check[ ]log[ ]file.*$
    | ^(?P<indent>[ ]*)Error[ ]in[ ]rule[ ](?P<rule>\S+):\n
    (?:(?P=indent)[ ]{4}message:.*\n(?:(?![ ]*Error[ ]in[ ]rule[ ]).*\n){0,9}?)?
    (?P=indent)[ ]{4}jobid:[ ](?P<failed>\S+)\n
    (?:(?P=indent)[ ]{4}input:[ ](?P<input>.*)\n)?
    (?:(?P=indent)[ ]{4}output:[ ](?P<output>.*)\n)?
    (?:(?P=indent)[ ]{4}log:[ ](?P<log>.*)[ ]\(check[ ]log[ ]file.*\n)?
    | ^MissingOutputException[ ]in[ ]rule[ ](?P<silent_rule>\S+)[ ]in[ ]file[ ].*\n
    Job[ ](?P<silent>\S+)[ ]+completed[ ]successfully,.*\n
    (?P<missing>.*?)[ ]\(missing[ ]locally
    | ^Trying[ ]to[ ]restart[ ]job[ ](?P<restarted>\S+)\.$
    | ^Finished[ ]jobid:[ ](?P<finished>\S+)[ ]\(Rule:
    """,
    re.MULTILINE | re.VERBOSE,
)


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


@dataclass(frozen=True)
class Failure:
    """A job that failed.

    Attributes
    ----------
    rule
        Its rule.
    file
        What it worked on.
    log_tail
        The last lines of its log, and why a cluster ended it.
    ended_by
        A sentence why a cluster ended it; empty if it didn't.
    """

    rule: str
    file: str
    log_tail: str = ""
    ended_by: str = ""


def failures(log: str | Path) -> list[Failure]:
    """Find the jobs that failed in the main log of a run; none if it can't be read."""
    try:
        return failures_from_log(Path(log).read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return []


def failures_from_log(text: str, tail_lines: int = 15) -> list[Failure]:
    """Find the jobs that failed in the main log of Snakemake.

    Parameters
    ----------
    text
        The log's text. Paths in it are taken as relative to the working folder.
    tail_lines
        How many lines to take from the end of each job's own log.

    Returns
    -------
    list of Failure
        Every failed job once, in the order of the log. The file is the job's first .czi file, or
        else its first input, or else its first output.
    """
    failed: dict[str, Failure] = {}  # by job number, so that a job tried twice counts once
    group_log = ""  # of the submission that the failed jobs below it were part of
    for event in _EVENT.finditer(text + "\n"):
        if event["group_log"]:
            group_log = event["group_log"]
        elif again := event["restarted"] or event["finished"]:  # a cluster's group restarts as one
            failed.pop(again, None)
        elif event["silent"]:
            note = "(The job ended as if all were well, but did not write this file.)"
            failed[event["silent"]] = Failure(event["silent_rule"], event["missing"], note)
        else:
            files = _split_paths(event["input"] or event["output"] or "")
            file = next((f for f in files if f.lower().endswith(".czi")), files[0])
            logs = _split_paths(event["log"] or "")
            group_log = group_log if event["indent"] else ""
            ended_by = _why_slurm_ended([*logs, group_log])
            tail = "\n".join(filter(None, [_tail(logs, tail_lines), ended_by]))
            failed[event["failed"]] = Failure(event["rule"], file, tail, ended_by)
    return list(failed.values())


def _split_paths(text: str) -> list[str]:
    """Take apart a list that Snakemake joined with ", ", which may be in the names as well.

    The longest run of pieces that is a file on disk is one name; where there is none, a name
    reaches as far as the next piece with a suffix.
    """
    pieces, paths = text.split(", "), []
    while pieces:
        runs = [", ".join(pieces[:n]) for n in range(1, min(len(pieces), 9) + 1)]
        named = next((run for run in runs if os.path.splitext(run)[1]), runs[0])
        path = next((run for run in reversed(runs) if os.path.isfile(run)), named)
        paths.append(path)
        del pieces[: runs.index(path) + 1]
    return paths


def _tail(logs: list[str], lines: int) -> str:
    """Return the end of the first log that has any text."""
    for log in logs:
        if text := _end(log):
            return "\n".join(text.splitlines()[-lines:])
    return ""


def _end(log: str) -> str:
    """Read the end of a log; an empty text if it can't be read."""
    with contextlib.suppress(OSError, ValueError), open(log, "rb") as file:
        file.seek(max(0, os.path.getsize(log) - 65536))
        return file.read().decode(errors="replace").rstrip()
    return ""


def _why_slurm_ended(logs: list[str]) -> str:
    """Say why SLURM ended a job, if it did, by what it wrote into one of the logs."""
    for log in logs:
        said = "\n".join(line for line in _end(log).splitlines() if line.startswith("slurmstepd"))
        for pattern, why in _ENDED_BY_SLURM.items():
            if re.search(pattern, said, re.IGNORECASE):
                return f"SLURM ended job {Path(log).stem}: {why}"
    return ""
