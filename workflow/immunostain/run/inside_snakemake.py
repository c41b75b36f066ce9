"""What this workflow uses of Snakemake that Snakemake doesn't promise to keep.

With another version each of these may be otherwise. Then the run goes on without what it is for,
and one line of its log says so.

==================================== =========================================================
``workflow.overwrite_configfiles``   the files of --configfile, to say what is wrong in one
``workflow.is_main_process``         a cluster's jobs are runs of their own, which tell nothing
``workflow.non_local_exec``          whether jobs run here, so that one sees if there is a card
``workflow.dag.needrun_jobs()``      all steps of the run, for the display of progress
``job.jobid``, ``.wildcards_dict``   of each of them
``workflow.output_settings``         who asked for another output gets no display
``workflow.storage_settings.notemp`` whether temporary files are to be kept
``workflow.scheduler._executor``     what SLURM calls the jobs of this run (``run_uuid``)
``scheduler.job_rate_limiter``       else Snakemake looks for jobs to start all the time
``script.PythonScript``              ``generate_preamble``: else scripts import Snakemake
``script.PythonScript``              ``execute_script``: else each script starts Python anew
``benchmark.benchmarked``            measures scripts that don't
``logger.handlers``                  the one that prints to the terminal, and the log files
``record.event`` and its fields      which step began, ended or failed, for display and mail
what Snakemake says as it ends       is shown beside the display
==================================== =========================================================

Standard library only: the Snakefile imports this.
"""

import importlib
import logging
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from immunostain.starting import light_preamble, ready

_Value = TypeVar("_Value")

_OF_THE_END = ("Terminating", "Will exit", "Shutting down")


@dataclass(frozen=True)
class PlannedJob:
    """A job that a run consists of; its numbers are Snakemake's own."""

    number: int
    rule: str
    wildcards: Mapping[str, str]


@dataclass(frozen=True)
class JobStarted:
    """A job begins, maybe once more after it failed."""

    number: int
    rule: str
    input: list[str]
    output: list[str]
    logs: list[str]
    message: str


@dataclass(frozen=True)
class JobFinished:
    """A job ended well."""

    number: int


@dataclass(frozen=True)
class JobFailed:
    """A job failed; where SLURM ran it alone, its output is among the logs."""

    number: int
    rule: str
    input: list[str]
    output: list[str]
    logs: list[str]


@dataclass(frozen=True)
class GroupFailed:
    """A submission of several jobs failed, each of which is told of next; `logs` are SLURM's."""

    numbers: list[int]
    logs: list[str]


@dataclass(frozen=True)
class OutputMissing:
    """A job ended as if all were well, but did not write a file; None: it isn't known which."""

    number: int
    file: str | None


Event = JobStarted | JobFinished | JobFailed | GroupFailed | OutputMissing


def _or_else(
    instead: _Value, what: str, logger: logging.Logger, get: Callable[[], _Value]
) -> _Value:
    try:
        return get()
    except Exception as error:
        logger.info(f"This version of Snakemake can't {what}: {error!r}")
        return instead


def files_of_settings(workflow: Any, logger: logging.Logger) -> list[str | os.PathLike[str]]:
    """Give the files that were named by --configfile; none where it isn't known."""
    return _or_else(
        [], "name its files of settings", logger, lambda: list(workflow.overwrite_configfiles)
    )


def is_main_process(workflow: Any, logger: logging.Logger) -> bool:
    """Tell the run that the user started from those that it starts for jobs."""
    of_a_job = any(word.partition("=")[0] == "--mode" for word in sys.argv)
    what = "tell the main process from those of jobs"
    return _or_else(not of_a_job, what, logger, lambda: bool(workflow.is_main_process))


def jobs_run_here(workflow: Any, logger: logging.Logger) -> bool:
    """Tell whether jobs run on this computer; where it isn't known, they may run elsewhere."""
    what = "tell where jobs run"
    return _or_else(False, what, logger, lambda: not workflow.non_local_exec)


def jobs_to_run(workflow: Any, logger: logging.Logger) -> list[PlannedJob]:
    """Give all jobs of the run; none where they aren't known."""

    def steps() -> list[PlannedJob]:
        return [
            PlannedJob(job.jobid, job.rule.name, dict(job.wildcards_dict))
            for job in workflow.dag.needrun_jobs()
        ]

    return _or_else([], "show how far the run is", logger, steps)


def rules_of_run(workflow: Any, logger: logging.Logger) -> set[str]:
    """Name the rules of all jobs of the run, finished ones too; none where they aren't known."""

    def rules() -> set[str]:
        return {job.rule.name for job in workflow.dag.needrun_jobs(exclude_finished=False)}

    return _or_else(set(), "tell what was asked for", logger, rules)


def asked_for_other_output(workflow: Any, logger: logging.Logger) -> bool:
    """Tell whether the user asked for less or for more than is printed by default."""

    def other() -> bool:
        asked = workflow.output_settings
        return bool(asked.quiet or asked.verbose or asked.printshellcmds)

    return _or_else(True, "tell what is to be printed", logger, other)


def keeps_temporary_files(workflow: Any, logger: logging.Logger) -> bool:
    """Tell whether the user asked for it (--notemp)."""
    what = "tell whether temporary files are to be kept"
    return _or_else(True, what, logger, lambda: bool(workflow.storage_settings.notemp))


def name_of_slurm_jobs(workflow: Any, logger: logging.Logger) -> str:
    """Give what SLURM calls all jobs of this run; nothing if they run here."""

    def name() -> str:
        executor = workflow.scheduler._executor
        of_slurm = type(executor).__module__ == "snakemake_executor_plugin_slurm"
        return str(executor.run_uuid) if of_slurm else ""

    return _or_else("", "tell this run's SLURM jobs from others", logger, name)


def look_for_jobs_when_one_ends(workflow: Any, logger: logging.Logger) -> None:
    """Keep Snakemake from looking for jobs that could start all the time.

    Each time that it has looked it looks once more a second later, in case its limit of jobs per
    second held one back; and as that is a time too, after 500 jobs it looks 500 times a second.
    Its default of 100 jobs a second never holds one back. A lower limit is the user's own.
    """

    def lift_limit() -> None:
        limiter = workflow.scheduler.job_rate_limiter
        if limiter and limiter.max_jobs >= 100 * limiter.timespan:
            workflow.scheduler.job_rate_limiter = None

    _or_else(None, "look for jobs only when one has ended", logger, lift_limit)


def start_scripts_lightly(logger: logging.Logger) -> None:
    """Let scripts start without importing Snakemake, and where that pays without Python's start.

    See `light_preamble` and `ready`.
    """

    def change_preamble() -> None:
        light_preamble.start_lightly(sys.modules["snakemake.script"].PythonScript)

    def change_start() -> None:
        benchmarked = importlib.import_module("snakemake.benchmark").benchmarked
        ready.start_from_ready(sys.modules["snakemake.script"].PythonScript, benchmarked)

    _or_else(None, "start scripts without importing itself", logger, change_preamble)
    _or_else(None, "start scripts in forks of one process", logger, change_start)


def terminal_of(logger: logging.Logger) -> logging.StreamHandler[Any] | None:
    """Find the handler that prints to a terminal on which lines can be drawn over."""
    for handler in logger.handlers:
        if isinstance(handler, logging.FileHandler):
            continue
        if isinstance(handler, logging.StreamHandler) and handler.stream.isatty():
            return None if os.environ.get("TERM", "dumb") == "dumb" else handler
    return None


def log_files(logger: logging.Logger) -> list[logging.FileHandler]:
    """Give the handlers that write the main log."""
    return [each for each in logger.handlers if isinstance(each, logging.FileHandler)]


def is_about_the_end(record: logging.LogRecord) -> bool:
    """Tell whether Snakemake says that it ends before it is done."""
    return record.getMessage().startswith(_OF_THE_END)


def event(record: logging.LogRecord) -> Event | None:
    """Read what a message of Snakemake says of jobs.

    Returns
    -------
    Event or None
        None: it is about something else.

    Raises
    ------
    KeyError
        The message has other fields than in the versions that are known, 9.14 to 9.27.
    """
    # 9.14 gives the facts about a group in the place of the arguments of a message.
    fields: Mapping[str, Any] = record.__dict__
    if isinstance(record.args, Mapping):
        fields = record.args
    match getattr(fields.get("event"), "value", None):
        case "job_info":
            rule = fields["rule_name"]
            return JobStarted(fields["jobid"], rule, *_files(fields), fields["rule_msg"] or rule)
        case "job_finished":
            return JobFinished(fields["job_id"])
        case "job_error":
            return JobFailed(fields["jobid"], fields["rule_name"], *_files(fields))
        case "group_error":
            numbers = [job["jobid"] for job in fields["job_error_info"]]
            return GroupFailed(numbers, list(fields["aux_logs"]))
        case "error" if fields["exception"] == "MissingOutputException":
            # Which job it was stands only in its words.
            words = record.getMessage()
            number = re.search(r"^Job (\d+) +completed", words, re.MULTILINE)
            file = re.search(r"^(.+?) \(missing locally", words, re.MULTILINE)
            return OutputMissing(int(number[1]), file[1] if file else None) if number else None
    return None


def _files(fields: Mapping[str, Any]) -> tuple[list[str], list[str], list[str]]:
    return list(fields["input"]), list(fields["output"]), list(fields["log"])
