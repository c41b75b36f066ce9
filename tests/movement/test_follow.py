"""Following the nuclei of a .czi file, from label images to all that users see."""

import json
import logging
from dataclasses import replace

import imagecodecs
import numpy as np
import openpyxl
import pandas as pd
import pytest
import tifffile
from czi_files import write_czi
from tracked_scenes import label_image, scene, shape_of

from immunostain.czi.image import open_czi
from immunostain.exports import of_scene
from immunostain.exports.of_scene import export_scene
from immunostain.images import frames
from immunostain.images.facts import FACTS_FILE, of_all_chunks, write_facts
from immunostain.images.splitting import split_frames
from immunostain.measuring.columns import TRACK_COLUMNS
from immunostain.movement.follow import follow_nuclei
from immunostain.pictures.colours import track_colour
from immunostain.shared.errors import ImageError
from immunostain.tracking.scene import TrackedScene, tracked_scenes
from immunostain.tracking.settings import TrackingSettings

LOG = logging.getLogger("immunostain.test")
SHAPE = (70, 100)
SETTINGS = TrackingSettings("10 um", 1, True, drift_correction=False, movie=False, exports=())
EXPORTS = ["labels", "ctc", "geff", "trackmate"]
TABLES = ["a_motility.csv", "a_movement_stat.xlsx", "a_msd.csv", "a_tracks.csv"]
PLOTS = ["a_msd.png", "a_rose.png", "a_speeds.png"]


def square(x, size=20):
    labels = np.zeros(SHAPE, np.uint32)
    labels[25 : 25 + size, x : x + size] = 1
    return labels


def prepare(tmp_path, planes, labels, pixel_um=0.5, chunks=1):
    """Write a .czi file and label images; give its path, their folders and what is known."""
    path = write_czi(tmp_path / "a.czi", planes, ["DAPI"], pixel_um)
    folders, parts = [], []
    for number in range(1, chunks + 1):
        folder = tmp_path / f"labels {number}"
        folder.mkdir()
        parts.append(split_frames(path, folder, f"{number}of{chunks}", 0, "max", LOG))
        for frame in parts[-1].frames:
            picture = labels[frame.scene, frame.frame]
            none = np.zeros(picture.shape, bool)
            frames.write_labels(folder, frame.scene, frame.frame, picture, none)
        write_facts(folder / FACTS_FILE, parts[-1])
        folders.append(str(folder))
    return path, folders, of_all_chunks(parts)


def follow(tmp_path, planes, labels, pixel_um=0.5, chunks=1, **settings):
    """Follow nuclei; give the folder of what users see and the table of tracks."""
    path, folders, facts = prepare(tmp_path, planes, labels, pixel_um, chunks)
    out, tracks = tmp_path / "out", str(tmp_path / "tracks.csv")
    out.mkdir()
    follow_nuclei(path, "a", facts, folders, replace(SETTINGS, **settings), "max", out, tracks, 2)
    return out, pd.read_csv(tracks)


def files(folder):
    return sorted(file.name for file in folder.iterdir())


def running(scenes=1):
    """Draw one nucleus per scene that moves 15 pixels a frame."""
    labels = {(s, t): square(10 + 15 * t) for s in range(scenes) for t in range(4)}
    planes = {
        (s, t, 0, 0): [(300 * s, 0, picture.astype(np.uint16) * 1000 + 100)]
        for (s, t), picture in labels.items()
    }
    return planes, labels


@pytest.mark.parametrize("scenes", [1, 2])
def test_tables_plots_and_pictures(tmp_path, scenes):
    planes, labels = running(scenes)
    out, table = follow(tmp_path, planes, labels)
    names = ["a"] if scenes == 1 else ["a_s-0", "a_s-1"]
    drawn = [f"{name}_overall_movement.png" for name in names]
    assert files(out) == sorted(TABLES + PLOTS + drawn)
    assert (out / "a_tracks.csv").read_bytes() == (tmp_path / "tracks.csv").read_bytes()
    assert list(table.columns) == TRACK_COLUMNS
    assert table["track_id"].tolist() == [s + 1 for s in range(scenes) for _ in range(4)]
    assert table["parent_track_id"].isna().all()
    assert table["nucleus_id"].tolist() == [0] * 4 * scenes
    assert table["x_px"].tolist() == [19.5, 34.5, 49.5, 64.5] * scenes
    assert table["x_um"].tolist() == [9.75, 17.25, 24.75, 32.25] * scenes
    sheet = openpyxl.load_workbook(out / "a_movement_stat.xlsx").active
    assert sheet.max_row == 1 + 4 * scenes
    motility = pd.read_csv(out / "a_motility.csv")
    assert motility["path_length_um"].tolist() == [22.5] * scenes
    assert motility["straightness"].tolist() == [1] * scenes
    for track, name in enumerate(drawn, 1):
        picture = imagecodecs.imread(out / name)
        scale = picture.shape[0] // SHAPE[0]
        assert picture.shape == (SHAPE[0] * scale, SHAPE[1] * scale, 3)
        on_path = picture[35 * scale, 40 * scale]
        assert tuple(on_path) == track_colour(track)


def test_movies_and_exports_are_made_where_they_are_asked_for(tmp_path):
    planes, labels = running(2)
    out, _ = follow(tmp_path, planes, labels, movie=True, exports=EXPORTS)
    assert {"a_s-0_movie.mp4", "a_s-1_movie.mp4"} < set(files(out))
    assert files(out / "exports") == sorted(
        f"a_s-{s}{end}"
        for s in (0, 1)
        for end in (".geff", "_ctc", "_trackmate.xml", "_tracks.ome.tif")
    )
    masks = tifffile.imread(out / "exports" / "a_s-1_tracks.ome.tif")
    for t in range(4):
        assert np.array_equal(masks[t], labels[1, t] * 2), "the pixels' values are track ids"


@pytest.mark.parametrize("chunks", [2, 3, 6])
def test_frames_of_several_chunks_are_one_timelapse(tmp_path, chunks):
    planes, labels = running()
    _, table = follow(tmp_path, planes, labels, chunks=chunks)
    assert table["frame"].tolist() == [0, 1, 2, 3]
    assert set(table["track_id"]) == {1}


@pytest.mark.parametrize(("search_range", "tracks"), [("7.6 um", 1), ("7.4 um", 4), (15.1, 1)])
def test_the_search_range_can_be_in_micrometres(tmp_path, search_range, tracks):
    planes, labels = running()
    _, table = follow(tmp_path, planes, labels, search_range=search_range)
    assert table["track_id"].nunique() == tracks


def test_a_search_range_in_micrometres_needs_a_pixel_size(tmp_path):
    planes, labels = running()
    with pytest.raises(ImageError, match="how large a pixel is"):
        follow(tmp_path, planes, labels, pixel_um=0.0)
    assert files(tmp_path / "out") == []


def test_without_a_pixel_size_lengths_are_in_pixels(tmp_path):
    planes, labels = running()
    out, table = follow(tmp_path, planes, labels, 0.0, search_range="auto", exports=EXPORTS)
    assert table["track_id"].tolist() == [1] * 4
    assert table["x_um"].isna().all()
    assert pd.read_csv(out / "a_motility.csv")["path_length_px"].tolist() == [45]
    assert len(files(out / "exports")) == 4


@pytest.mark.parametrize("exports", [[], EXPORTS])
def test_a_timelapse_without_any_nucleus(tmp_path, exports):
    labels = {(0, t): np.zeros(SHAPE, np.uint32) for t in range(2)}
    planes = {(0, t, 0, 0): np.full(SHAPE, 7, np.uint16) for t in range(2)}
    out, table = follow(tmp_path, planes, labels, movie=True, exports=exports)
    assert len(table) == 0
    assert list(table.columns) == TRACK_COLUMNS
    expected = {*TABLES, *PLOTS, "a_overall_movement.png", "a_movie.mp4"}
    assert set(files(out)) - {"exports"} == expected


def test_frames_without_nuclei_in_the_middle_and_at_the_end(tmp_path):
    planes, labels = running()
    for t in (1, 3):
        labels[0, t] = np.zeros(SHAPE, np.uint32)
    out, table = follow(
        tmp_path,
        planes,
        labels,
        search_range=40,
        movie=True,
        exports=EXPORTS,
        drift_correction=True,
    )
    assert table["frame"].tolist() == [0, 2]
    assert "a_movie.mp4" in files(out)
    assert len(tifffile.imread(out / "exports" / "a_tracks.ome.tif")) == 4


def grid_of_nuclei(shape, pitch=30, radius=8, seed=0):
    """Draw a large label image and its picture; nuclei lie somewhat off a grid."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(shape, np.uint32)
    y, x = np.indices(shape)
    places = [
        np.array([cy, cx]) + rng.integers(-4, 5, 2)
        for cy in range(pitch // 2, shape[0], pitch)
        for cx in range(pitch // 2, shape[1], pitch)
    ]
    for number, (cy, cx) in enumerate(places, 1):
        labels[(y - cy) ** 2 + (x - cx) ** 2 <= radius**2] = number
    light = rng.uniform(2000, 6000, len(places) + 1)
    light[0] = 200
    return labels, light[labels].astype(np.uint16)


def numbered(part):
    """Number the nuclei of a part of a label image anew, from 1."""
    return np.unique(part, return_inverse=True)[1].reshape(part.shape).astype(np.uint32)


def test_with_drift_correction_nuclei_move_as_if_the_stage_stood_still(tmp_path):
    large, light = grid_of_nuclei((300, 320))
    corners = np.array([(40, 60), (53, 51), (60, 71), (45, 80), (38, 66)])  # of the picture, (y, x)
    results = {}
    for name, places in {"still": corners[:1].repeat(5, axis=0), "drifting": corners}.items():
        cut = [np.s_[y : y + 210, x : x + 220] for y, x in places]
        labels = {(0, t): numbered(large[part]) for t, part in enumerate(cut)}
        planes = {(0, t, 0, 0): light[part] for t, part in enumerate(cut)}
        for corrected in (True, False):
            folder = tmp_path / f"{name} {corrected}"
            folder.mkdir()
            results[name, corrected] = follow(
                folder, planes, labels, search_range=6, memory_frames=0, drift_correction=corrected
            )
    out, table = results["drifting", True]
    drift = (corners[0] - corners)[table["frame"]]
    assert table["drift_x_px"].to_numpy() == pytest.approx(drift[:, 1], abs=0.3)
    assert table["drift_y_px"].to_numpy() == pytest.approx(drift[:, 0], abs=0.3)
    # Places are those in the pictures.
    for row in table.itertuples():
        y, x = corners[row.frame]
        labels = numbered(large[y : y + 210, x : x + 220])
        middle = np.argwhere(labels == row.nucleus_id + 1).mean(0)
        assert (row.y_px, row.x_px) == pytest.approx(middle)
    # Nuclei that are whole in all pictures have one track each and do not move.
    inside = np.unique(large[60 + 9 : 38 + 210 - 9, 80 + 9 : 51 + 220 - 9])
    assert len(inside) > 20
    motility = pd.read_csv(out / "a_motility.csv")
    whole = motility[motility["frames_seen"] == 5]
    assert len(whole) >= len(inside) - 1
    assert whole["net_displacement_um"].median() < 0.15
    assert table["x_um"].to_numpy() == pytest.approx(table["x_px"].to_numpy() / 2)
    # Those of a stage that stood still are the same, and without correction none is followed.
    still, still_table = results["still", True]
    assert (still_table["drift_x_px"] == 0).all()
    assert (pd.read_csv(still / "a_motility.csv")["net_displacement_um"] == 0).all()
    _, lost = results["drifting", False]
    assert (lost.groupby("track_id").size() == 5).sum() == 0
    assert "drift_x_px" not in lost
    _, usual = results["still", False]
    pd.testing.assert_frame_equal(usual, still_table[TRACK_COLUMNS])


def test_brightness_of_the_nuclear_stain_tells_nuclei_apart(tmp_path):
    """Two nuclei change places from one frame to the next."""
    bright, dim = 4000, 500
    shape = (60, 260)
    labels, planes = {}, {}
    for t in range(2):
        labels[0, t] = np.zeros(shape, np.uint32)
        light = np.full(shape, 100, np.uint16)
        for n in range(9):
            y, x = (5 if n % 2 else 35), 5 + 28 * n
            labels[0, t][y : y + 12, x + t : x + t + 12] = n + 1
            light[labels[0, t] == n + 1] = dim
        one, other = (14, 28) if t == 0 else (28, 14)
        for n, y, level in ((9, one, bright), (10, other, dim)):
            labels[0, t][y : y + 10, 240:250] = n + 1
            light[y : y + 10, 240:250] = level
        labels[0, t] = numbered(labels[0, t])
        planes[0, t, 0, 0] = light
    _, table = follow(tmp_path, planes, labels, search_range=30, divisions=False)
    track = table.set_index(["frame", "nucleus_id"])["track_id"]
    assert track[0, 9] == track[1, 9]
    assert track[0, 10] == track[1, 10]


def test_a_division_is_in_the_tables_and_in_the_lineages(tmp_path):
    shape = (120, 300)
    y, x = np.indices(shape)
    labels, planes = {}, {}
    for t in range(6):
        picture = np.zeros(shape, np.uint32)
        places = [(30, 40 + 60 * n, 12) for n in range(5)]
        places += [(85, 150, 12)] if t < 3 else [(85, 138, 8), (85, 162, 9)]
        for number, (cy, cx, radius) in enumerate(places, 1):
            picture[(y - cy) ** 2 + (x - cx) ** 2 <= radius**2] = number
        labels[0, t] = picture
        planes[0, t, 0, 0] = (picture > 0).astype(np.uint16) * 3000 + 100
    (tmp_path / "on").mkdir()
    out, table = follow(tmp_path / "on", planes, labels, search_range="auto")
    mother = table.loc[(table["nucleus_id"] == 5) & (table["frame"] < 3), "track_id"].unique()
    daughters = table[(table["nucleus_id"] >= 5) & (table["frame"] >= 3)]
    assert daughters["track_id"].nunique() == 2
    assert set(daughters["parent_track_id"]) == set(mother)
    assert table["parent_track_id"].notna().sum() == len(daughters) == 6
    assert "a_lineages.png" in files(out)
    motility = pd.read_csv(out / "a_motility.csv").set_index("track_id")
    assert (motility.loc[daughters["track_id"], "parent_track_id"] == mother[0]).all()
    (tmp_path / "off").mkdir()
    out, table = follow(tmp_path / "off", planes, labels, search_range="auto", divisions=False)
    assert table["parent_track_id"].isna().all()
    assert "a_lineages.png" not in files(out)


# ---- the frames of a scene ----


def test_scenes_read_their_own_frames(tmp_path):
    planes = {
        (s, t, 0, 0): [(300 * s, 0, np.full(SHAPE, 10 * s + t, np.uint16))]
        for s in range(2)
        for t in range(3)
    }
    labels = {(s, t): square(10 * s + 5 * t) for s in range(2) for t in range(3)}
    path, folders, facts = prepare(tmp_path, planes, labels, chunks=4)
    facts = replace(facts, frames=facts.frames[::-1])
    found = tracked_scenes(open_czi(path), facts, folders, "max")
    assert [each.number for each in found] == [0, 1]
    for each in found:
        assert each.frames == [0, 1, 2]
        assert len(each.times_s) == 3
        assert each.shape == SHAPE
        assert each.pixel_size_um == pytest.approx((0.5, 0.5))
        for t in range(3):
            assert (each.picture(t) == 10 * each.number + t).all()
            assert np.array_equal(each.labels(t), labels[each.number, t])
        assert each.labels(3) is None


def test_frames_that_were_not_analysed_are_not_there(tmp_path):
    planes, labels = running(2)
    path, folders, facts = prepare(tmp_path, planes, labels)
    some = tuple(f for f in facts.frames if f.scene == 0 and f.frame != 1)
    facts = replace(facts, frames=some, pixel_size_um=None)
    write_facts(tmp_path / "labels 1" / FACTS_FILE, facts)
    one, other = tracked_scenes(open_czi(path), facts, folders, "max")
    assert one.frames == [0, 2, 3]
    assert one.pixel_size_um is None
    assert one.labels(1) is None
    assert other.frames == other.times_s == []


def test_a_scene_without_frames_is_left_out_and_frames_keep_their_numbers(tmp_path):
    planes, labels = running(2)
    path, folders, facts = prepare(tmp_path, planes, labels)
    some = tuple(f for f in facts.frames if f.scene == 1 and f.frame != 2)
    facts = replace(facts, frames=some)
    write_facts(tmp_path / "labels 1" / FACTS_FILE, facts)
    out = tmp_path / "out"
    out.mkdir()
    settings = replace(SETTINGS, search_range=40, movie=True, exports=tuple(EXPORTS))
    tracks = str(tmp_path / "tracks.csv")
    follow_nuclei(path, "a", facts, folders, settings, "max", out, tracks, 2)
    table = pd.read_csv(tracks)
    assert table["frame"].tolist() == [0, 1, 3]
    assert table["track_id"].tolist() == [1, 1, 1]
    assert "a_s-1_movie.mp4" in files(out)
    assert "a_s-0_movie.mp4" not in files(out)
    masks = tifffile.imread(out / "exports" / "a_s-1_tracks.ome.tif")
    assert len(masks) == 4
    assert not masks[2].any()


# ---- formats of other programs ----


def small_scene(table):
    """Make a scene that reads its label images from a table; no picture is needed."""
    last = int(table["frame"].max())
    return TrackedScene(
        number=0,
        shape=shape_of(table),
        frames=list(range(last + 1)),
        times_s=[60.0 * frame for frame in range(last + 1)],
        pixel_size_um=(0.5, 0.25),
        image=None,
        refs={},
        channel=None,
        z_projection="max",
        labels=lambda frame: label_image(table, frame),
    )


TABLE = scene({1: [0, 1, 2], 2: [3, 4], 3: [3, 5]}, {2: 1, 3: 1})
WRITTEN = {
    "labels": "a_tracks.ome.tif",
    "ctc": "a_ctc",
    "geff": "a.geff",
    "trackmate": "a_trackmate.xml",
}


@pytest.mark.parametrize("formats", [EXPORTS, ["geff"], ["trackmate", "labels"], []])
def test_each_format_that_is_asked_for_is_written(tmp_path, formats):
    folder = tmp_path / "exports"
    export_scene(folder, "a", small_scene(TABLE), TABLE, formats, tmp_path / "a.czi")
    found = files(folder) if folder.exists() else []
    assert found == sorted(WRITTEN[each] for each in formats)


def test_what_formats_are_given(tmp_path):
    export_scene(tmp_path, "a", small_scene(TABLE), TABLE, EXPORTS, tmp_path / "b.czi")
    with tifffile.TiffFile(tmp_path / "a_tracks.ome.tif") as file:
        masks, metadata = file.asarray(), file.ome_metadata
    assert masks.shape == (6, *shape_of(TABLE))
    assert set(np.unique(masks).tolist()) == {0, 1, 2, 3}
    assert 'PhysicalSizeX="0.5"' in metadata
    assert 'PhysicalSizeY="0.25"' in metadata
    assert 'TimeIncrement="60.0"' in metadata
    lines = (tmp_path / "a_ctc" / "res_track.txt").read_text().splitlines()
    assert lines == ["1 0 2 0", "2 3 4 1", "3 3 3 1", "4 5 5 3"]
    assert len(files(tmp_path / "a_ctc")) == 7
    assert "b.czi" in (tmp_path / "a_trackmate.xml").read_text(encoding="utf-8")
    space = json.loads((tmp_path / "a.geff" / ".zattrs").read_text())["geff"]["axes"]
    assert {axis["unit"] for axis in space} == {"frame", "micrometer"}


@pytest.mark.parametrize("failing", EXPORTS)
def test_a_format_that_fails_leaves_the_others(tmp_path, monkeypatch, caplog, failing):
    writer = {"labels": "write_track_masks"}.get(failing, f"write_{failing}")

    def fail(*_):
        raise ImageError("too many tracks")

    monkeypatch.setattr(of_scene, writer, fail)
    export_scene(tmp_path, "a", small_scene(TABLE), TABLE, EXPORTS, tmp_path / "a.czi")
    assert files(tmp_path) == sorted(WRITTEN[each] for each in EXPORTS if each != failing)
    assert f"a: {failing} was left out: too many tracks" in caplog.text


def test_tracks_that_the_format_cannot_hold(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("immunostain.exports.ctc._MOST", 3)
    export_scene(tmp_path, "a", small_scene(TABLE), TABLE, EXPORTS, tmp_path / "a.czi")
    assert files(tmp_path) == sorted(WRITTEN[each] for each in EXPORTS if each != "ctc")
    assert "ctc was left out: there are 4 tracks" in caplog.text


@pytest.mark.parametrize("formats", [EXPORTS])
def test_a_scene_without_any_track_has_its_files(tmp_path, formats):
    nothing = scene({}, without_track=[0, 2])
    export_scene(tmp_path, "a", small_scene(nothing), nothing, formats, tmp_path / "a.czi")
    assert files(tmp_path) == sorted(WRITTEN.values())
    assert not tifffile.imread(tmp_path / "a_tracks.ome.tif").any()
