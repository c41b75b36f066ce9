"""`snakemake preview`: the page in a browser shows what a run with the same settings writes."""

import csv
import json
import logging
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from browser import opened
from czi_files import EXAMPLE, REAL, ROOT, write_czi
from drawn_nuclei import drawn
from networks import shipped_network
from polygons import objects_of_labels, objects_of_paths
from project import Project

from immunostain.images.facts import read_facts, write_facts
from immunostain.images.frames import read_picture
from immunostain.images.splitting import split_frames
from immunostain.inputs import settings
from immunostain.network.predict import predict_chunk
from immunostain.nuclei.by_network import segment_by_unet
from immunostain.nuclei.by_threshold import segment_by_threshold
from immunostain.report.embedding import unpacked

LOG = logging.getLogger("test")
IMAGES = [EXAMPLE / "still_1.czi", REAL / "czitools__nuc_small.czi"]  # 63x and 20x
WIDE = {"width": 1400, "height": 900}


@pytest.fixture(scope="module")
def previewed(tmp_path_factory) -> Project:
    """Give a project of which a preview was made, with a real file where there is one."""
    project = Project(tmp_path_factory.mktemp("previewed"))
    images = project.folder / "images"
    images.mkdir()
    for path in filter(Path.exists, IMAGES):
        shutil.copyfile(path, images / path.name)
    timelapse = {(0, t, 0, 0): drawn(20 + t, 7) for t in range(3)}
    shape = np.min([frame.shape for frame in timelapse.values()], axis=0)
    timelapse = {at: frame[: shape[0], : shape[1]] for at, frame in timelapse.items()}
    write_czi(images / "timelapse.czi", timelapse, ["DAPI"], 0.8)
    (images / "empty.czi").write_bytes(b"")
    (images / "curly {name}.czi").write_bytes(b"")
    (images / "notes.txt").write_text("notes")
    nobody = {"to": "a@example.org", "from": "b@example.org", "host": "localhost", "port": 1}
    project.configure(nuclear_channel=0, email=nobody)
    of_other_parts(project).parent.mkdir(parents=True)
    of_other_parts(project).write_text("as files were cut before")
    project.finish("preview")
    return project


def of_other_parts(project: Project) -> Path:
    return project.results / "measurements" / "still_1" / "1of2.csv"


@pytest.fixture(scope="module")
def page(chromium, previewed):
    with opened(chromium, previewed.results / "preview.html", viewport=WIDE) as page:
        page.locator("body[data-ready]").wait_for()
        yield page


@pytest.fixture(scope="module")
def data(previewed) -> dict[str, Any]:
    """Give what the page holds."""
    html = (previewed.results / "preview.html").read_text(encoding="utf-8")
    (packed,) = re.findall(r'<script type="text/plain" id="preview-data">([^<]+)</script>', html)
    return json.loads(unpacked(packed))


@pytest.fixture(scope="module")
def frames(previewed, tmp_path_factory) -> dict[str, Path]:
    """Give the frames of each image, as a run splits them."""
    folders = {}
    for path in (previewed.folder / "images").glob("*.czi"):
        if path.stat().st_size:
            folders[path.stem] = tmp_path_factory.mktemp("frames")
            facts = split_frames(str(path), folders[path.stem], "1of1", 0, "max", LOG)
            write_facts(folders[path.stem] / "frames.json", facts)
    return folders


def slide(page, control, text):
    """Move a slider until it says so, or press the button that does."""
    buttons = page.locator(f"{control} .chip")
    if text in buttons.all_inner_texts():
        buttons.filter(has_text=re.compile(f"^{re.escape(text)}$")).click()
        return
    if control in ("#control-level", "#control-area"):
        buttons.first.click()  # a number, not an automatic one
    seen = page.locator(f"{control} input[type=range]").evaluate(
        """(range, text) => {
            const output = range.parentElement.querySelector("output");
            for (let place = 0; place <= +range.max; place++) {
                range.value = place;
                range.dispatchEvent(new Event("input"));
                if (output.textContent.trim() === text) break;
            }
            return output.textContent.trim();
        }""",
        text,
    )
    assert seen == text


def views(page, data):
    """Show each view in turn, and give it with the paths and the count that are shown."""
    rows = page.locator("#views-rows button").all()
    for row, view in zip(rows, data["views"], strict=True):
        row.click()
        count = page.locator("#viewer").get_attribute("data-count")
        yield view, page.evaluate("preview.shown().kept"), int(count)


@pytest.fixture
def compare(page, data):
    """Give what holds each view against the label images of a run, and tells what is shown."""

    def compare(segmented):
        seen = []
        for view, paths, count in views(page, data):
            assert view["whole"]
            labels = read_picture(segmented[view["image"]], view["scene"], view["frame"])
            assert objects_of_paths(paths, labels.shape) == objects_of_labels(labels)
            assert count == labels.max()
            seen += paths
        assert len(data["views"]) == len(segmented) + 1, "two frames of the timelapse"
        return tuple(seen)

    page.evaluate("preview.settings.reset()")
    return compare


@pytest.fixture
def by_threshold(frames, tmp_path):
    def segment(level, area="auto", separate=True, exclude_border=True):
        folders = {}
        for image, folder in frames.items():
            folders[image] = tmp_path / f"{level} {area} {separate} {exclude_border}" / image
            folders[image].mkdir(parents=True)
            facts = read_facts(folder)
            how = (level, area, separate, exclude_border)
            segment_by_threshold(str(folder), folders[image], facts, *how, LOG)
        return folders

    return segment


def test_levels_show_what_a_run_finds(page, compare, by_threshold):
    seen = set()
    for level in (30, 50, 120, "otsu"):
        slide(page, "#control-level", str(level))
        seen.add(compare(by_threshold(level)))
    assert len(seen) == 4, "or one could be taken for another"


def test_minimum_areas_and_switches_show_what_a_run_finds(page, data, compare, by_threshold):
    for area in data["options"]["minimum_areas"][-2:]:
        slide(page, "#control-area", area.replace("um2", "µm²"))
        compare(by_threshold(50, area))
    page.locator("#separate").uncheck()
    compare(by_threshold(50, area, separate=False))
    page.locator("#exclude").uncheck()
    compare(by_threshold(50, area, separate=False, exclude_border=False))


@pytest.mark.parametrize("chosen", [0, -1])
def test_the_network_shows_what_a_run_finds(page, data, compare, frames, tmp_path, chosen):
    diameter, area = data["options"]["diameters"][chosen], data["options"]["minimum_areas"][-1]
    page.keyboard.press("m")
    slide(page, "#control-diameter", diameter.replace("um", "µm"))
    maps = {image: tmp_path / "maps" / image for image in frames}
    for image, folder in maps.items():
        folder.mkdir(parents=True)
        here = str(frames[image])
        facts = predict_chunk(shipped_network(), here, folder, read_facts(here), diameter, LOG)
        write_facts(folder / "frames.json", facts)
    for probability, least in ((0.2, "auto"), (0.8, "auto"), (0.5, area)):
        slide(page, "#control-probability", f"{probability:g}")
        slide(page, "#control-area", least.replace("um2", "µm²"))
        segmented = {}
        for image, folder in maps.items():
            segmented[image] = tmp_path / f"{probability}" / image
            segmented[image].mkdir(parents=True)
            how = (probability, least, True, True)
            segment_by_unet(str(folder), segmented[image], read_facts(folder), *how, LOG)
        compare(segmented)


def test_a_run_with_the_saved_settings_gives_the_counts_of_the_page(page, data, previewed):
    page.evaluate("preview.settings.reset()")
    slide(page, "#control-level", "60")
    page.locator("#separate").uncheck()
    counts = {(v["image"], v["scene"], v["frame"]): count for v, _, count in views(page, data)}
    with page.expect_download() as started:
        page.get_by_role("button", name="Save config.yaml").first.click()
    saved = Path(started.value.path()).read_text(encoding="utf-8")
    schema = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text())
    read = settings.complete(yaml.safe_load(saved), schema)
    assert read["segmentation"]["threshold"]["level"] == 60
    assert read["segmentation"]["separate_touching"] is False and read["nuclear_channel"] == 0
    project = previewed.copy(previewed.folder.with_name("saved"))
    (project.folder / "config" / "config.yaml").write_text(saved, encoding="utf-8")
    table = "results/analysis_data/general_stats/population_stat.csv"
    project.finish(table)
    with open(project.folder / table, newline="", encoding="utf-8") as file:
        of_run = {
            (row["Image name"], int(row["Scene"]), int(row["Frame"])): int(row["Number of nuclei"])
            for row in csv.DictReader(file)
        }
    assert counts.items() <= of_run.items()


def test_what_is_in_the_folder_is_told(page, previewed):
    rows = page.locator("#files-table tbody tr").all_inner_texts()
    assert len(rows) == len(list((previewed.folder / "images").glob("*.czi")))
    (empty,) = [row for row in rows if "empty" in row]
    assert "skipped" in empty
    assert any("curly {name}" in row and "rename it" in row for row in rows)
    assert (
        page.locator("#left-alone li").all_inner_texts()[0].startswith("not .czi files: notes.txt")
    )


def test_nothing_is_said_of_an_analysis_nor_removed_of_it(previewed):
    (mail,) = (previewed.results / "mail").iterdir()
    text = mail.read_text(encoding="utf-8")
    assert "The preview has finished." in text and "analysed" not in text
    assert of_other_parts(previewed).exists()


def test_only_what_a_change_concerns_is_done_again(previewed):
    assert previewed.planned("preview") == {}
    again = ("--config", "segmentation={method: threshold, threshold: {level: 33}}")
    images = len(list((previewed.folder / "images").glob("*.czi"))) - 1  # one is refused
    assert previewed.planned("preview", *again) == {"segment_preview": images, "preview": 1}
    again = ("--config", "segmentation={method: unet, separate_touching: false}")
    assert previewed.planned("preview", *again) == {"preview": 1}
    again = ("--config", "z_projection=mean")
    assert "choose_preview" in previewed.planned("preview", *again)
    assert "preview" not in previewed.planned()
