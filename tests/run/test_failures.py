"""Which jobs failed, by what Snakemake tells while a run goes on."""

import json
import logging
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from immunostain.mail.text import Failure
from immunostain.run import failures
from immunostain.run.failures import FailedJobs


@pytest.fixture
def logger():
    logger = logging.Logger("snakemake")
    FailedJobs(logger)
    return logger


def tell(logger, event, **about):
    logger.error("told", extra={"event": SimpleNamespace(value=event), **about})


def start(logger, number, rule="find", input=(), output=(), log=()):
    about = {"rule_name": rule, "rule_msg": None, "input": input, "output": output, "log": log}
    tell(logger, "job_info", jobid=number, **about)


def fail(logger, number, rule="find", input=(), output=(), log=()):
    about = {"rule_name": rule, "input": list(input), "output": list(output), "log": list(log)}
    tell(logger, "job_error", jobid=number, **about)


def fail_together(logger, numbers, logs):
    jobs = [{"jobid": number} for number in numbers]
    tell(logger, "group_error", aux_logs=logs, job_error_info=jobs)
    for number in numbers:
        fail(logger, number, output=[f"{number}.csv"])


def test_a_failed_job_is_told_with_its_file_and_the_end_of_its_log(logger, tmp_path):
    logs = [str(tmp_path / f"{name}.log") for name in ("none", "empty", "a, 1", "later")]
    (tmp_path / "empty.log").touch()
    content = b"\n".join(b"line %d \xff" % i for i in range(50_000)) + b"\n\n"
    (tmp_path / "a, 1.log").write_bytes(content)
    (tmp_path / "later.log").write_text("not looked at")
    fail(logger, 1, "find", ["frames/a, 1", "in/a, 1.CZI", "in/b.czi"], ["out"], logs)
    fail(logger, 2, "draw", ["x", "y"], ["out"])
    fail(logger, 3, "gather", [], ["out/all.csv", "out/all.txt"], logs[:2])
    fail(logger, 4, "nothing")
    (handler,) = logger.handlers
    assert handler.failures(tail_lines=2) == [
        Failure("find", "in/a, 1.CZI", "line 49998 �\nline 49999 �"),
        Failure("draw", "x"),
        Failure("gather", "out/all.csv"),
        Failure("nothing", ""),
    ]


def test_a_job_that_is_tried_again_has_not_failed_yet(logger):
    for number in (1, 2, 3):
        start(logger, number)
        fail(logger, number, "find", [f"{number}.czi"])
    start(logger, 1)
    start(logger, 3)
    tell(logger, "job_finished", job_id=1)
    assert [failure.file for failure in failures.gathered(logger)] == ["2.czi"]
    fail(logger, 3, "find", ["3.czi"])
    assert [failure.file for failure in failures.gathered(logger)] == ["2.czi", "3.czi"]


MEMORY = """\
slurmstepd-vm: error: StepId=3.batch exceeded memory limit (111816704 > 52428800), being killed
slurmstepd-vm: error: *** JOB 3 ON vm CANCELLED AT 2026-11-24T20:14:11 ***
"""
CGROUP = "slurmstepd: error: Detected 1 oom_kill event in StepId=3.batch. Some of the step tasks\n"
TIME = "slurmstepd: error: *** JOB 3 ON node-7 CANCELLED AT 2026-11-24 DUE TO TIME LIMIT ***\n"


@pytest.mark.parametrize(
    ("slurm_says", "words"),
    [
        (MEMORY, "it took more memory than it asked for"),
        (CGROUP, "it took more memory than it asked for"),
        (TIME, "it took longer than it asked for"),
        (TIME.replace("TIME LIMIT", "NODE FAILURE"), "its node failed"),
        (TIME.replace("TIME LIMIT", "PREEMPTION"), "a more important one took its place"),
        (TIME.replace(" DUE TO TIME LIMIT", ""), ""),
        ("immunostain: out of memory is what a program said itself", ""),
    ],
)
def test_why_slurm_ended_a_job_is_said(logger, tmp_path, slurm_says, words):
    own, of_one, of_group = (tmp_path / f"{name}.log" for name in ("c", "3", "1"))
    own.write_text("begun\n")
    of_one.write_text(f"Building DAG\n{slurm_says}")
    of_group.write_text(slurm_says)
    fail_together(logger, [13, 9], [str(of_group)])
    fail(logger, 5, "measure_nuclei", ["in/c.czi"], ["out/c.csv"], [str(own), str(of_one)])
    *group, one = failures.gathered(logger)
    assert [failure.file for failure in group] == ["13.csv", "9.csv"]
    for failure in group:
        assert failure.ended_by.partition(";")[0] == (f"SLURM ended job 1: {words}" * bool(words))
        assert failure.log_tail == failure.ended_by
    assert one.ended_by.partition(";")[0] == (f"SLURM ended job 3: {words}" * bool(words))
    assert one.log_tail.splitlines() == ["begun", one.ended_by][: 2 if words else 1]


def test_a_job_after_a_group_s_failure_was_not_ended_with_it(logger, tmp_path):
    (tmp_path / "1.log").write_text(MEMORY)
    fail_together(logger, [1, 2], [str(tmp_path / "1.log")])
    start(logger, 2)
    fail(logger, 2, output=["2.csv"])
    fail(logger, 3, output=["3.csv"])
    first, second, third = failures.gathered(logger)
    assert first.ended_by and not second.ended_by and not third.ended_by


def test_of_a_cluster_s_group_that_was_tried_again_only_what_did_not_end_well_has_failed(logger):
    fail_together(logger, [13, 9], [])
    start(logger, 13)
    tell(logger, "job_finished", job_id=13)
    assert [failure.file for failure in failures.gathered(logger)] == ["9.csv"]


def test_a_snakemake_that_tells_otherwise_stops_nothing(logger):
    said = []
    listening = logging.Handler()
    listening.emit = lambda record: said.append(record.getMessage())
    logger.addHandler(listening)
    tell(logger, "job_error", number=1)
    tell(logger, "job_error", number=2)
    fail(logger, 3, output=["3.csv"])
    assert [failure.file for failure in failures.gathered(logger)] == ["3.csv"]
    (words,) = (line for line in said if line != "told")
    assert words == "This version of Snakemake can't tell which jobs fail: KeyError('jobid')"
    assert failures.gathered(logging.Logger("nobody listens")) == []


SNAKEFILE = """\
import dataclasses, json, sys
sys.path.insert(0, {library!r})
from immunostain.run import failures
rule all:
    input: "out/a, b.txt", "out/nothing, too.txt", "out/flaky.txt"
rule break_it:
    input: "{{image}}.czi"
    output: "out/{{image}}.txt"
    log: "logs/{{image}}.log"
    message: "Breaking {{wildcards.image}}"
    retries: 1
    shell: "echo first > {{log:q}}; echo broken pixel >> {{log:q}}; exit 3"
rule forget_it:
    output: "out/something.txt", "out/nothing, too.txt"
    message: "Forgetting"
    shell: "touch {{output[0]:q}}"
rule flaky:
    output: "out/flaky.txt"
    retries: 1
    shell: "test -e tried && touch {{output}} || {{{{ touch tried; exit 1; }}}}"
onstart:
    failures.FailedJobs(logger)
onerror:
    with open("failures.json", "w") as file:
        json.dump([dataclasses.asdict(each) for each in failures.gathered(logger)], file)
"""


def test_failures_of_the_installed_snakemake(tmp_path):
    pytest.importorskip("snakemake")
    library = str(Path(failures.__file__).parents[2])
    (tmp_path / "Snakefile").write_text(SNAKEFILE.format(library=library))
    (tmp_path / "a, b.czi").touch()
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--keep-going", "--quiet", "all"]
    command += ["--latency-wait", "0"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode and (tmp_path / "out" / "flaky.txt").exists(), done.stderr
    found = json.loads((tmp_path / "failures.json").read_text())
    broken, forgotten = sorted(found, key=lambda failure: failure["rule"])
    tail = "first\nbroken pixel"
    assert broken == {"rule": "break_it", "file": "a, b.czi", "log_tail": tail, "ended_by": ""}
    assert (forgotten["rule"], forgotten["file"]) == ("forget_it", "out/nothing, too.txt")
    assert "did not write this file" in forgotten["log_tail"]
