"""A run that is killed goes on with the same command and ends as if nothing had happened."""

import os
import signal
import subprocess

import openpyxl
import pytest
from czi_files import TWO, write_channels
from held_steps import gate
from project import COMPARED, Project, copy_example


@pytest.mark.parametrize(
    ("step", "written", "jobs"),
    [
        ("label_nuclei", "labels/*/1of1/frames.json", "end before the next run"),
        ("measure_nuclei", "measurements/*/1of1.json", "end beside the next run"),
        # As when the machine goes down.
        ("draw_nuclei", "analysis_data/nuclei_area_verification/*/*_color_t-0.png", "are killed"),
    ],
)
def test_killed_in_the_middle(finished, tmp_path, step, written, jobs):
    project = Project(tmp_path)
    (tmp_path / "images").mkdir()
    copy_example(project).configure()
    with gate(project.script(step)) as held, open(tmp_path / "printed.log", "w") as printed:
        process = subprocess.Popen(
            project.command(), cwd=tmp_path, stdout=printed, stderr=printed, start_new_session=True
        )
        held.wait_for_one()
        held.let_one_go()
        held.wait_for_one()
        held.wait_for_one()  # on two cores: so the first one has ended
        if jobs == "are killed":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        assert process.wait() == -signal.SIGKILL
        if jobs == "end before the next run":
            held.let_one_go()
            held.let_one_go()
            held.wait_for_their_end()
            assert len(list(project.results.glob(written))) == 3
    assert list(project.results.glob(written))
    assert not (project.results / "analysis_data" / "report.html").exists()
    project.finish()
    assert not (project.results / ".running").exists()
    assert project.planned() == {}
    assert not list(project.results.rglob(".partial-*"))
    assert not list(project.results.glob("frames/*"))
    for pattern in COMPARED:
        expected = {p.relative_to(finished.results) for p in finished.results.rglob(pattern)}
        expected = {p for p in expected if p.parts[0] not in ("benchmarks", "logs")}
        assert expected
        for path in expected:
            same = (project.results / path).read_bytes() == (finished.results / path).read_bytes()
            assert same, path
    for path in finished.results.rglob("*.xlsx"):
        mine = openpyxl.load_workbook(project.results / path.relative_to(finished.results))
        theirs = openpyxl.load_workbook(path)
        assert mine.sheetnames == theirs.sheetnames
        for name in mine.sheetnames:
            assert list(mine[name].values) == list(theirs[name].values)


def test_a_second_run_at_the_same_time_is_stopped(project):
    write_channels(project.folder / "images" / "a.czi", {"DAPI": TWO})
    project.configure()
    with gate(project.script("label_nuclei")) as held:
        first = subprocess.Popen(
            project.command(),
            cwd=project.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        held.wait_for_one()
        second = project.run()
    assert second.returncode != 0
    assert f"another run (process {first.pid})" in second.stderr
    assert "Traceback" not in second.stderr
    assert first.wait(600) == 0
    assert project.planned() == {}


def test_a_run_whose_results_are_taken_away_ends_with_a_sentence(project):
    write_channels(project.folder / "images" / "a.czi", {"DAPI": TWO})
    project.configure()
    pipe = {"stderr": subprocess.PIPE, "text": True}
    with gate(project.script("measure_nuclei")) as held:
        with subprocess.Popen(project.command(), cwd=project.folder, **pipe) as run:
            held.wait_for_one()
            project.results.rename(project.folder / "elsewhere")
            said = next(line for line in run.stderr if "The output folder " in line)
            held.open()
            rest = run.stderr.read()
    assert run.returncode == 1
    assert '"results" was removed or renamed while this run wrote to it' in said
    assert "Missing files after" not in rest and "Traceback" not in rest
