"""What became of each image."""

from dataclasses import replace

import pytest

from immunostain.images.facts import (
    MeasuredFile,
    MeasuredFrame,
    SceneFacts,
    Signal,
    read_image,
    unreadable,
    write_facts,
)
from immunostain.inputs.chunks import by_image
from immunostain.results import inventory, outcomes
from immunostain.results.saturation import saturated
from immunostain.run import old_chunks


def known(*frames, **changes):
    facts = MeasuredFile(
        channels=("DAPI", "GFP"),
        nuclear_channel="DAPI",
        pixel_types=("gray16", "gray16"),
        pixel_size_um=(0.5, 0.5),
        magnification=20.0,
        scenes=(SceneFacts(90, 60, 5), SceneFacts(30, 20, 5)),
        notes=("one", "two"),
        frames=frames,
    )
    return replace(facts, **changes)


def frame(scene, number, nuclei, time_s=None):
    return MeasuredFrame(scene, number, time_s, nuclei, 100 * nuclei, {}, {}, 2000, 0.01 * number)


def write(folder, image, *parts):
    folder = folder / "measurements" / image
    folder.mkdir(parents=True)
    files = []
    for number, part in enumerate(parts, 1):
        file = folder / f"{number}of{len(parts)}.json"
        if part is not None:
            write_facts(file, part)
        files.append(str(file))
    return files


def test_chunks_are_put_together(tmp_path):
    parts = (
        known(frame(0, 0, 3), too_small=2, at_edge=1, minimum_area_px=(50.0, 62.5)),
        known(),
        known(frame(0, 1, 4), too_small=5, at_edge=3, minimum_area_px=(25.0, 60.0)),
    )
    found = read_image(write(tmp_path, "a", *parts))
    frames = (frame(0, 0, 3), frame(0, 1, 4))
    assert found == known(*frames, too_small=7, at_edge=4, minimum_area_px=(25.0, 62.5))


def test_the_network_is_unsure_of_an_image_if_it_is_in_half_of_the_chunks(tmp_path):
    sure = known(frame(0, 0, 3), nucleus_diameter_px=12.0, seen_px=100, like_nuclei_px=90)
    unsure = replace(sure, nucleus_diameter_px=13.0, coarse_diameter_px=60.0, like_nuclei_px=10)
    empty = known(seen_px=0, like_nuclei_px=0)
    found = read_image(write(tmp_path, "a", sure, unsure, empty))
    assert (found.nucleus_diameter_px, found.coarse_diameter_px) == (13, 60)
    assert (found.seen_px, found.like_nuclei_px) == (200, 100)
    found = read_image(write(tmp_path, "b", sure, sure, unsure))
    assert (found.nucleus_diameter_px, found.coarse_diameter_px) == (12, None)


@pytest.mark.parametrize("place", [0, 1])
def test_one_unreadable_chunk_makes_the_image_unreadable(tmp_path, place):
    parts = [known(frame(0, 0, 3)), known(frame(0, 1, 3))]
    parts[place] = unreadable("frame 1 is damaged")
    found = read_image(write(tmp_path, "a", *parts))
    assert found == MeasuredFile(unreadable="frame 1 is damaged")


def test_a_row_of_a_timelapse():
    frames = [frame(s, t, 2, 60.5 * t) for s in (0, 1) for t in (0, 1, 2)]
    facts = known(*frames, at_edge=4, too_small=3, minimum_area_px=(50.0, 62.5))
    facts = replace(facts, nucleus_diameter_px=24.31, seen_px=50, like_nuclei_px=40)
    row = inventory.inventory_row("a", "in/a.czi", facts)
    assert list(row) == inventory.COLUMNS
    assert row == {
        "image": "a",
        "file": "in/a.czi",
        "status": "ok",
        "reason": "",
        "scenes": 2,
        "frames": 3,
        "z_planes": 5,
        "channels": "DAPI, GFP",
        "nuclear_channel": "DAPI",
        "pixel_type": "gray16",
        "width_px": "90, 30",
        "height_px": "60, 20",
        "pixel_size_um": 0.5,
        "magnification": 20.0,
        "interval_s": 60.5,
        "nuclei": 12,
        "minimum_area_px": "50 to 62.5",
        "coverage_percent": 10.0,
        "at_edge": 4,
        "at_edge_percent": 25.0,
        "too_small": 3,
        "focus": 0.01,
        "nucleus_diameter_px": 24.3,
        "coarse_diameter_px": "",
        "like_nuclei_percent": 80.0,
        "notes": "one; two",
        "aicsimageio": "",
    }


@pytest.mark.parametrize("dropped", [{5}, {0, 1}, {9}, {1, 2, 3, 7}])
def test_the_interval_is_that_of_the_microscope_though_frames_were_dropped(dropped):
    frames = [frame(0, t, 2, 60.0 * t) for t in range(10) if t not in dropped]
    assert inventory.inventory_row("a", "a.czi", known(*frames))["interval_s"] == 60


def test_a_row_of_a_file_that_says_little():
    little = replace(frame(0, 0, 0, 0.0), covered_px=0, focus=None)
    facts = known(little, pixel_size_um=None, magnification=None, notes=())
    row = inventory.inventory_row("a", "a.czi", facts)
    for name in ("pixel_size_um", "magnification", "interval_s", "notes", "focus"):
        assert row[name] == ""
    for name in ("minimum_area_px", "coverage_percent", "at_edge_percent"):
        assert row[name] == ""
    assert row["nuclei"] == row["at_edge"] == 0


@pytest.mark.parametrize(("too_small", "told"), [(5, False), (6, True)])
def test_where_most_objects_are_too_small_a_note_tells_the_setting(too_small, told):
    facts = known(frame(0, 0, 2), frame(0, 1, 3), too_small=too_small)
    notes = inventory.inventory_row("a", "a.czi", facts)["notes"]
    note = "; 6 objects left out as smaller than segmentation.minimum_area"
    assert notes == "one; two" + told * note
    one = inventory.inventory_row("a", "a.czi", known(frame(0, 0, 0), too_small=1))
    assert "; 1 object left out as smaller than" in one["notes"]


def test_one_minimum_area_of_all_frames_is_one_number():
    row = inventory.inventory_row("a", "a.czi", known(frame(0, 0, 2), minimum_area_px=(50.0, 50.0)))
    assert row["minimum_area_px"] == "50"


@pytest.mark.parametrize(("saturated_px", "told"), [(6, False), (7, True)])
def test_a_note_tells_of_saturated_nuclei(saturated_px, told):
    """More than one in a hundred of the 600 pixels of all frames' nuclei."""
    frames = [
        replace(
            frame(0, t, nuclei), signal={"DAPI": Signal(9, 5), "GFP": Signal(9, 5, None, 50, n)}
        )
        for t, nuclei, n in ((0, 2, saturated_px), (1, 4, 0))
    ]
    share = {"GFP": saturated_px / 600} if told else {}
    assert saturated(known(*frames)) == share
    notes = inventory.inventory_row("a", "a.czi", known(*frames))["notes"]
    note = "; GFP: 1.2 % of the nuclear pixels are saturated, so sums are lower bounds"
    assert notes == "one; two" + told * note


def test_nothing_is_saturated_where_there_is_no_nucleus():
    nothing = replace(frame(0, 0, 0), signal={"GFP": Signal(9, 0, None, 50, 0)})
    assert saturated(known(nothing)) == {} == saturated(known())


def test_a_row_of_a_skipped_file():
    row = inventory.inventory_row("a", "a.czi", MeasuredFile(unreadable="it is empty"))
    assert list(row) == inventory.COLUMNS
    assert (row["status"], row["reason"], row["nuclei"]) == ("skipped", "it is empty", "")


def test_fates(tmp_path):
    write(tmp_path, "good", known(frame(0, 0, 3)), known(frame(0, 1, 4)))
    write(tmp_path, "bad", unreadable("empty"))
    write(tmp_path, "half", known(frame(0, 0, 9)), None)
    write(tmp_path, "earlier version", known(frame(0, 0, 5)), known(frame(0, 1, 6)))
    earlier = tmp_path / "measurements" / "earlier version" / "2of2.json"
    earlier.write_text(earlier.read_text().replace("width_px", "width"))
    chunks = {
        "good": ["1of2", "2of2"],
        "bad": ["1of1"],
        "half": ["1of2", "2of2"],
        "earlier version": ["1of2", "2of2"],
        "never": ["1of1"],
    }
    fates = outcomes.fates(str(tmp_path), chunks, {"a{}.czi": "curly brace"})
    assert fates.analysed == ["good"]
    assert fates.skipped == [("a{}.czi", "curly brace"), ("bad", "empty")]
    assert fates.nuclei == 7


def test_a_run_that_found_no_nucleus_is_told():
    found = outcomes.Fates(["a", "b"], [("c", "empty")], 0)
    told = outcomes.nothing_found(found, "unet")
    assert "2 analysed" in told and "segmentation.unet.model" in told
    assert "segmentation.threshold.level" in outcomes.nothing_found(found, "threshold")
    assert outcomes.nothing_found(outcomes.Fates(["a"], [], 1), "unet") is None
    assert outcomes.nothing_found(outcomes.Fates([], [("c", "empty")], 0), "unet") is None


def test_files_are_dealt_to_images():
    chunks = {"a": ["1of2", "2of2"], "b": ["1of1"]}
    assert by_image(["x", "y", "z"], chunks) == {"a": ["x", "y"], "b": ["z"]}


def test_reading_a_table(tmp_path):
    (tmp_path / "t.tsv").write_text('a\tb\n1\t"x\ty"\n', encoding="utf-8")
    assert inventory.read_table(str(tmp_path / "t.tsv"), "\t") == [{"a": "1", "b": "x\ty"}]


def test_old_parts_go_and_others_stay(tmp_path):
    for name in ("labels/a/1of1", "labels/a/2of3", "labels/other/1of1"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "measurements" / "a").mkdir(parents=True)
    for name in ("1of1.csv", "1of1.json", "2of3.csv", "2of3.json"):
        (tmp_path / "measurements" / "a" / name).touch()
    old_chunks.remove_old_chunks(str(tmp_path), {"a": ["1of3", "2of3", "3of3"], "new": ["1of1"]})
    left = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*of*"))
    assert left == [
        "labels/a/2of3",
        "labels/other/1of1",
        "measurements/a/2of3.csv",
        "measurements/a/2of3.json",
    ]


def test_of_an_old_part_only_what_the_workflow_wrote_goes(tmp_path):
    """A user's corrected labels lie beside it, or in it."""
    mine = [
        "labels/a/proofread/s000_t0000.tif",
        "labels/a/2of2.bak/s000_t0000.tif",
        "labels/a/02of3/s000_t0000.tif",
        "labels/a/4of3/s000_t0000.tif",
        "labels/a/2of2/s000_t0000_corrected.tif",
        "labels/a/2of2/dropped/mine.tif",
        "measurements/a/proof.csv",
        "measurements/a/1of2.xlsx",
        "measurements/a/1of2.csv.bak",
    ]
    written = [
        "labels/a/1of2/s000_t0000.tif",
        "labels/a/1of2/dropped/s000_t0000.tif",
        "labels/a/1of2/frames.json",
        "labels/a/1of2/.snakemake_timestamp",
        "labels/a/2of2/s000_t0012.tif",
        "labels/a/2of2/s123_t12345.tif",
        "measurements/a/1of2.csv",
        "measurements/a/1of2.json",
    ]
    kept = ["labels/a/1of1/dropped/s000_t0000.tif", "measurements/a/1of1.csv"]
    for name in [*mine, *written, *kept]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "labels/a/1of3").symlink_to(tmp_path / "labels/a/1of1")
    old_chunks.remove_old_chunks(str(tmp_path), {"a": ["1of1"]})
    left = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()}
    assert left == {*mine, *kept}
    assert not (tmp_path / "labels/a/1of2").exists()


def test_the_inventory_is_read_as_it_was_written(tmp_path):
    images = {"a": "in/a.czi", "=b": "in/=b.czi"}
    measured = {"a": known(frame(0, 0, 3)), "=b": MeasuredFile(unreadable="cut off")}
    rows = inventory.inventory_rows(images, measured, {"{c}.czi": "has braces in its name"})
    assert [row["image"] for row in rows] == ["a", "=b", ""]
    assert [row["status"] for row in rows] == ["ok", "skipped", "skipped"]
    assert [row["reason"] for row in rows] == ["", "cut off", "has braces in its name"]
    inventory.write_inventory(str(tmp_path / "inventory.tsv"), rows)
    text = (tmp_path / "inventory.tsv").read_text(encoding="utf-8")
    assert text.splitlines()[0].split("\t") == inventory.COLUMNS
    assert "\n'=b\t" in text, "no formula"
    found = inventory.read_table(str(tmp_path / "inventory.tsv"), "\t")
    assert found == [{name: str(value) for name, value in row.items()} for row in rows]


@pytest.mark.parametrize(("like", "nuclei", "told"), [(39, 2, True), (40, 2, False), (0, 0, False)])
def test_a_note_tells_where_hardly_anything_looks_like_a_nucleus(tmp_path, like, nuclei, told):
    facts = known(frame(0, 0, nuclei), seen_px=100, like_nuclei_px=like)
    notes = inventory.inventory_row("a", "a.czi", facts)["notes"]
    assert ("hardly any object looks like a nucleus" in notes) == told
    assert ("look at the verification pictures" in notes) == told
    write(tmp_path, "a", facts)
    fates = outcomes.fates(str(tmp_path), {"a": ["1of1"]}, {})
    assert list(fates.doubtful) == ["a"] * told


def test_a_note_tells_two_sizes_of_nuclei():
    facts = known(frame(0, 0, 2), nucleus_diameter_px=12.1, coarse_diameter_px=62.2)
    notes = inventory.inventory_row("a", "a.czi", facts)["notes"]
    assert "about 12 pixels wide" in notes and "about 62 pixels wide" in notes


def test_nothing_is_doubtful_where_no_network_was_asked():
    assert inventory.inventory_row("a", "a.czi", known(frame(0, 0, 2)))["notes"] == "one; two"
