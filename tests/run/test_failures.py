"""What Snakemake's log says of failed jobs."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st

from immunostain.run.failures import Failure, failures_from_log

SNAKEMAKE_LOG = """\
Building DAG of jobs...
[Sun Nov 22 13:32:47 2026]
Job 2: doing in/ok.czi
Error in rule fake:
Reason: Missing output files: r/ok/a.txt
RuleException:
CalledProcessError in file "/data/workflow/Snakefile", line 16:
Command 'set -euo pipefail;  echo hello > logs/sh/ok.1.log; exit 3' returned non-zero exit status 3.
[Sun Nov 22 13:32:47 2026]
Error in rule bad_shell:
    message: None
    jobid: 6
    input: r/ok.tif, in/ok.czi
    output: r/ok/s.txt
    log: logs/sh/ok.1.log, logs/sh/ok.2.log (check log file(s) for error details)
    shell:
        echo hello > logs/sh/ok.1.log; exit 3
        (command exited with non-zero exit code)
Execute 1 jobs...
[Sun Nov 22 13:32:48 2026]
Error in rule bad_script:
    message: None
    jobid: 1
    input: in/plate 7, B+1%.czi, Snakefile
    output: r/plate 7, B+1%/a.txt, r/plate 7, B+1%/b.txt
    log: logs/bad script/plate 7, B+1%.log (check log file(s) for error details)
Trying to restart job 1.
Select jobs to execute...
[Sun Nov 22 13:32:48 2026]
Error in rule bad_script:
    message: None
    jobid: 1
    input: in/plate 7, B+1%.czi, Snakefile
    output: r/plate 7, B+1%/a.txt, r/plate 7, B+1%/b.txt
    log: logs/bad script/plate 7, B+1%.log (check log file(s) for error details)
[Sun Nov 22 13:32:48 2026]
Error in rule flaky:
    message: SLURM-job '12' failed, SLURM status is: 'TIMEOUT'.
    jobid: 3
    input: in/Zähl ü.czi
    output: r/Zähl ü/a.txt
    log: logs/Zähl ü.log (check log file(s) for error details)
    external_jobid: 12
Trying to restart job 3.
[Sun Nov 22 13:32:49 2026]
Finished jobid: 3 (Rule: flaky)
MissingOutputException in rule missing_out in file "/data/workflow/Snakefile", line 21:
Job 8  completed successfully, but some output files are missing. Missing files after 1 seconds. \
This might be due to filesystem latency. If that is the case, consider to increase the wait time \
with --latency-wait:
r/group, missing.txt (missing locally, parent dir contents: ok, plate 7, B+1%)
[Sun Nov 22 13:32:50 2026]
Error in rule bad_run:
    message: None
    jobid: 7
    output: r/run.txt
Exiting because a job execution failed. Look above for error messages
"""


@pytest.mark.parametrize("on_disk", [True, False])
def test_failures_from_log(on_disk, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if on_disk:
        for name in ("in", "logs/bad script", "logs/sh"):
            (tmp_path / name).mkdir(parents=True)
        (tmp_path / "in/plate 7, B+1%.czi").touch()
        (tmp_path / "logs/bad script/plate 7, B+1%.log").write_bytes(
            b"\n".join(b"line %d \xff" % i for i in range(50_000)) + b"\n\n"
        )
        (tmp_path / "logs/sh/ok.1.log").touch()
        (tmp_path / "logs/sh/ok.2.log").write_text("second\n")
    shell, script, missing, run = failures_from_log(SNAKEMAKE_LOG, tail_lines=3)
    assert (shell.rule, shell.file) == ("bad_shell", "in/ok.czi")
    assert (script.rule, script.file) == ("bad_script", "in/plate 7, B+1%.czi")
    assert (missing.rule, missing.file) == ("missing_out", "r/group, missing.txt")
    assert "did not write this file" in missing.log_tail
    assert run == Failure("bad_run", "r/run.txt", "")
    if on_disk:
        assert shell.log_tail == "second"
        assert script.log_tail == "line 49997 �\nline 49998 �\nline 49999 �"
    else:
        assert shell.log_tail == script.log_tail == ""


@tries(deadline=None)
@given(st.text())
def test_any_log_is_read(text):
    assert failures_from_log(text) == []


SNAKEFILE = """\
rule all:
    input: "out/a, b.txt", "out/nothing.txt"
rule break_it:
    input: "{image}.czi"
    output: "out/{image}.txt"
    log: "logs/{image}.log"
    message: "Breaking {wildcards.image}"
    retries: 1
    shell: "echo first > {log:q}; echo broken pixel >> {log:q}; exit 3"
rule forget_it:
    output: "out/nothing.txt"
    message: "Forgetting"
    shell: "true"
onerror:
    import shutil
    shutil.copy(log[0] if isinstance(log, list) else log, "copy.log")
"""


def test_failures_from_the_log_of_the_installed_snakemake(tmp_path, monkeypatch):
    pytest.importorskip("snakemake")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    (tmp_path / "a, b.czi").touch()
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--keep-going"]
    command += ["--latency-wait", "0"]
    assert subprocess.run(command, capture_output=True).returncode
    failures = failures_from_log((tmp_path / "copy.log").read_text(encoding="utf-8"))
    assert {(f.rule, f.file) for f in failures} == {
        ("break_it", "a, b.czi"),
        ("forget_it", "out/nothing.txt"),
    }
    assert len(failures) == 2
    assert {f.log_tail for f in failures if f.rule == "break_it"} == {"first\nbroken pixel"}


GROUP_LOG = """\
[Sun Nov 22 23:29:00 2026]
    message: Error in group small_files
    log: .snakemake/slurm_logs/group_small_files/1.log (check log file(s) for error details)
    jobs:
        rule label_nuclei:
            jobid: 13
            output: results/labels/b/1of1
    [Sun Nov 22 23:29:00 2026]
    Error in rule label_nuclei:
        message: None
        jobid: 13
        input: results/frames/b/1of1
        output: results/labels/b/1of1
    [Sun Nov 22 23:29:00 2026]
    Error in rule label_nuclei:
        message: None
        jobid: 9
        input: results/frames/a/1of1
        output: results/labels/a/1of1
Trying to restart job ceac620b-b979-59e9-a9cf-79a726d11329.
[Sun Nov 22 23:30:00 2026]
Finished jobid: 13 (Rule: label_nuclei)
"""


def test_of_a_cluster_s_group_that_was_tried_again_only_what_did_not_end_well_has_failed():
    (failure,) = failures_from_log(GROUP_LOG)
    assert (failure.rule, failure.file) == ("label_nuclei", "results/frames/a/1of1")


MEMORY = """\
slurmstepd-vm: error: StepId=3.batch exceeded memory limit (111816704 > 52428800), being killed
slurmstepd-vm: error: *** JOB 3 ON vm CANCELLED AT 2026-11-24T20:14:11 ***
"""
CGROUP = "slurmstepd: error: Detected 1 oom_kill event in StepId=3.batch. Some of the step tasks\n"
TIME = "slurmstepd: error: *** JOB 3 ON node-7 CANCELLED AT 2026-11-24 DUE TO TIME LIMIT ***\n"
OF_ONE_JOB = """\
Error in rule measure_nuclei:
    message: SLURM-job '3' failed, SLURM status is: 'FAILED'. Detailed failure reason unavailable
    jobid: 5
    input: in/c.czi
    output: out/c.csv
    log: logs/c.log, slurm_logs/3.log (check log file(s) for error details)
    external_jobid: 3
"""


@pytest.mark.parametrize(
    ("slurm_says", "words"),
    [
        (MEMORY, "it took more memory than it asked for"),
        (CGROUP, "it took more memory than it asked for"),
        (TIME, "it took longer than it asked for"),
        (TIME.replace("TIME LIMIT", "NODE FAILURE"), "its node failed"),
        (TIME.replace(" DUE TO TIME LIMIT", ""), ""),
        ("immunostain: out of memory is what a program said itself", ""),
    ],
)
def test_why_slurm_ended_a_job_is_said(tmp_path, monkeypatch, slurm_says, words):
    monkeypatch.chdir(tmp_path)
    for name in ("logs", "slurm_logs", ".snakemake/slurm_logs/group_small_files"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "logs/c.log").write_text("begun\n")
    (tmp_path / "slurm_logs/3.log").write_text(f"Building DAG\n{slurm_says}")
    (tmp_path / ".snakemake/slurm_logs/group_small_files/1.log").write_text(slurm_says)
    group, one = failures_from_log(GROUP_LOG + OF_ONE_JOB)
    assert group.ended_by.partition(";")[0] == (f"SLURM ended job 1: {words}" if words else "")
    assert one.ended_by.partition(";")[0] == (f"SLURM ended job 3: {words}" if words else "")
    assert one.log_tail.splitlines() == ["begun", one.ended_by][: 2 if words else 1]


def test_a_job_after_a_group_s_failure_was_not_ended_with_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".snakemake/slurm_logs/group_small_files").mkdir(parents=True)
    (tmp_path / ".snakemake/slurm_logs/group_small_files/1.log").write_text(MEMORY)
    group, one = failures_from_log(GROUP_LOG + OF_ONE_JOB)
    assert group.ended_by and not one.ended_by
