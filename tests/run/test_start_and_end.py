"""What a run does first and last, but for what needs a running Snakemake."""

import logging
from types import SimpleNamespace

import pytest

from immunostain.inputs.image_files import Plan
from immunostain.mail.email_settings import EmailSettings
from immunostain.mail.text import Failure
from immunostain.run.inside_snakemake import PlannedJob
from immunostain.run.preparation import Run
from immunostain.run.progress import Job
from immunostain.run.start_and_end import end, ended_by_cluster, sized
from immunostain.samples.conditions import Design
from immunostain.samples.sample_sheet import SampleSheet


@pytest.fixture
def run(tmp_path):
    """Give a run on an image of 6 MB, cut in three, and a small one."""
    images = {"large": str(tmp_path / "large.czi"), "small": str(tmp_path / "small.czi")}
    with open(images["large"], "wb") as file:
        file.truncate(6_000_000)
    (tmp_path / "small.czi").write_bytes(b"x" * 1000)
    return Run(
        begun=0.0,
        input_folder=str(tmp_path),
        output_folder=str(tmp_path / "results"),
        method="unet",
        email=EmailSettings(),
        found=Plan(images, {}, {}),
        chunks={"large": ["1of3", "2of3", "3of3"], "small": ["1of1"]},
        samples=SampleSheet(),
        design=Design(),
    )


def test_the_display_knows_how_much_each_step_works_on(run):
    steps = [
        PlannedJob(0, "all", {}),
        PlannedJob(7, "find", {"image": "large", "chunk": "2of3"}),
        PlannedJob(2, "draw", {"image": "large"}),
        PlannedJob(3, "find", {"image": "small", "chunk": "1of1"}),
        PlannedJob(4, "gather", {}),
    ]
    assert sized(steps, run) == {
        7: Job("find", "large", 2.0),
        2: Job("draw", "large", 6.0),
        3: Job("find", "small", 0.001),
        4: Job("gather", None, 0.0),
    }


def test_files_whose_jobs_a_cluster_ended_are_told_by_reason_and_once():
    memory, time = "SLURM ended job 3: memory", "SLURM ended job 4: time"
    failures = [
        Failure("find", "b.czi", "", memory),
        Failure("draw", "c.czi"),
        Failure("find", "a.czi", "", time),
        Failure("measure", "b.czi", "", memory),
        Failure("find", "d\x1b.czi", "", memory),
    ]
    assert ended_by_cluster(failures) == [rf"b.czi, d\x1b.czi: {memory}", f"a.czi: {time}"]
    assert ended_by_cluster([]) == []


@pytest.mark.parametrize(
    ("rules", "stays"),
    [(["preview"], True), (["segment_preview", "preview"], True), (["preview", "all"], False)],
)
def test_a_preview_leaves_results_as_they_are(run, tmp_path, rules, stays):
    old = tmp_path / "results" / "measurements" / "large" / "1of2.csv"
    old.parent.mkdir(parents=True)
    old.write_text("of a part as files were cut before")
    jobs = [SimpleNamespace(rule=SimpleNamespace(name=name)) for name in rules]
    dag = SimpleNamespace(needrun_jobs=lambda exclude_finished: iter(jobs))
    end(run, SimpleNamespace(dag=dag), logging.getLogger("test"), finished=True)
    assert old.exists() == stays
