"""Folders as they are: stray files, damaged ones, odd names, odd pictures."""

import csv
import html
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile
from czi_files import EXAMPLE, TWO, discs, write_channels, write_czi
from project import Project


def inventory(project: Project) -> dict[str, dict[str, str]]:
    with open(project.results / "inventory.tsv", newline="", encoding="utf-8") as file:
        return {row["file"]: row for row in csv.DictReader(file, delimiter="\t")}


def nuclei(project: Project) -> pd.DataFrame:
    return pd.read_csv(project.results / "analysis_data" / "general_stats" / "nuclei.csv")


def damaged_files(folder: Path) -> dict[str, str]:
    """Write files that can't be analysed; give a word of the reason for each."""
    good = folder / "good.czi"
    write_channels(good, {"DAPI": TWO})
    content = good.read_bytes()
    (folder / "empty.czi").write_bytes(b"")
    (folder / "cut off.czi").write_bytes(content[: len(content) // 2])
    (folder / "text.czi").write_text("These are my notes\n" * 100)
    block = content.index(b"ZISRAWSUBBLOCK\0")
    broken = bytearray(content)
    broken[block : block + 16] = b"?" * 16
    (folder / "damaged header.czi").write_bytes(broken)
    write_channels(
        folder / "damaged pixels.czi",
        {"AF488": TWO, "DAPI": TWO},
        compression="zstd1:ExplicitLevel=1",
    )
    packed = bytearray((folder / "damaged pixels.czi").read_bytes())
    block = packed.index(b"ZISRAWSUBBLOCK\0")  # of the channel that is not the nuclear one
    packed[block + 340 : block + 400] = b"\xff" * 60
    (folder / "damaged pixels.czi").write_bytes(packed)
    write_channels(folder / "no DAPI.czi", {"AF488": TWO, "mCher": TWO})
    shutil.copy(good, folder / "curly {brace}.czi")
    shutil.copy(good, folder / "angle <1>.czi")
    return {
        "empty.czi": "empty",
        "cut off.czi": "cut off",
        "text.czi": "not a .czi file",
        "damaged header.czi": "damaged",
        "damaged pixels.czi": "damaged",
        "no DAPI.czi": "AF488, 1: mCher",
        "curly {brace}.czi": "rename it",
        "angle <1>.czi": "rename it",
    }


def test_what_cannot_be_read_is_left_out_and_named(project):
    images = project.folder / "images"
    reasons = damaged_files(images)
    (images / "notes.txt").write_text("notes")
    (images / "red \x1b[31m.txt").write_text("notes")
    (images / ".DS_Store").write_bytes(b"\0")
    (images / "._good.czi").write_bytes(b"\0")
    (images / "folder.czi").mkdir()
    (images / "sub folder").mkdir()
    write_channels(images / "sub folder" / "good.czi", {"DAPI": TWO})
    printed = project.configure().finish()
    assert "Traceback" not in printed
    assert "Left alone, hidden: .DS_Store, ._good.czi\n" in printed
    assert r"Left alone, not .czi files: notes.txt, red \x1b[31m.txt" in printed
    assert printed.count("notes.txt") == 1 and "\x1b" not in printed
    table = inventory(project)
    good = [str(Path("images", name)) for name in ("good.czi", "sub folder/good.czi")]
    assert [file for file, row in table.items() if row["status"] == "ok"] == good
    end_of_log = printed[printed.index("(100%) done") :]
    for name, word in reasons.items():
        (row,) = (row for file, row in table.items() if file.endswith(name))
        assert row["status"] == "skipped" and word in row["reason"]
        assert row["reason"] in end_of_log and name.removesuffix(".czi") in end_of_log
    assert nuclei(project)["image"].value_counts().to_dict() == {
        "good": 2,
        "sub folder__good": 2,
    }
    pictures = project.results / "analysis_data" / "nuclei_area_verification"
    assert not list((pictures / "damaged pixels").glob("*.png"))
    log = project.results / "logs" / "label_nuclei" / "cut off" / "1of1.log"
    assert "Traceback" in log.read_text() and "ImageError" in log.read_text()
    report = (project.results / "analysis_data" / "report.html").read_text(encoding="utf-8")
    assert all(html.escape(name.removesuffix(".czi")) in report for name in reasons)
    assert project.planned() == {}


def test_fail_ends_in_error_and_keeps_what_was_done(project):
    write_channels(project.folder / "images" / "good.czi", {"DAPI": TWO})
    (project.folder / "images" / "empty.czi").write_bytes(b"")
    done = project.configure(unreadable_images="fail").run()
    printed = done.stdout + done.stderr
    assert done.returncode != 0
    assert "empty.czi (the file is empty" in printed and "Traceback" not in printed
    results = project.results
    assert (results / "labels" / "good" / "1of1" / "s000_t0000.tif").exists()
    pictures = results / "analysis_data" / "nuclei_area_verification" / "good"
    assert (pictures / "good_color_t-0.png").exists()
    assert nuclei(project)["image"].tolist() == ["good", "good"]
    (project.folder / "images" / "empty.czi").unlink()
    write_channels(project.folder / "images" / "empty.czi", {"DAPI": TWO})
    project.finish()
    assert len(nuclei(project)) == 4


def test_a_timelapse_without_pixel_size_is_counted_if_it_cannot_be_tracked(project):
    images = project.folder / "images"
    write_channels(images / "scaled.czi", {"DAPI": TWO}, frames=3)
    planes = {(0, t, 0, 0): TWO for t in range(3)}
    write_czi(images / "unscaled.czi", planes, ["DAPI"])
    printed = project.configure(tracking={"search_range": "5 um"}).finish()
    assert "unscaled was not tracked" in printed and "Traceback" not in printed
    table = nuclei(project)
    assert table["image"].value_counts().to_dict() == {"scaled": 6, "unscaled": 6}
    assert table.groupby("image")["track_id"].nunique().to_dict() == {"scaled": 2, "unscaled": 0}
    movement = project.results / "analysis_data" / "movement_tracking"
    assert "pixel" in (movement / "unscaled_not_tracked.txt").read_text()


def test_channels_whose_columns_clash_are_refused(project):
    images = project.folder / "images"
    write_channels(images / "clash.czi", {"DAPI": TWO, "DAPI_perinuclear": TWO})
    write_channels(images / "good.czi", {"DAPI": TWO, "GFP": TWO})
    write_channels(images / "other.czi", {"DAPI": TWO, "GFP_perinuclear": TWO})
    printed = project.configure().finish()
    reasons = {row["image"]: row["reason"] for row in inventory(project).values()}
    assert reasons["good"] == reasons["other"] == ""
    assert "DAPI_perinuclear_sum" in reasons["clash"]
    # What clashes only with another image's channels is told apart.
    assert printed.count('the tables call the channel GFP_perinuclear "GFP_perinuclear (2)"') == 1
    measured = nuclei(project).groupby("image")[["GFP_sum", "GFP_perinuclear (2)_sum"]].count()
    assert measured.to_numpy().tolist() == [[2, 0], [0, 2]]


def test_odd_names_work(project):
    names = [
        "a b",
        "Zählung µ",
        "50% + more",
        "-dash",
        "it's, (x) & $y; #1=2",
        "long " * 19 + "name " * 19 + "end",
        "two_s-0",
    ]
    for name in names:
        write_channels(project.folder / "images" / f"{name}.czi", {"DAPI": TWO}, frames=2)
    scenes = {(s, t, 0, 0): [(200 * s, 0, TWO)] for s in (0, 1) for t in (0, 1)}
    write_czi(project.folder / "images" / "two.czi", scenes, ["DAPI"], 0.1)
    printed = project.configure(output_folder="my results ü").finish()
    project.results = project.folder / "my results ü"
    assert set(nuclei(project)["image"]) == {*names, "two"}
    data = project.results / "analysis_data"
    counts = pd.read_csv(data / "general_stats" / "population_stat.csv")
    safe = {name if name != "-dash" else "'-dash" for name in [*names, "two"]}  # from spreadsheets
    assert set(counts["Image name"]) == safe
    assert {row["image"] for row in inventory(project).values()} == safe
    assert "<td>-dash</td>" in (data / "report.html").read_text(encoding="utf-8")
    movement = project.results / "analysis_data" / "movement_tracking"
    for name in ("two_s-0", "two_image_s-0", "two_s-1"):
        assert (movement / f"{name}_movie.mp4").exists()
        assert (movement / "exports" / f"{name}.geff" / ".zattrs").exists()
    assert 'files of "two" whose name another one has are called two_image...' in printed
    for name in names:
        assert (data / "nuclei_area_verification" / name / f"{name}_DAPI_t-1.png").exists()
        assert (data / "movement_tracking" / f"{name}_overall_movement.png").exists()
        assert (data / "nuclei_count" / f"{name}_time_point_stat.xlsx").exists()
    assert project.planned() == {}


def test_names_that_clash_or_are_too_long_are_refused(project):
    images = project.folder / "images"
    (images / "a").mkdir()
    write_channels(images / "a" / "b.czi", {"DAPI": TWO})
    shutil.copy(images / "a" / "b.czi", images / "a__b.czi")
    done = project.configure().run()
    assert done.returncode != 0
    assert "a/b.czi" in done.stderr and "a__b.czi" in done.stderr
    assert not project.results.exists()
    (images / "a__b.czi").rename(images / ("name " * 19 + "too long" * 15 + ".czi"))
    shutil.copy(images / "a" / "b.czi", images / ("n" * 40 + ".czi"))
    project.finish()
    reasons = [row["reason"] for row in inventory(project).values() if row["status"] != "ok"]
    assert len(reasons) == 2
    assert any("longer than" in reason for reason in reasons)
    assert any("repeats" in reason for reason in reasons)


def test_odd_pictures_give_valid_results(project):
    images = project.folder / "images"
    black = np.zeros((80, 100), np.uint16)
    write_channels(images / "black.czi", {"DAPI": black})
    write_channels(images / "saturated.czi", {"DAPI": np.full_like(black, 65535)})
    write_channels(images / "noise.czi", {"DAPI": np.eye(80, 100, dtype=np.uint16)})
    write_channels(images / "one.czi", {"DAPI": discs((50, 40), bright=65535)})
    y, x = np.indices((1620, 1620))
    many = np.where((x % 6 // 2 == 1) & (y % 6 // 2 == 1), 65535, 0).astype(np.uint16)
    write_channels(images / "many.czi", {"DAPI": many})
    printed = project.configure(segmentation={"minimum_area": 1}).finish()
    assert "Warning" not in printed
    logs = "".join(path.read_text() for path in (project.results / "logs").rglob("*.log"))
    assert "Warning" not in logs and "Traceback" not in logs
    table = inventory(project)
    counts = {row["image"]: int(row["nuclei"]) for row in table.values()}
    assert counts["black"] == counts["saturated"] == 0
    assert counts["one"] == 1
    assert counts["many"] == 270 * 270
    one = nuclei(project).query("image == 'one'").iloc[0]
    assert one["DAPI_sum"] == pytest.approx(65535 * 441, rel=0.1)
    stats = project.results / "analysis_data" / "general_stats"
    population = pd.read_csv(stats / "population_stat.csv")
    assert population.set_index("Image name")["Number of nuclei"].to_dict() == counts
    labels = tifffile.imread(project.results / "labels" / "many" / "1of1" / "s000_t0000.tif")
    assert labels.max() == counts["many"]


def test_a_folder_without_any_nucleus(project):
    write_channels(project.folder / "images" / "black.czi", {"DAPI": np.zeros((60, 60), np.uint16)})
    printed = project.configure().finish()
    assert "No nucleus was found in any image (1 analysed)" in printed
    stats = project.results / "analysis_data" / "general_stats"
    assert len(nuclei(project)) == 0
    quant = pd.read_csv(stats / "signal_quant_stat.csv")
    assert quant.columns[:6].tolist()[-1] == "DAPI, intensity" and len(quant) == 0
    assert pd.read_excel(stats / "signal_quant_stat.xlsx").columns.tolist() == list(quant.columns)
    assert pd.read_csv(stats / "population_stat.csv")["Number of nuclei"].tolist() == [0]


def test_a_folder_with_nothing_readable(project):
    (project.folder / "images" / "empty.czi").write_bytes(b"")
    (project.folder / "images" / "{}.czi").write_bytes(b"")
    project.configure().finish()
    assert {row["status"] for row in inventory(project).values()} == {"skipped"}
    assert len(nuclei(project)) == 0


def test_channels_are_matched_by_name(project):
    images = project.folder / "images"
    dapi, green, red = TWO, discs((30, 40), bright=900), discs((90, 50), bright=700)
    write_channels(images / "a.czi", {"DAPI": dapi, "AF488": green, "mCher": red})
    write_channels(images / "b.czi", {"mCher": red, "DAPI": dapi})
    small = {"AF488": green, "dapi 405": dapi}
    write_channels(images / "c.czi", {k: (v // 20).astype(np.uint8) for k, v in small.items()})
    write_channels(images / "d.czi", {"DAPI": discs((40, 30), shape=(64, 200))}, frames=3)
    project.configure().finish()
    table = nuclei(project).set_index(["image", "frame", "nucleus_id"])
    np.testing.assert_array_equal(table.loc["a", "mCher_sum"], table.loc["b", "mCher_sum"])
    assert table.loc["b", "AF488_sum"].isna().all() and table.loc["d", "mCher_sum"].isna().all()
    labels = tifffile.imread(project.results / "labels" / "c" / "1of1" / "s000_t0000.tif")
    assert table.loc[("c", 0, 0), "AF488_sum"] == (green // 20)[labels == 1].sum()
    assert table.loc[("c", 0, 0), "dapi 405_sum"] == (dapi // 20)[labels == 1].sum()
    assert len(table.loc["d"]) == 3 and table.loc["d", "track_id"].nunique() == 1


def test_neither_chunks_nor_other_files_change_a_file_s_results(finished, tmp_path):
    project = Project(tmp_path)
    (tmp_path / "images").mkdir()
    copied = {"still_1": "still_1", "first": "timelapse_1", "second": "timelapse_1"}
    for name, source in copied.items():
        shutil.copy(EXAMPLE / f"{source}.czi", tmp_path / "images" / f"{name}.czi")
    project.configure(chunk_size="300 kB").finish()
    chunks = {name: len(list((project.results / "labels" / name).iterdir())) for name in copied}
    assert chunks == {"still_1": 3, "first": 5, "second": 5}
    found = nuclei(project)
    expected = nuclei(finished)
    for name, source in copied.items():
        mine, whole = found[found["image"] == name], expected[expected["image"] == source]
        assert len(mine) > 5
        pd.testing.assert_frame_equal(
            mine.drop(columns="image").reset_index(drop=True),
            whole.drop(columns="image").reset_index(drop=True),
        )


# One of each place that looks at settings; what each of them refuses stands in its own tests.
@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"segmentation": {"threshold": {"levle": 3}}},
            ["segmentation.threshold.levle", "not a known key", "level"],
        ),
        (
            {"segmentation": {"threshold": {"level": 300}}},
            ["segmentation.threshold.level", "300", "0 to 255"],
        ),
        (
            {"segmentation": {"method": "unet", "unet": {"model": {"63x": "a.pth"}}}},
            ["segmentation.unet.model", "63x", "not a magnification"],
        ),
        (
            {"segmentation": {"method": "unet", "unet": {"model": "missing.pth"}}},
            ["segmentation.unet.model", "missing.pth"],
        ),
        (
            {"email": {"to": "a@b.org", "user": "ann", "security": "none"}},
            ["email.user", "email.security", "starttls or ssl"],
        ),
        ({"output_folder": "config/config.yaml"}, ["output_folder", "is a file"]),
        ({"output_folder": "./images"}, ["output_folder", '"images" is the input_folder']),
        ({"input_folder": "nothing"}, ["input_folder", "no .czi file", "nothing"]),
        ({"sample_sheet": "samples.tsv"}, ["sample_sheet", "samples.tsv"]),
    ],
)
def test_wrong_settings_stop_before_any_job(project, settings, words):
    write_channels(project.folder / "images" / "a.czi", {"DAPI": TWO})
    (project.folder / "nothing").mkdir()
    done = project.configure(**settings).run()
    assert done.returncode != 0
    (sentence,) = (line for line in done.stderr.splitlines() if line.startswith("immunostain: "))
    assert all(word in sentence for word in words), sentence
    assert "Traceback" not in done.stderr and not project.results.exists()
    assert os.listdir(project.folder / "images") == ["a.czi"]


@pytest.mark.parametrize(
    ("shipped", "more", "words"),
    [
        ("email:\n\tto: ann@example.org\n", None, "config/config.yaml, line 2: has a tab; use"),
        (None, "email: {}\nemail: {}\n", 'more.yaml, line 2: "email" stands in line 1 too'),
    ],
)
def test_a_damaged_file_of_settings_is_told_with_its_line(project, shipped, more, words):
    project.configure()
    for name, text in {"config/config.yaml": shipped, "more.yaml": more}.items():
        if text:
            (project.folder / name).write_text(text)
    done = project.run(*(["--configfile", "more.yaml"] if more else []))
    assert done.returncode != 0
    (sentence,) = (line for line in done.stderr.splitlines() if line.startswith("immunostain: "))
    assert words in sentence and "Traceback" not in done.stderr


@pytest.fixture
def small_disk(tmp_path):
    """Give a folder on a disk of 1 MB."""
    folder = tmp_path / "small disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a small disk can only be mounted by root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_leaves_nothing_half_written(project, small_disk):
    shutil.copy(EXAMPLE / "still_1.czi", project.folder / "images")
    shutil.copy(EXAMPLE / "still_2.czi", project.folder / "images")
    done = project.configure(output_folder=str(small_disk / "results")).run()
    assert done.returncode != 0
    printed = done.stdout + done.stderr
    assert "the disk is full" in printed and "Traceback" not in printed
    subprocess.run(["mount", "-o", "remount,size=200m", str(small_disk)], check=True)
    project.finish()
    project.results = small_disk / "results"
    assert nuclei(project)["image"].value_counts().to_dict() == {"still_1": 8, "still_2": 10}
    assert not list(project.results.rglob(".partial*"))


def test_a_read_only_folder_is_named(project):
    write_channels(project.folder / "images" / "a.czi", {"DAPI": TWO})
    done = project.configure(output_folder="/proc/results").run()
    assert done.returncode != 0
    assert "immunostain: output_folder: " in done.stderr and "not writable" in done.stderr
