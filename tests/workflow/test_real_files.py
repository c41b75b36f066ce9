"""Real .czi files of many kinds, with stray and damaged ones among them."""

import csv
import shutil

import described
import imageio.v3
import numpy as np
import pandas as pd
import pytest
from czi_files import INVENTORY, REAL, needs_real_files
from project import Project

pytestmark = needs_real_files
KNOWN = {row["file"].removesuffix(".czi"): row for row in INVENTORY}


@pytest.fixture(scope="module")
def real(tmp_path_factory) -> Project:
    """Analyse all real files."""
    project = Project(tmp_path_factory.mktemp("real"))
    images = project.folder / "images"
    images.mkdir()
    for path in REAL.glob("*.czi"):
        shutil.copyfile(path, images / path.name)
    (images / "notes.txt").write_text("notes")
    (images / "empty.czi").write_bytes(b"")
    content = (REAL / "czitools__nuc_small.czi").read_bytes()
    (images / "truncated.czi").write_bytes(content[: len(content) * 2 // 3])
    project.configure(nuclear_channel=0)
    project.printed = project.finish()
    return project


def inventory(project: Project) -> dict[str, dict[str, str]]:
    with open(project.results / "inventory.tsv", newline="", encoding="utf-8") as file:
        return {row["image"]: row for row in csv.DictReader(file, delimiter="\t")}


def test_all_are_read_and_the_broken_ones_named(real):
    table = inventory(real)
    assert {image for image, row in table.items() if row["status"] == "ok"} == set(KNOWN)
    assert {image for image, row in table.items() if row["status"] != "ok"} == {
        "empty",
        "truncated",
    }
    end = real.printed[real.printed.index("(100%) done") :]
    assert "empty" in end and "truncated" in end and "Traceback" not in real.printed


@pytest.mark.parametrize("image", sorted(KNOWN))
def test_inventory_agrees_with_other_readers(real, image):
    row, known = inventory(real)[image], KNOWN[image]
    assert int(row["scenes"]) == max(1, known["scenes"])
    box = known["bbox"].strip("{}").replace("'", "")
    sizes = {key.strip(): int(value) for key, value in (p.split(":") for p in box.split(","))}
    assert int(row["frames"]) == sizes["T"] and int(row["z_planes"]) == sizes["Z"]
    assert row["pixel_type"] == known["pixtype"]
    if known["px_um"]:
        assert float(row["pixel_size_um"]) == pytest.approx(known["px_um"], abs=1e-4)
    else:
        assert row["pixel_size_um"] == ""
    samples = 3 if known["pixtype"].startswith("bgr") else 1
    assert len(row["channels"].split(", ")) == sizes["C"] * samples
    if samples == 1:
        for name, other in zip(row["channels"].split(", "), known["channels"], strict=False):
            assert name == other or not other


def test_every_picture_and_table_is_there(real):
    table = inventory(real)
    data = real.results / "analysis_data"
    population = pd.read_csv(data / "general_stats" / "population_stat.csv")
    for image in KNOWN:
        frames = population[population["Image name"] == image]
        per_frame = len(table[image]["channels"].split(", ")) + 1
        pictures = list((data / "nuclei_area_verification" / image).glob("*.png"))
        assert len(pictures) == len(frames) * per_frame
        widths = {int(width) for width in table[image]["width_px"].split(", ")}
        assert {imageio.v3.improps(path).shape[1] for path in pictures} == widths
        for suffix in ("csv", "xlsx", "png"):
            assert (data / "nuclei_count" / f"{image}_time_point_stat.{suffix}").stat().st_size
    timelapses = {image for image in KNOWN if int(table[image]["frames"]) > 1}
    for image in timelapses:
        assert (data / "movement_tracking" / f"{image}_tracks.csv").exists()
    assert len(list((data / "movement_tracking").glob("*_tracks.csv"))) == len(timelapses)


def test_compression_changes_nothing(real):
    nuclei = pd.read_csv(real.results / "analysis_data" / "general_stats" / "nuclei.csv")
    plain = nuclei[nuclei["image"] == "czitools__CellDivision_T3_Z5_CH2_X240_Y170"]
    packed = nuclei[nuclei["image"] == "czitools__CellDivision_T3_Z5_CH2_X240_Y170_comp2"]
    assert len(plain) > 10
    np.testing.assert_array_equal(plain["LED555_sum"], packed["channel_0_sum"])
    np.testing.assert_array_equal(plain["LED470_sum"], packed["channel_1_sum"])


def test_every_file_is_described(real):
    assert not described.undescribed(real.results)


def test_a_second_run_has_nothing_to_do(real):
    assert "Nothing to be done" in real.finish()
