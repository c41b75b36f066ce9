"""Nuclei found by the neural network: what comes out, what runs again, and what can't be used."""

import csv
import shutil
from pathlib import Path

import described
import imageio.v3
import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from czi_files import EXAMPLE, REAL, ROOT, TWO, needs_real_files, write_channels
from example_truth import STILLS, matched, nuclei_of
from planned_jobs import LAST, labelling
from project import Project, copy_example
from scipy import ndimage

from immunostain.network.model_files import sha256
from immunostain.network.unet import load_network, save_network

MODEL = ROOT / "resources" / "models" / "nuclei.safetensors"
DIVIDING = "czitools__CellDivision_T3_Z5_CH2_X240_Y170"
PLANT, NUCLEI = "aicspylibczi__mosaic_test", "czitools__nuc_small"
LABELLING = labelling(4)
PREDICTING = {"split_frames": 4, "predict_nuclei": 4} | LABELLING


def with_unet(project: Project, **settings) -> Project:
    """Configure a project whose nuclei the network finds, with settings of `segmentation`."""
    return project.configure(segmentation={"method": "unet"} | settings)


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> Project:
    """Give a project in which the network has found the nuclei of the example data."""
    project = Project(tmp_path_factory.mktemp("unet"))
    (project.folder / "images").mkdir()
    with_unet(copy_example(project)).finish()
    return project


@pytest.fixture
def rerun(seen, tmp_path) -> Project:
    return seen.copy(tmp_path / "project")


@pytest.mark.parametrize("image", STILLS)
def test_stills_agree_with_the_truth(seen, image):
    """Compare nuclei that stand alone one by one, those that touch by their sum."""
    truth = pd.read_csv(EXAMPLE / "truth" / f"{image}_nuclei.csv")
    truth = truth[~truth["touches_border"]]
    drawn = imageio.v3.imread(EXAMPLE / "truth" / f"{image}_labels.png")
    clumps = ndimage.label(drawn > 0, np.ones((3, 3)))[0]
    areas = []
    for table in (truth, nuclei_of(seen, image)):
        place = table[["y_px", "x_px"]].round().astype(int).to_numpy().T
        areas.append(table["area_px"].groupby(clumps[tuple(place)]).agg(["size", "sum"]))
    expected, found = areas
    assert found["size"].to_dict() == expected["size"].to_dict()
    # The network was taught outlines that people draw; they lie a little outside.
    np.testing.assert_allclose(found["sum"], expected["sum"], rtol=0.1)
    assert found["sum"].sum() == pytest.approx(expected["sum"].sum(), rel=0.05)


def test_every_frame_of_a_timelapse_agrees_with_the_truth(seen):
    truth = pd.read_csv(EXAMPLE / "truth" / "timelapse_1_nuclei.csv")
    found = nuclei_of(seen, "timelapse_1")
    for frame, rows in truth.groupby("frame"):
        now = found[found["frame"] == frame]
        assert len(now) == len(rows)
        # A nucleus is 13 pixels in radius: an outline 0.6 pixels further out adds a tenth.
        now = matched(rows, now)
        assert now["area_px"].sum() == pytest.approx(rows["area_px"].sum(), rel=0.1)


def test_the_record_names_the_model_by_its_content(seen):
    record = yaml.safe_load((seen.results / "provenance.yaml").read_text())
    shipped = "resources/models/nuclei.safetensors"
    assert record["segmentation_model"] == {"path": shipped, "sha256": sha256(str(MODEL))}
    assert record["packages"]["openvino"]


def test_the_log_tells_what_was_used(seen):
    log = (seen.results / "logs" / "predict_nuclei" / "still_1" / "1of1.log").read_text()
    assert "nuclei.safetensors" in log and "diameter of nuclei" in log
    log = (seen.results / "logs" / "label_nuclei" / "timelapse_1" / "1of1.log").read_text()
    assert "probability 0.5" in log and "frame 19: 12 nuclei" in log


def inventory_of(project: Project) -> dict[str, dict[str, str]]:
    with open(project.results / "inventory.tsv", newline="", encoding="utf-8") as file:
        return {row["image"]: row for row in csv.DictReader(file, delimiter="\t")}


def test_of_nuclei_nothing_is_doubtful(seen):
    for row in inventory_of(seen).values():
        assert float(row["like_nuclei_percent"]) > 70
        assert float(row["nucleus_diameter_px"]) > 0 and row["coarse_diameter_px"] == ""
        assert "nucleus to the network" not in row["notes"] and "uncertain" not in row["notes"]


@needs_real_files
def test_where_the_network_is_out_of_its_depth_it_is_said(tmp_path):
    """Analyse a dividing cell that fills its picture, plant tissue, and nuclei."""
    project = Project(tmp_path)
    (tmp_path / "images").mkdir()
    for name in (DIVIDING, PLANT, NUCLEI):
        shutil.copyfile(REAL / f"{name}.czi", tmp_path / "images" / f"{name}.czi")
    printed = project.configure(nuclear_channel=0, segmentation={"method": "unet"}).finish()
    rows = inventory_of(project)
    size = "the size of nuclei is uncertain"
    assert size in rows[DIVIDING]["notes"] and f"Doubtful: {DIVIDING}: {size}" in printed
    unlike = "hardly any object looks like a nucleus to the network"
    report = (project.results / "analysis_data" / "report.html").read_text(encoding="utf-8")
    assert unlike in rows[PLANT]["notes"] and unlike in report
    assert f"Doubtful: {PLANT}: {unlike}" in printed
    assert unlike not in rows[NUCLEI]["notes"] and size not in rows[NUCLEI]["notes"]
    assert f"Doubtful: {NUCLEI}" not in printed


def test_every_file_is_described(seen):
    assert not described.undescribed(seen.results)


def test_a_second_run_has_nothing_to_do(seen):
    assert "Nothing to be done" in seen.finish()


@pytest.mark.parametrize(
    "settings",
    [
        {"unet": {"probability": 0.7}},
        {"minimum_area": 300},
        {"separate_touching": False},
        {"exclude_border": False},
        {"repair_over_time": False},
    ],
)
def test_what_does_not_ask_the_network_again(rerun, settings):
    assert with_unet(rerun, **settings).planned() == LABELLING


def test_one_new_image_asks_the_network_about_no_other(rerun):
    shutil.copy(EXAMPLE / "still_1.czi", rerun.folder / "images" / "one more.czi")
    assert rerun.planned()["predict_nuclei"] == 1


def test_the_size_of_nuclei_asks_the_network_again(rerun):
    assert with_unet(rerun, unet={"nucleus_diameter": 30}).planned() == PREDICTING


@pytest.mark.parametrize("settings", [{"unet": {"device": "cpu"}}, {"threshold": {"level": 60}}])
def test_what_changes_no_nucleus(rerun, settings):
    assert with_unet(rerun, **settings).planned() == LAST  # which tell the settings


def test_the_content_of_the_model_counts_not_its_place_or_time(rerun):
    mine = rerun.folder / "my models" / "mine.safetensors"
    mine.parent.mkdir()
    shutil.copyfile(MODEL, mine)  # the same, with another time
    with_unet(rerun, unet={"model": "my models/mine.safetensors"})
    assert rerun.planned() == LAST
    save_network(mine, load_network(MODEL), {"note": "the same weights"})
    assert rerun.planned() == PREDICTING


def test_touching_the_shipped_model_plans_nothing(rerun):
    beside = rerun.folder / "resources" / "models" / "nuclei.safetensors"
    beside.parent.mkdir(parents=True)
    shutil.copyfile(MODEL, beside)  # found before the one that comes with the workflow
    assert rerun.planned() == {}


def test_from_the_network_to_a_threshold_and_back(rerun):
    assert rerun.configure().planned() == labelling(4)
    assert with_unet(rerun).planned() == {}


def test_a_script_whose_output_is_temporary(rerun):
    script = rerun.script("split_frames")
    script.write_text(script.read_text() + "\nSOMETHING = 1\n")
    assert rerun.planned() == PREDICTING


def inventory(project: Project) -> dict[str, dict[str, str]]:
    with open(project.results / "inventory.tsv", newline="", encoding="utf-8") as file:
        return {row["image"]: row for row in csv.DictReader(file, delimiter="\t")}


def test_images_for_whose_magnification_there_is_no_model_are_left_out_and_named(project):
    images = project.folder / "images"
    for name in ("still_1", "timelapse_1"):  # 63x and 20x
        shutil.copy(EXAMPLE / f"{name}.czi", images)
    write_channels(images / "no objective.czi", {"DAPI": TWO})
    (images / "empty.czi").write_bytes(b"")
    printed = with_unet(project, unet={"model": {63: str(MODEL)}}).finish()
    table = inventory(project)
    assert table["still_1"]["status"] == "ok" and table["still_1"]["nuclei"] == "8"
    for image, words in {
        "timelapse_1": "no model for a magnification of 20",
        "no objective": "does not say",
        "empty": "empty",
    }.items():
        assert table[image]["status"] == "skipped" and words in table[image]["reason"]
        assert table[image]["reason"] in printed
    assert "Traceback" not in printed
    assert project.planned() == {}


def sentence(done) -> str:
    """Give the one sentence with which a run ends before any job."""
    assert done.returncode != 0
    (told,) = (line for line in done.stderr.splitlines() if line.startswith("immunostain: "))
    assert "Traceback" not in done.stdout + done.stderr
    return told


def damaged_model(folder: Path) -> str:
    path = folder / "damaged.safetensors"
    path.write_bytes(MODEL.read_bytes()[:-1000])
    return path.name


def missing_model(folder: Path) -> str:
    return "missing.safetensors"


@pytest.mark.parametrize("make", [damaged_model, missing_model])
@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_a_model_that_cannot_be_used_stops_before_any_job(project, make, options):
    write_channels(project.folder / "images" / "a.czi", {"DAPI": TWO})
    model = make(project.folder)
    for asked in (model, {10: str(MODEL), 63: model}):
        told = sentence(with_unet(project, unet={"model": asked}).run(*options))
        assert "segmentation.unet.model" in told and model in told
        assert not (project.results / "frames").exists()


def test_a_model_of_another_kind_is_told_by_the_job(project):
    write_channels(project.folder / "images" / "a.czi", {"DAPI": TWO})
    torch.save({"weight": torch.zeros(3)}, project.folder / "other.pth")
    done = with_unet(project, unet={"model": "other.pth"}).run()
    assert done.returncode != 0
    assert "other.pth" in done.stderr and "another kind of network" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a graphics card")
def test_a_card_that_is_not_there_is_told_in_a_sentence(project):
    write_channels(project.folder / "images" / "a.czi", {"DAPI": TWO})
    done = with_unet(project, unet={"device": "cuda"}).run()
    assert done.returncode != 0
    assert "segmentation.unet.device is cuda, but no graphics card" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
