"""What is used of Snakemake's inside, and a Snakemake that lacks it.

That the installed one has it is shown by whole runs, see tests/workflow/test_progress_shown.py.
"""

import logging
import os
import sys
from types import SimpleNamespace

import pytest

from immunostain.run import inside_snakemake as inside
from immunostain.run.inside_snakemake import (
    GroupFailed,
    JobFailed,
    JobFinished,
    JobStarted,
    OutputMissing,
    PlannedJob,
)


@pytest.fixture
def said():
    return []


@pytest.fixture
def logger(said):
    logger = logging.Logger("x")
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())
    logger.addHandler(handler)
    return logger


@pytest.mark.parametrize(
    ("ask", "instead"),
    [
        (inside.files_of_settings, []),
        (inside.is_main_process, True),
        (inside.jobs_run_here, False),
        (inside.jobs_to_run, []),
        (inside.rules_of_run, set()),
        (inside.asked_for_other_output, True),
        (inside.keeps_temporary_files, True),
        (inside.name_of_slurm_jobs, ""),
        (inside.look_for_jobs_when_one_ends, None),
    ],
)
def test_a_snakemake_that_lacks_it_stops_nothing(ask, instead, logger, said):
    assert ask(object(), logger) == instead
    (words,) = said
    assert words.startswith("This version of Snakemake can't ")
    assert "object has no attribute" in words


def test_a_snakemake_whose_scripts_start_otherwise_stops_nothing(logger, said, monkeypatch):
    monkeypatch.setitem(sys.modules, "snakemake.script", SimpleNamespace())
    inside.start_scripts_lightly(logger)
    assert [words.partition(":")[0] for words in said] == [
        "This version of Snakemake can't start scripts without importing itself",
        "This version of Snakemake can't start scripts in forks of one process",
    ]


@pytest.mark.parametrize("mode", [["--mode", "remote"], ["--mode=subprocess"]])
def test_jobs_of_a_cluster_are_known_by_their_command_as_well(mode, logger, monkeypatch):
    monkeypatch.setattr("sys.argv", ["snakemake", *mode, "--cores", "1"])
    assert not inside.is_main_process(object(), logger)
    monkeypatch.setattr("sys.argv", ["snakemake", "--cores", "1"])
    assert inside.is_main_process(object(), logger)


@pytest.mark.parametrize(
    ("asked", "other"),
    [
        ({}, False),
        ({"quiet": {"all"}}, True),
        ({"verbose": True}, True),
        ({"printshellcmds": 1}, True),
    ],
)
def test_who_asked_for_another_output_is_known(asked, other, logger, said):
    settings = {"quiet": None, "verbose": False, "printshellcmds": False} | asked
    workflow = SimpleNamespace(output_settings=SimpleNamespace(**settings))
    assert inside.asked_for_other_output(workflow, logger) == other
    assert not said


def test_only_the_default_limit_of_jobs_per_second_is_lifted(logger):
    for max_jobs, timespan, lifted in [(100, 1, True), (6000, 60, True), (10, 1, False)]:
        limiter = SimpleNamespace(max_jobs=max_jobs, timespan=timespan)
        scheduler = SimpleNamespace(job_rate_limiter=limiter)
        inside.look_for_jobs_when_one_ends(SimpleNamespace(scheduler=scheduler), logger)
        assert (scheduler.job_rate_limiter is None) == lifted


def test_jobs_that_run_here_have_no_name_on_a_cluster(logger, said):
    scheduler = SimpleNamespace(_executor=object())
    assert inside.name_of_slurm_jobs(SimpleNamespace(scheduler=scheduler), logger) == ""
    assert not said


def test_steps_are_read_once_with_what_they_work_on(logger):
    jobs = [
        SimpleNamespace(jobid=3, rule=SimpleNamespace(name="find"), wildcards_dict={"image": "a"}),
        SimpleNamespace(jobid=0, rule=SimpleNamespace(name="all"), wildcards_dict={}),
    ]
    workflow = SimpleNamespace(dag=SimpleNamespace(needrun_jobs=lambda: iter(jobs)))
    steps = inside.jobs_to_run(workflow, logger)
    assert steps == [PlannedJob(3, "find", {"image": "a"}), PlannedJob(0, "all", {})]


def test_rules_of_a_run_are_those_of_finished_jobs_too(logger):
    jobs = [SimpleNamespace(rule=SimpleNamespace(name=name)) for name in ("find", "find", "draw")]

    def needrun_jobs(exclude_finished=True):
        return iter([] if exclude_finished else jobs)

    workflow = SimpleNamespace(dag=SimpleNamespace(needrun_jobs=needrun_jobs))
    assert inside.rules_of_run(workflow, logger) == {"find", "draw"}


FILES = {"input": ("i",), "output": ["o"], "log": ["l", "m"]}


@pytest.mark.parametrize(
    ("told", "read"),
    [
        (
            {"event": "job_info", "jobid": 1, "rule_name": "find", "rule_msg": "Finding", **FILES},
            JobStarted(1, "find", ["i"], ["o"], ["l", "m"], "Finding"),
        ),
        (
            {"event": "job_info", "jobid": 1, "rule_name": "find", "rule_msg": None, **FILES},
            JobStarted(1, "find", ["i"], ["o"], ["l", "m"], "find"),
        ),
        ({"event": "job_finished", "job_id": 1}, JobFinished(1)),
        (
            {"event": "job_error", "jobid": 1, "rule_name": "find", **FILES},
            JobFailed(1, "find", ["i"], ["o"], ["l", "m"]),
        ),
        (
            {"event": "group_error", "aux_logs": ["s"], "job_error_info": [{"jobid": 1}]},
            GroupFailed([1], ["s"]),
        ),
        ({"event": "error", "exception": "RuleException"}, None),
        ({"event": "progress", "done": 1, "total": 2}, None),
        ({}, None),
    ],
)
def test_messages_about_jobs_are_read(told, read):
    if "event" in told:
        told = told | {"event": SimpleNamespace(value=told["event"])}
    record = logging.makeLogRecord({"msg": "words", "args": (), **told})
    assert inside.event(record) == read


def test_a_group_is_read_as_the_oldest_snakemake_tells_of_it():
    record = logging.LogRecord("x", logging.ERROR, "", 1, "Error in group small", (), None)
    about = {"aux_logs": ["s"], "job_error_info": [{"jobid": 1}, {"jobid": 2}]}
    record.args = {"event": SimpleNamespace(value="group_error"), "groupid": "small", **about}
    assert inside.event(record) == GroupFailed([1, 2], ["s"])


MISSING = """\
MissingOutputException in rule forget_it in file "/data/Snakefile", line 21:
Job 8  completed successfully, but some output files are missing. Missing files after 1 seconds.:
{}"""


@pytest.mark.parametrize(
    ("words", "read"),
    [
        (
            MISSING.format("r/group, missing.txt (missing locally, parent dir contents: ok)"),
            OutputMissing(8, "r/group, missing.txt"),
        ),
        (MISSING.format("it is somewhere"), OutputMissing(8, None)),
        ("some output is missing", None),
    ],
)
def test_a_job_that_lacks_output_is_known_by_what_is_said_of_it(words, read):
    about = {"event": SimpleNamespace(value="error"), "exception": "MissingOutputException"}
    assert inside.event(logging.makeLogRecord({"msg": words, "args": (), **about})) == read


def test_what_snakemake_says_as_it_ends_is_known():
    for words, known in [("Terminating processes on user request", True), ("Finished", False)]:
        assert inside.is_about_the_end(logging.makeLogRecord({"msg": words})) == known


def test_a_file_is_no_terminal(tmp_path, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    logger = logging.Logger("x")
    with open(tmp_path / "a.txt", "w") as file:
        logger.addHandler(logging.StreamHandler(file))
        assert inside.terminal_of(logger) is None


def test_a_terminal_is_one_unless_it_is_dumb(monkeypatch):
    logger = logging.Logger("x")
    master, other = os.openpty()
    with open(other, "w") as terminal, open(master):
        handler = logging.StreamHandler(terminal)
        logger.addHandler(handler)
        monkeypatch.setenv("TERM", "xterm")
        assert inside.terminal_of(logger) is handler
        for value in ("dumb", None):
            monkeypatch.setenv("TERM", value) if value else monkeypatch.delenv("TERM")
            assert inside.terminal_of(logger) is None
