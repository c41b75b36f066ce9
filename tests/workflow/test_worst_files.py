"""A folder with the worst that chance and microscopes may leave in it, and two good files."""

import csv
import html
import os
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile
from czi_files import EXAMPLE, TWO, discs, write_channels, write_czi
from fuzz_czi import place_of_dimension, segments
from mail_server import Inbox, serving
from project import Project

from immunostain.czi.image import open_czi
from immunostain.czi.planes import read_frame

# Root may read everything, unless these are taken away.
WITHOUT_RIGHTS = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


def index(letter: str, entry: int, number: int, name: str | None = None):
    """Give a function that changes an index, place or size in the directory."""

    def change(content: bytearray) -> None:
        place = place_of_dimension(content, letter, entry)
        content[place : place + 8] = struct.pack("<4si", (name or letter).encode(), number)

    return change


def width(entry: int, number: int):
    def change(content: bytearray) -> None:
        place = place_of_dimension(content, "X", entry)
        struct.pack_into("<i", content, place + 8, number)
        struct.pack_into("<i", content, place + 16, number)

    return change


def noise(segment: bytes, offset: int, length: int):
    def change(content: bytearray) -> None:
        (place, *_) = (place for name, place in segments(content) if name == segment)
        content[place + offset : place + offset + length] = b"\xa5" * length

    return change


def cut(content: bytearray) -> None:
    del content[len(content) * 2 // 3 :]


# What is done to which file, and a word of the reason. The first five ended or hung a program.
WORST = {
    "far tile": ("mosaic", index("Y", 1, -16_777_344), "cover"),
    "far index of a tile": ("mosaic", index("M", 1, 999_999), "damaged"),
    "many views": ("stack", index("Z", 1, 41_472, name="V"), "damaged"),
    "far time": ("stack", index("T", 1, 16_384), "planes"),
    "far left tile": ("mosaic", index("X", 1, -2_000_000_000), "cover"),
    "far plane": ("stack", index("Z", 1, 999_999), "damaged"),
    "far channel": ("stack", index("C", 1, 500_000), "damaged"),
    "wide tile": ("stack", width(1, 2**31 - 1), "damaged"),
    "wide compressed tile": ("packed", width(0, 2**30), "damaged"),
    "sub-block": ("stack", noise(b"ZISRAWSUBBLOCK", 16, 40), "sub-block"),
    "packed pixels": ("packed", noise(b"ZISRAWSUBBLOCK", 320, 580), "damaged"),
    "metadata": ("stack", noise(b"ZISRAWMETADATA", 300, 200), "can't be read"),
    "cut off": ("stack", cut, "cut off"),
}


def write_sources(folder: Path) -> dict[str, bytes]:
    two = np.concatenate([TWO, TWO], axis=1)
    tiles = [(0, 0, TWO), (TWO.shape[1], 0, TWO)]
    write_czi(folder / "mosaic.czi", {(0, 0, 0, 0): tiles, (0, 0, 1, 0): tiles}, ["DAPI", "GFP"])
    stack = {(0, 0, c, z): two for c in (0, 1) for z in (0, 1)}
    write_czi(folder / "stack.czi", stack, ["DAPI", "GFP"])
    packed = np.random.default_rng(0).integers(0, 9, TWO.shape, np.uint16)
    write_channels(folder / "packed.czi", {"DAPI": packed}, compression="zstd1:ExplicitLevel=1")
    return {path.stem: path.read_bytes() for path in folder.glob("*.czi")}


@pytest.fixture(scope="module")
def worst(tmp_path_factory) -> Project:
    """Run the workflow on them; the mails are in `.mails`, what was printed in `.printed`."""
    sources = write_sources(tmp_path_factory.mktemp("sources"))
    project = Project(tmp_path_factory.mktemp("worst"))
    images = project.folder / "images"
    images.mkdir()
    for name, (source, change, _) in WORST.items():
        content = bytearray(sources[source])
        change(content)
        (images / f"{name}.czi").write_bytes(content)
    write_channels(images / "unreadable.czi", {"DAPI": TWO})
    (images / "unreadable.czi").chmod(0)
    for name, value in (("no number", np.nan), ("infinite", np.inf)):
        picture = discs((30, 40), (90, 50)).astype(np.float32)
        picture[40, 30] = value
        write_channels(images / f"{name}.czi", {"DAPI": picture, "GFP": np.abs(picture) / 2})
    for name in ("still_1", "still_2"):
        shutil.copy(EXAMPLE / f"{name}.czi", images)
    inbox = Inbox()
    with serving(inbox) as port:
        email = {"to": "ann@example.org", "security": "none", "port": port, "host": "localhost"}
        project.configure(email=email, analyses=["quantification"])
        command = WITHOUT_RIGHTS * (os.geteuid() == 0) + project.command()
        done = subprocess.run(command, cwd=project.folder, capture_output=True, text=True)
    project.printed = done.stdout + done.stderr
    assert done.returncode == 0, project.printed
    project.mails = inbox.messages
    return project


def inventory(project: Project) -> dict[str, dict[str, str]]:
    with open(project.results / "inventory.tsv", newline="", encoding="utf-8") as file:
        return {Path(row["file"]).stem: row for row in csv.DictReader(file, delimiter="\t")}


def test_each_bad_file_is_named_with_its_reason_wherever_one_looks(worst):
    table = inventory(worst)
    end = worst.printed[worst.printed.index("(100%) done") :]
    page = (worst.results / "analysis_data" / "report.html").read_text(encoding="utf-8")
    report = html.unescape(page)
    (mail,) = (" ".join(message.get_body().get_content().split()) for message in worst.mails)
    reasons = {name: word for name, (_, _, word) in WORST.items()} | {"unreadable": "can't be read"}
    assert {name for name, row in table.items() if row["status"] != "ok"} == set(reasons)
    for name, word in reasons.items():
        reason = table[name]["reason"]
        assert word in reason, (name, reason)
        assert f"{name}" in end and reason in end
        assert reason in report
        assert reason in mail and f"- {name}" in mail.replace("images/", "").replace(".czi", "")
    assert "Traceback" not in worst.printed


@pytest.mark.parametrize(("name", "count"), [("still_1", 8), ("still_2", 10)])
def test_the_good_files_are_complete_and_right(worst, name, count):
    nuclei = pd.read_csv(worst.results / "analysis_data" / "general_stats" / "nuclei.csv")
    mine = nuclei[nuclei["image"] == name]
    assert len(mine) == count
    labels = tifffile.imread(worst.results / "labels" / name / "1of1" / "s000_t0000.tif")
    image = open_czi(str(EXAMPLE / f"{name}.czi"))
    for channel in image.channels:
        picture = read_frame(image, image.frames[0], channel, "max").astype(int)
        sums = [picture[labels == number + 1].sum() for number in mine["nucleus_id"]]
        assert mine[f"{channel.name}_sum"].tolist() == sums
    pictures = worst.results / "analysis_data" / "nuclei_area_verification" / name
    assert len(list(pictures.glob("*.png"))) == 1 + len(image.channels)


@pytest.mark.parametrize("name", ["no number", "infinite"])
def test_pixels_that_are_no_number_cost_one_sum(worst, name):
    row = inventory(worst)[name]
    assert row["status"] == "ok" and row["nuclei"] == "2"
    assert "pixels of DAPI that are no number: 1 " in row["notes"]
    nuclei = pd.read_csv(worst.results / "analysis_data" / "general_stats" / "nuclei.csv")
    mine = nuclei[nuclei["image"] == name]
    assert mine["DAPI_sum"].isna().tolist() == [True, False]
    assert mine["GFP_sum"].isna().tolist() == [True, False]
    assert np.isfinite(mine["area_px"]).all()


def test_what_can_be_read_at_last_is_analysed_and_nothing_else(worst):
    (worst.folder / "images" / "unreadable.czi").chmod(0o644)
    planned = worst.planned()
    once = ("label_nuclei", "measure_nuclei", "draw_nuclei")
    assert [planned[rule] for rule in once] == [1] * 3
