"""Training and judging a UNet through the real Snakefile."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
from pathlib import Path

import pytest
import safetensors.torch
import torch
from annotated import write_annotated
from czi_files import TWO, write_channels
from held_steps import gate
from project import Project

NAMES = [f"im {number}" for number in range(4)]
TRAINING = {
    "images": "annotated/pictures",
    "labels": "annotated/labels",
    "steps": 12,
    "crops": 1,
    "crop_size": 32,
    "validate_every": 2,
    "description": "Discs, CC0",
}
# One core: what is added up by several may differ in the last digit.
TRAIN = ("--cores", "1", "train_unet")


def prepare(project: Project, **training) -> Project:
    (project.folder / "images").mkdir(exist_ok=True)
    write_channels(project.folder / "images" / "a.czi", {"DAPI": TWO})
    write_annotated(project.folder / "annotated", NAMES)
    return project.configure(
        training={**TRAINING, **training},
        evaluation={"images": "annotated/pictures", "labels": "annotated/labels"},
        segmentation={"unet": {"device": "cpu", "model": "results/training/nuclei.safetensors"}},
    )


def run_on_a_terminal(project: Project, *options: str) -> str:
    """Run with errors shown on a terminal, and give what it showed."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    process = subprocess.Popen(
        project.command(*options),
        cwd=project.folder,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm"},
    )
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # how Linux tells that the other side has ended
        pass
    os.close(ours)
    assert process.wait() == 0, shown.decode(errors="replace")
    return shown.decode(errors="replace")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Give a project in which a network was trained; `shown` is what the terminal showed."""
    project = prepare(Project(tmp_path_factory.mktemp("trained")))
    project.shown = run_on_a_terminal(project, *TRAIN)
    return project


def made(project: Project) -> Path:
    return project.results / "training"


def weights(project: Project) -> dict[str, torch.Tensor]:
    return safetensors.torch.load_file(made(project) / "nuclei.safetensors")


def test_what_training_makes(trained):
    names = {path.name for path in made(trained).iterdir()}
    assert names == {"nuclei.safetensors", "nuclei.md", "curves.png", "history.csv"}
    card = (made(trained) / "nuclei.md").read_text(encoding="utf-8")
    assert "Discs, CC0" in card and "| images | 1 | 3 |" in card and "| steps | 12 |" in card
    history = (made(trained) / "history.csv").read_text().splitlines()
    assert history[0] == "step,loss,ap50,ap75"
    assert [line.split(",")[0] for line in history[1:]] == ["2", "4", "6", "8", "10", "12"]
    assert trained.planned("train_unet") == {}


def test_the_terminal_shows_that_it_trains_and_the_log_is_plain_text(trained):
    assert "  Training a UNet" in trained.shown and "1 of 1 step done in " in trained.shown
    log = (trained.results / "logs" / "train_unet.log").read_text(encoding="utf-8")
    assert "step 12: loss" in log and "3 images with" in log
    assert "\r" not in log and "\x1b" not in log


def test_killed_training_ends_as_if_it_had_not_been(trained, tmp_path):
    project = prepare(Project(tmp_path))
    library = project.program() / "immunostain"
    with gate(library / "training" / "loop.py", after="            save_checkpoint(") as held:
        process = subprocess.Popen(
            project.command(*TRAIN),
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        held.wait_for_one()
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert not (made(project) / "nuclei.safetensors").exists()
    project.finish(*TRAIN)
    assert "going on from step" in (project.results / "logs" / "train_unet.log").read_text()
    mine, theirs = weights(project), weights(trained)
    assert mine.keys() == theirs.keys()
    assert all(torch.equal(mine[key], theirs[key]) for key in mine)
    for name in ("history.csv", "nuclei.md", "curves.png"):
        assert (made(project) / name).read_bytes() == (made(trained) / name).read_bytes()
    assert {path.name for path in made(project).iterdir()} == {
        path.name for path in made(trained).iterdir()
    }


def test_what_trains_anew(trained, tmp_path):
    project = trained.copy(tmp_path / "copy")
    project.configure(training={**TRAINING, "description": "other words"})
    assert project.planned("train_unet") == {}
    project.configure(training={**TRAINING, "seed": 2})
    assert project.planned("train_unet") == {"train_unet": 1}
    (tmp_path / "held back.txt").write_text("im 2\n")
    project.configure(training={**TRAINING, "held_back": str(tmp_path / "held back.txt")})
    assert project.planned("train_unet") == {"train_unet": 1}
    write_annotated(project.folder / "annotated", ["im 0"], radius=5)
    project.configure(training=TRAINING)
    assert project.planned("train_unet") == {"train_unet": 1}


def test_evaluation_prints_a_table_whenever_it_is_asked(trained):
    for _ in range(2):
        printed = trained.finish("--cores", "1", "evaluate_unet")
        assert "results/training/nuclei.safetensors and the threshold method (Otsu)" in printed
        rows = [line.split() for line in printed.splitlines() if re.match(r"0\.\d\d ", line)]
        scores = {row[0]: row[1:] for row in rows}
        assert list(scores) == ["0.50", "0.60", "0.70", "0.75", "0.80", "0.90"]
        assert float(scores["0.50"][1]) == 1  # the threshold method finds discs
        assert "im 3: 16 annotated" in printed
    log = (trained.results / "logs" / "evaluate_unet.log").read_text(encoding="utf-8")
    assert "im 3: 16 annotated" in log and "0.75   " in log


@pytest.mark.parametrize(
    ("target", "settings", "words"),
    [
        ("train_unet", {"training": {"images": None}}, ["config: training.images is empty"]),
        ("train_unet", {"training": {"labels": "no"}}, ["training.labels", '"no"', "No such file"]),
        ("evaluate_unet", {"evaluation": {"only": "no.txt"}}, ["evaluation.only", '"no.txt"']),
        (
            "evaluate_unet",
            {"segmentation": {"unet": {"model": "no.safetensors"}}},
            ["segmentation.unet.model", '"no.safetensors"', "No such file"],
        ),
        (
            "evaluate_unet",
            {"segmentation": {"unet": {"nucleus_diameter": "12 um"}}},
            ["segmentation.unet.nucleus_diameter", "micrometres", "pixels or auto"],
        ),
    ],
)
def test_missing_folders_are_told_in_a_sentence(project, target, settings, words):
    write_channels(project.folder / "images" / "a.czi", {"DAPI": TWO})
    paths = write_annotated(project.folder / "annotated", NAMES)
    given = dict(zip(("images", "labels"), paths, strict=True))
    both = {"training": given, "evaluation": given}
    merged = {key: {**both.get(key, {}), **value} for key, value in settings.items()}
    done = project.configure(**{**both, **merged}).run("--dry-run", target)
    assert done.returncode != 0
    (sentence,) = (line for line in done.stderr.splitlines() if line.startswith("immunostain: "))
    assert all(word in sentence for word in words), sentence
    assert "Traceback" not in done.stdout + done.stderr


def test_damaged_pictures_are_refused_by_name(project):
    prepare(project)
    picture = project.folder / "annotated" / "pictures" / "im 2.tif"
    picture.write_bytes(picture.read_bytes()[:100])
    done = project.run(*TRAIN)
    assert done.returncode != 0 and "Traceback" not in done.stdout + done.stderr
    (sentence,) = (line for line in done.stderr.splitlines() if line.startswith("immunostain: "))
    assert "im 2.tif" in sentence and "train_unet.log" in sentence
    assert not made(project).exists() or not list(made(project).iterdir())


def test_analysis_needs_no_annotated_pictures(project):
    write_channels(project.folder / "images" / "a.czi", {"DAPI": TWO})
    project.configure(training={"images": "nowhere"}, evaluation={"labels": "nowhere"})
    planned = project.planned()
    assert "label_nuclei" in planned
    assert "train_unet" not in planned and "evaluate_unet" not in planned
