"""The workflow on a real SLURM on this computer, through the profile, with all that can go wrong.

The cluster is started by root where SLURM is installed. With CI=true or IMMUNOSTAIN_INSTALL_SLURM=1
it is installed with apt-get first.
"""

import os
import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
import slurm_cluster
from czi_files import ROOT, TWO, discs, write_channels
from held_steps import gate
from mail_server import Inbox, serving
from project import COMPARED, Project

PROFILE = ROOT / "workflow" / "profiles" / "slurm"
QUICK = ["--slurm-init-seconds-before-status-checks", "1", "--latency-wait", "5"]
PIPES = {"capture_output": True, "text": True, "timeout": 900}
# Less than Snakemake itself takes, at the first try.
TOO_LITTLE = "split_frames:mem_mb=50 if attempt == 1 else 1000"
AS_LARGE = "predict_nuclei:gpu=1"  # as it is by itself for large files
STEPS = ["split_frames", "predict_nuclei", "measure_nuclei", "tabulate_nuclei", "tabulate_signal"]
STEPS += ["collect_movement"]  # the first of those that share the last submission: its name is cut


class Cluster:
    """A running SLURM: what its own records say, and its commands."""

    def __init__(self, environ: dict[str, str]):
        self.environ = os.environ | environ

    def command(self, *words: str) -> str:
        done = subprocess.run(words, env=self.environ, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def jobs(self, folder: Path) -> list[dict[str, str]]:
        """Give what scontrol tells of every job that was ever submitted from a folder."""
        told = self.command("scontrol", "show", "jobs", "--oneliner").splitlines()
        jobs = [dict(re.findall(r"(\w+)=(\S*)", line)) for line in told]
        return [job for job in jobs if job.get("WorkDir") == str(folder)]

    def job(self, folder: Path, step: str, state: str) -> str | None:
        """Give the number of a step's job that is in a state."""
        for job in self.jobs(folder):
            if step_of(job) == step and job["JobState"] == state:
                return job["JobId"]
        return None

    def active(self) -> list[str]:
        """Give the numbers of the jobs that wait, run or end."""
        return self.command("squeue", "--noheader", "--format=%A").split()


def wait_until(condition: Callable[[], object], process: subprocess.Popen | None = None) -> None:
    """Wait for what SLURM tells only those who ask it; a process that is given must not end."""
    deadline = time.monotonic() + 600
    while not condition():
        assert time.monotonic() < deadline
        assert process is None or process.poll() is None
        time.sleep(0.1)


def command_on_cluster(project: Project, *options: str) -> list[str]:
    profile = ["--workflow-profile", str(PROFILE)]
    return slurm_cluster.snakemake(project.arguments(*profile, *QUICK, *options))


def run_on_cluster(results: Path) -> str:
    """Tell what SLURM calls the jobs of the run that writes to a folder."""
    return (results / ".running").read_text().splitlines()[1]


def step_of(job: dict[str, str]) -> str:
    """Tell by a job's comment to which submission of an undisturbed run it belongs."""
    (step,) = (step for step in STEPS if step in job["Comment"])
    return step


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    if slurm_cluster.missing() and (
        os.environ.get("CI") == "true" or os.environ.get("IMMUNOSTAIN_INSTALL_SLURM") == "1"
    ):
        slurm_cluster.install()
    if reason := slurm_cluster.missing():
        pytest.skip(reason)
    with slurm_cluster.running() as environ:
        yield Cluster(environ)


@pytest.fixture(scope="module")
def inbox() -> Iterator[Inbox]:
    inbox = Inbox()
    with serving(inbox) as inbox.port:
        yield inbox


def write_images(folder: Path) -> None:
    """Write a still, a timelapse and a file that can't be read."""
    folder.mkdir()
    write_channels(folder / "still.czi", {"DAPI": TWO, "GFP": discs((30, 40), bright=900)})
    write_channels(folder / "timelapse.czi", {"DAPI": TWO}, frames=3)
    (folder / "empty.czi").write_bytes(b"")


@pytest.fixture(scope="module")
def on_cluster(cluster, inbox, tmp_path_factory) -> Project:
    """Give a project that went through everything that can go wrong; how is in `.story`."""
    project = Project(tmp_path_factory.mktemp("slurm"))
    folder = project.folder
    write_images(folder / "images")
    email = {"to": "ann@example.org", "security": "none", "port": inbox.port}
    project.configure(segmentation={"method": "unet"}, email=email)
    network, measuring = project.script("predict_nuclei"), project.script("measure_nuclei")
    command = command_on_cluster(project, "--set-resources", TOO_LITTLE, AS_LARGE)
    node = cluster.command("sinfo", "--noheader", "--format=%N").strip()
    story = project.story = []
    began = time.monotonic()

    def tell(what: str) -> None:
        story.append(what)
        print(f"{time.monotonic() - began:6.1f} s  {what}", flush=True)

    def start(name: str) -> subprocess.Popen:
        with open(folder / f"{name}.log", "w") as printed:
            return subprocess.Popen(
                command, cwd=folder, env=cluster.environ, stdout=printed, stderr=printed
            )

    with gate(network) as to_predict, gate(measuring) as to_measure:
        first = start("first")
        try:
            to_predict.wait_for_one()
            cluster.command(
                "scontrol", "update", f"nodename={node}", "state=drain", "reason=maintenance"
            )
            tell("drained the node while the network's job ran")
        finally:
            first.kill()
            first.wait()
        tell("killed Snakemake")
        to_predict.open()
        wait_until(lambda: cluster.job(folder, "predict_nuclei", "COMPLETED"))
        assert len(list(project.results.glob("frames/*/1of1"))) == 3
        second = start("second")
        try:
            wait_until(lambda: cluster.job(folder, "measure_nuclei", "PENDING"), second)
            cluster.command("scontrol", "update", f"nodename={node}", "state=resume")
            tell("gave the node back while the next job waited")
            to_measure.wait_for_one()
            cancelled = cluster.job(folder, "measure_nuclei", "RUNNING")
            cluster.command("scancel", cancelled)
            tell(f"cancelled job {cancelled}")
            wait_until(
                lambda: cluster.job(folder, "measure_nuclei", "RUNNING") not in (None, cancelled),
                second,
            )
            left_over = cluster.job(folder, "measure_nuclei", "RUNNING")
        finally:
            second.kill()
            second.wait()
        tell(f"killed Snakemake while job {left_over} ran")
        assert inbox.messages == []
        resumed = start("resumed")
        wait_until(lambda: left_over not in cluster.active(), resumed)
    resumed.wait(600)
    assert resumed.returncode == 0, (folder / "resumed.log").read_text()
    tell("the same command ended well")
    project.left_over = left_over
    return project


@pytest.fixture(scope="module")
def here(tmp_path_factory) -> Project:
    """Give the same images analysed without a cluster."""
    project = Project(tmp_path_factory.mktemp("here"))
    write_images(project.folder / "images")
    project.configure(segmentation={"method": "unet"}).finish()
    return project


def test_each_step_of_small_files_is_one_submission_and_only_disturbed_ones_come_again(
    on_cluster, cluster
):
    tries = Counter(step_of(job) for job in cluster.jobs(on_cluster.folder))
    # Too little memory; cancelled, then left over from the run that was killed.
    assert tries == dict.fromkeys(STEPS, 1) | {"split_frames": 2, "measure_nuclei": 3}


def test_a_job_over_its_memory_is_killed_and_comes_back_with_more(on_cluster, cluster):
    first, second = (
        job for job in cluster.jobs(on_cluster.folder) if step_of(job) == "split_frames"
    )
    # A group's submission asks for two jobs at a time.
    assert "mem=100M" in first["TRES"] and first["JobState"] == "FAILED"
    assert "exceeded memory limit" in Path(first["StdOut"]).read_text()
    assert "mem=2000M" in second["TRES"] and second["JobState"] == "COMPLETED"


def test_only_the_network_asks_for_the_card(on_cluster, cluster):
    asked = {
        step_of(job): job.get("TresPerJob") == "gres:gpu:1"
        for job in cluster.jobs(on_cluster.folder)
    }
    assert asked == {step: step == "predict_nuclei" for step in STEPS}


def test_jobs_of_a_killed_run_are_ended_before_the_next_one_does_their_work(on_cluster, cluster):
    (job,) = (j for j in cluster.jobs(on_cluster.folder) if j["JobId"] == on_cluster.left_over)
    assert job["JobState"] in ("CANCELLED", "FAILED")
    assert on_cluster.left_over in re.search(
        "left over from a run that was killed: SLURM's jobs (.*)",
        (on_cluster.folder / "resumed.log").read_text(),
    )[1].split(", ")


def test_frames_of_a_killed_run_do_not_stay(on_cluster):
    """Their step had ended on the cluster, so the next run did not ask for them."""
    assert on_cluster.results.exists() and not list(on_cluster.results.glob("frames/*"))


def test_everything_is_as_without_a_cluster(on_cluster, here):
    assert on_cluster.planned() == {}
    compared = 0
    for pattern in COMPARED:
        for path in here.results.rglob(pattern):
            if path.relative_to(here.results).parts[0] not in ("benchmarks", "logs"):
                mine = on_cluster.results / path.relative_to(here.results)
                assert mine.read_bytes() == path.read_bytes(), path
                compared += 1
    assert compared > 20
    for path in here.results.rglob("*.xlsx"):  # holds the time at which it was written
        mine = openpyxl.load_workbook(on_cluster.results / path.relative_to(here.results))
        theirs = openpyxl.load_workbook(path)
        assert mine.sheetnames == theirs.sheetnames
        for name in mine.sheetnames:
            assert list(mine[name].values) == list(theirs[name].values)


def test_one_mail_for_a_run_that_ends_well_and_one_for_a_run_that_fails(on_cluster, cluster, inbox):
    (message,) = inbox.messages
    assert message["Subject"].endswith("finished: images")
    once = ["--retries", "0", "--config", "unreadable_images=fail"]
    command = command_on_cluster(on_cluster, *once)
    failed = subprocess.run(command, cwd=on_cluster.folder, env=cluster.environ, **PIPES)
    assert failed.returncode != 0
    _, message = inbox.messages
    assert message["Subject"].endswith("failed: images")
    assert "not all images can be analysed" in message.get_content()


def test_of_two_runs_only_jobs_of_the_killed_one_are_ended_and_why_a_job_ended_is_said(
    cluster, inbox, tmp_path
):
    """Two runs from one folder, each with its own results; one is killed and started again."""
    project = Project(tmp_path)
    (tmp_path / "images").mkdir()
    write_channels(tmp_path / "images" / "a.czi", {"DAPI": TWO})
    project.configure(email={"to": "ann@example.org", "security": "none", "port": inbox.port})
    with gate(project.script("label_nuclei")) as held:
        options = ["--until", "label_nuclei", "--retries", "0"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        killed, alive = (
            subprocess.Popen(
                command_on_cluster(project, *options, "--config", f"output_folder={results}"),
                cwd=tmp_path,
                env=cluster.environ,
                **quiet,
            )
            for results in ("killed", "alive")
        )
        held.wait_for_one()
        held.wait_for_one()
        killed.kill()
        killed.wait()
        of_killed, of_alive = (
            next(job["JobId"] for job in cluster.jobs(tmp_path) if job["JobName"] == name)
            for name in (run_on_cluster(tmp_path / results) for results in ("killed", "alive"))
        )
        too_little = ["--set-resources", "label_nuclei:mem_mb=50"]
        command = command_on_cluster(
            project, *options, *too_little, "--config", "output_folder=killed"
        )
        again = subprocess.run(command, cwd=tmp_path, env=cluster.environ, **PIPES)
        states = {job["JobId"]: job["JobState"] for job in cluster.jobs(tmp_path)}
        alive.kill()
        alive.wait()
    assert states.pop(of_killed) == "CANCELLED" and states.pop(of_alive) == "RUNNING"
    assert f"SLURM's jobs {of_killed}\n" in again.stderr
    ((over_its_memory, state),) = states.items()
    assert again.returncode == 1 and state == "FAILED"
    sentence = f"SLURM ended job {over_its_memory}: it took more memory than it asked for; "
    assert f"images/a.czi: {sentence}" in again.stderr
    assert sentence in inbox.messages[-1].get_content()
