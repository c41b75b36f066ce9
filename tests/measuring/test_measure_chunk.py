"""From a .czi file to a chunk's measurements: splitting, segmenting, measuring."""

import csv
import logging
import statistics

import numpy as np
import pytest
import tifffile
from czi_files import EXAMPLE, discs, write_czi
from measured_files import measured, segmented

from immunostain.images import facts, frames
from immunostain.images.splitting import split_frames
from immunostain.measuring.columns import nucleus_columns
from immunostain.measuring.measure_chunk import measure_chunk, write_chunk
from immunostain.shared.errors import ImageError

LOG = logging.getLogger("immunostain.test")
SHAPE = (60, 90)
DISCS = [(15, 20, 8), (40, 60, 11)]


def mask_of(number):
    y, x = np.indices(SHAPE)
    cy, cx, r = DISCS[number]
    return (y - cy) ** 2 + (x - cx) ** 2 <= r**2


def nuclei_picture(numbers):
    picture = np.full(SHAPE, 100, np.uint16)
    for number in numbers:
        picture[mask_of(number)] = 5000 + 1000 * number
    return picture


@pytest.fixture
def timelapse(tmp_path):
    """Give a file of 3 frames with 2, 0 and 1 nuclei, and its pictures by (t, channel)."""
    rng = np.random.default_rng(4)
    pictures = {}
    for t, numbers in enumerate([(0, 1), (), (1,)]):
        pictures[t, 0] = nuclei_picture(numbers)
        pictures[t, 1] = rng.integers(0, 65536, SHAPE, np.uint16)
    planes = {(0, t, c, 0): picture for (t, c), picture in pictures.items()}
    return write_czi(tmp_path / "a.czi", planes, ["DAPI", "GFP"], 0.5), pictures


def test_frames_are_the_nuclear_channel(timelapse, tmp_path):
    path, pictures = timelapse
    folder = tmp_path / "f"
    folder.mkdir()
    known = split_frames(path, folder, "1of1", "DAPI", "max", LOG)
    assert sorted(file.name for file in folder.iterdir()) == [f"s000_t000{t}.tif" for t in range(3)]
    for t in range(3):
        assert np.array_equal(frames.read_picture(folder, 0, t), pictures[t, 0])
    assert known.channels == ("DAPI", "GFP")
    assert known.nuclear_channel == "DAPI"
    assert known.scenes == (facts.SceneFacts(width_px=90, height_px=60, z_planes=1),)
    facts.write_facts(folder / facts.FACTS_FILE, known)
    assert facts.read_facts(folder) == known


def test_chunks_share_the_frames(timelapse, tmp_path):
    path, _ = timelapse
    whole, _ = measured(path, tmp_path)
    parts, numbers = [], []
    for chunk in [f"{n}of5" for n in range(1, 6)]:
        rows, known = measured(path, tmp_path, chunk=chunk)
        parts += rows
        numbers.append([frame.frame for frame in known.frames])
    assert [number for mine in numbers for number in mine] == [0, 1, 2]
    assert numbers.count([]) == 2
    assert parts == whole


def test_labels_lie_on_the_nuclei(timelapse, tmp_path):
    path, _ = timelapse
    folder, _ = segmented(path, tmp_path)
    labels = frames.read_picture(folder, 0, 0)
    assert labels.dtype == np.uint32
    assert labels.max() == 2
    for number in (0, 1):
        overlap = (labels == number + 1) & mask_of(number)
        union = (labels == number + 1) | mask_of(number)
        # At a level of 50 of 255 the blur makes a sharp disc a pixel wider all round.
        assert overlap.sum() == mask_of(number).sum()
        assert union.sum() < np.pi * (DISCS[number][2] + 1.5) ** 2
    assert frames.read_picture(folder, 0, 1).max() == 0


def test_measurements_equal_a_loop_over_pixels(timelapse, tmp_path):
    path, pictures = timelapse
    folder, known = segmented(path, tmp_path)
    rows, after = measure_chunk(path, str(folder), known, "max", 3, "median", LOG)
    assert [(row["frame"], row["nucleus_id"]) for row in rows] == [(0, 0), (0, 1), (2, 0)]
    assert [frame.nuclei for frame in after.frames] == [2, 0, 1]
    for row in rows:
        labels = tifffile.imread(folder / frames.frame_name(0, row["frame"]))
        inside = labels == row["nucleus_id"] + 1
        assert row["area_px"] == inside.sum()
        assert row["area_um2"] == pytest.approx(inside.sum() * 0.25)
        nucleus, near = np.argwhere(inside), []
        for y, x in np.argwhere(labels == 0):
            if min(np.hypot(*(nucleus - (y, x)).T)) <= 3:
                near.append((y, x))
        assert row["perinuclear_area_px"] == len(near)
        for index, name in enumerate(["DAPI", "GFP"]):
            picture = pictures[row["frame"], index]
            total = sum(int(v) for v in picture[inside])
            assert row[f"{name}_sum"] == total
            assert type(row[f"{name}_sum"]) is int
            assert row[f"{name}_mean"] == pytest.approx(total / inside.sum())
            median = statistics.median(int(v) for v in picture[labels == 0])
            corrected = total - median * int(inside.sum())
            assert row[f"{name}_background_corrected_sum"] == pytest.approx(corrected)
            assert row[f"{name}_perinuclear_sum"] == sum(int(picture[y, x]) for y, x in near)
    for frame in after.frames:
        labels = tifffile.imread(folder / frames.frame_name(0, frame.frame))
        assert frame.nuclear_area_px == (labels > 0).sum()
        for index, name in enumerate(["DAPI", "GFP"]):
            picture = pictures[frame.frame, index]
            assert frame.signal[name].total == sum(map(int, picture.flat))
            assert frame.signal[name].nuclear == sum(map(int, picture[labels > 0]))


def test_without_ring_and_background_there_are_no_such_columns(timelapse, tmp_path):
    rows, known = measured(timelapse[0], tmp_path)
    assert not [name for name in rows[0] if "perinuclear" in name or "background" in name]
    assert known.frames[0].signal["DAPI"].background is None


def test_what_is_written_has_all_columns(timelapse, tmp_path):
    rows, known = measured(timelapse[0], tmp_path)
    write_chunk(str(tmp_path / "a.csv"), str(tmp_path / "a.json"), rows, known)
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert list(table[0]) == nucleus_columns(["DAPI", "GFP"])
    assert [int(row["DAPI_sum"]) for row in table] == [row["DAPI_sum"] for row in rows]
    assert {row["perinuclear_area_px"] for row in table} == {""}
    assert facts.read_measured(tmp_path / "a.json") == known


@pytest.mark.parametrize("value", [0, 1, 65535])
@pytest.mark.parametrize("level", [0, 50, 255, "otsu", "li", "triangle", "local"])
def test_a_frame_of_one_brightness_has_no_nuclei(tmp_path, value, level):
    planes = {(0, 0, c, 0): np.full((40, 50), value, np.uint16) for c in range(2)}
    path = write_czi(tmp_path / "a.czi", planes, ["DAPI", "GFP"])
    rows, known = measured(path, tmp_path, width=2, background="median", level=level)
    assert rows == []
    saturated = (2000, 0, 65535) if value == 65535 else (0, 0, None)
    assert known.frames[0].signal["GFP"] == facts.Signal(2000 * value, 0, value, *saturated)
    assert known.frames[0].focus is None and known.frames[0].covered_px == 2000


def test_floating_point_pixels(tmp_path):
    picture = nuclei_picture((0, 1)).astype(np.float32) + 0.25
    path = write_czi(tmp_path / "a.czi", {(0, 0, 0, 0): picture}, ["DAPI"])
    rows, _ = measured(path, tmp_path)
    labels = frames.read_picture(tmp_path / "labels 1of1", 0, 0)
    for row in rows:
        inside = labels == row["nucleus_id"] + 1
        assert row["DAPI_sum"] == picture[inside].astype(np.float64).sum()


def test_scenes_are_measured_each_on_its_own(tmp_path):
    planes = {
        (0, 0, 0, 0): [(0, 0, nuclei_picture((0, 1)))],
        (1, 0, 0, 0): [(500, 0, nuclei_picture((1,)))],
    }
    path = write_czi(tmp_path / "a.czi", planes, ["DAPI"])
    rows, _ = measured(path, tmp_path)
    assert [(row["scene"], row["nucleus_id"]) for row in rows] == [(0, 0), (0, 1), (1, 0)]
    one, other = rows[1], rows[2]
    assert (one["x_px"], one["y_px"]) == (other["x_px"], other["y_px"])


def test_what_was_dropped_and_by_which_minimum_area_is_known(tmp_path, caplog):
    """Two frames: nuclei of 12 pixels' radius and debris, one at the edge; and of 20 pixels'."""
    first = discs((30, 40), (90, 50), (2, 70)) | discs((60, 10), radius=3)
    second = discs((30, 40), (90, 50), radius=20)
    path = write_czi(tmp_path / "a.czi", {(0, t, 0, 0): p for t, p in enumerate((first, second))})
    with caplog.at_level(logging.INFO):
        rows, known = measured(path, tmp_path, minimum_area="auto", channel=0)
    assert [frame.nuclei for frame in known.frames] == [2, 2]
    assert (known.at_edge, known.too_small) == (1, 1)
    areas = [row["area_px"] for row in rows]
    assert known.minimum_area_px == (areas[0] / 4, areas[2] / 4)
    assert [frame.covered_px for frame in known.frames] == [96 * 128] * 2
    told = [text for text in caplog.messages if "nuclei, minimum area" in text]
    assert told[0].startswith(
        f"scene 0, frame 0: 2 nuclei, minimum area {areas[0] / 4:g} pixels, "
        "1 smaller objects left out, 1 dropped at the edge"
    )
    assert told[1].startswith(f"scene 0, frame 1: 2 nuclei, minimum area {areas[2] / 4:g} pixels (")


def test_the_minimum_area_in_micrometres(timelapse, tmp_path):
    path, _ = timelapse
    rows, _ = measured(path, tmp_path, chunk="1of3", minimum_area="75 um2")
    assert len(rows) == 1, "300 pixels: only the larger nucleus"
    assert rows[0]["area_px"] >= 300


@pytest.mark.parametrize(
    "how", [{"width": "2 um"}, {"minimum_area": "30 um2"}, {"channel": "mCher"}, {"channel": 1}]
)
def test_what_the_file_does_not_have_is_an_image_error(tmp_path, how):
    path = write_czi(tmp_path / "a.czi", {(0, 0, 0, 0): nuclei_picture((0,))}, ["DAPI"])
    with pytest.raises(ImageError):
        measured(path, tmp_path, **how)


def test_the_example_against_its_truth(tmp_path):
    rows, _ = measured(str(EXAMPLE / "still_1.czi"), tmp_path, minimum_area=200)
    with (EXAMPLE / "truth" / "still_1_nuclei.csv").open(newline="") as file:
        truth = [row for row in csv.DictReader(file) if row["touches_border"] == "false"]
    assert len(rows) == len(truth) == 8
    for row in rows:
        (true,) = (
            t
            for t in truth
            if np.hypot(float(t["x_px"]) - row["x_px"], float(t["y_px"]) - row["y_px"]) < 5
        )
        assert row["area_px"] == pytest.approx(int(true["area_px"]), rel=0.05)
        for name in ("DAPI", "AF488", "mCher"):
            assert row[f"{name}_sum"] == pytest.approx(int(true[f"{name}_sum"]), rel=0.02)


def test_label_images_of_many_nuclei_come_back(tmp_path):
    labels = np.arange(300 * 400, dtype=np.uint32).reshape(300, 400)
    dropped = labels == 5
    frames.write_labels(tmp_path, 12, 10_000, labels, dropped)
    frames.write_labels(tmp_path, 0, 0, labels, np.zeros_like(dropped))
    assert np.array_equal(frames.read_dropped(tmp_path, 12, 10_000), dropped)
    assert frames.read_dropped(tmp_path, 0, 0) is None
    assert (tmp_path / "s012_t10000.tif").exists()
    found = frames.read_picture(tmp_path, 12, 10_000)
    assert found.dtype == np.uint32
    assert np.array_equal(found, labels)
