"""The verification pictures of a file, and the pictures and tables of movement."""

import imagecodecs
import numpy as np
import openpyxl
import pandas as pd
import pytest
from czi_files import write_czi

from immunostain import frames, pictures
from immunostain.measurements import measure_chunk, write_chunk
from immunostain.movement import follow_nuclei
from immunostain.split import split_frames
from immunostain.verification import draw_image

SHAPE = (70, 100)


def square(x, size=20):
    labels = np.zeros(SHAPE, np.uint32)
    labels[25 : 25 + size, x : x + size] = 1
    return labels


def prepare(tmp_path, log, planes, labels, names):
    """Write a .czi file and label images; give its path, their folder and what is known."""
    path = write_czi(tmp_path / "a.czi", planes, names, 0.5)
    folder = tmp_path / "labels"
    folder.mkdir()
    about = split_frames(path, folder, "1of1", 0, "max", log)
    for (scene, frame), picture in labels.items():
        frames.write_labels(folder, scene, frame, picture, np.zeros(SHAPE, bool))
    frames.write_about(folder, about)
    return path, folder, about


@pytest.fixture
def log():
    import logging

    return logging.getLogger("immunostain.test")


def files(folder):
    return sorted(file.name for file in folder.iterdir())


@pytest.mark.parametrize("threads", [1, 3])
def test_pictures_of_every_frame_and_channel(tmp_path, log, threads):
    rng = np.random.default_rng(0)
    planes = {
        (0, t, c, 0): rng.integers(0, 4000, SHAPE, np.uint16) for t in range(2) for c in range(3)
    }
    names = ["DAPI", "a:b", "color"]
    labels = {(0, 0): square(10), (0, 1): np.zeros(SHAPE, np.uint32)}
    path, folder, about = prepare(tmp_path, log, planes, labels, names)
    out = tmp_path / "out"
    out.mkdir()
    draw_image(path, "plate 1__a", [(str(folder), about)], "max", out, threads)
    parts = ["DAPI", "a_b", "color (2)", "color"]
    assert files(out) == sorted(f"plate 1__a_{p}_t-{t}.png" for p in parts for t in range(2))

    grey = imagecodecs.imread(out / "plate 1__a_DAPI_t-0.png")
    colour = imagecodecs.imread(out / "plate 1__a_color_t-0.png")
    assert grey.shape == SHAPE
    assert colour.shape == (*SHAPE, 3)
    corners = [(25, 10), (25, 29), (44, 10), (44, 29)]
    for y, x in corners:
        assert grey[y, x] == 255
        assert colour[y, x].tolist() == [255, 255, 255]
    outside = ~square(10).astype(bool)
    plane = planes[0, 0, 0, 0].astype(float)
    stretched = (plane - plane.min()) * 255 / (plane.max() - plane.min())
    assert np.abs(grey - stretched)[outside].max() < 2, "nothing is drawn beyond the nucleus"

    bare = imagecodecs.imread(out / "plate 1__a_DAPI_t-1.png")
    plane = planes[0, 1, 0, 0].astype(float)
    stretched = (plane - plane.min()) * 255 / (plane.max() - plane.min())
    assert np.abs(bare - stretched).max() < 2, "no nuclei, nothing drawn"


def test_the_nuclear_channel_is_blue_wherever_it_stands(tmp_path, log):
    nuclear = square(10).astype(np.uint16) * 1000
    planes = {(0, 0, 0, 0): nuclear, (0, 0, 1, 0): np.zeros(SHAPE, np.uint16)}
    path, folder, about = prepare(tmp_path, log, planes, {(0, 0): square(60)}, ["DAPI", "GFP"])
    out = tmp_path / "out"
    out.mkdir()
    draw_image(path, "a", [(str(folder), about)], "max", out, 1)
    red, green, blue = imagecodecs.imread(out / "a_color_t-0.png")[30, 15]
    assert blue > 240
    assert max(red, green) < 110


def test_scenes_have_names_of_their_own(tmp_path, log):
    plane = square(30).astype(np.uint16) * 100
    planes = {(s, 0, 0, 0): [(300 * s, 0, plane)] for s in (0, 1)}
    labels = {(s, 0): square(30) for s in (0, 1)}
    path, folder, about = prepare(tmp_path, log, planes, labels, ["DAPI"])
    out = tmp_path / "out"
    out.mkdir()
    draw_image(path, "a", [(str(folder), about)], "max", out, 1)
    assert files(out) == sorted(
        f"a_s-{s}_{part}_t-0.png" for s in (0, 1) for part in ("DAPI", "color")
    )


@pytest.mark.parametrize("scenes", [1, 2])
def test_movement(tmp_path, log, scenes):
    labels = {(s, t): square(10 + 15 * t) for s in range(scenes) for t in range(4)}
    planes = {
        (s, t, 0, 0): [(300 * s, 0, picture.astype(np.uint16) * 1000 + 100)]
        for (s, t), picture in labels.items()
    }
    path, folder, about = prepare(tmp_path, log, planes, labels, ["DAPI"])
    rows, about = measure_chunk(path, str(folder), about, "max", 0, "none", log)
    write_chunk(str(tmp_path / "n.csv"), str(tmp_path / "n.json"), rows, about)
    out = tmp_path / "out"
    out.mkdir()
    chunks, tracks = [str(tmp_path / "n.csv")], str(tmp_path / "tracks.csv")
    follow_nuclei(path, "a", about, chunks, "10 um", 1, "max", out, tracks)

    parts = [""] if scenes == 1 else ["_s-0", "_s-1"]
    expected = ["a_movement_stat.xlsx", "a_tracks.csv"]
    assert files(out) == sorted(expected + [f"a{part}_overall_movement.png" for part in parts])
    table = pd.read_csv(tracks)
    assert (out / "a_tracks.csv").read_bytes() == (tmp_path / "tracks.csv").read_bytes()
    assert table["track_id"].tolist() == [s for s in range(scenes) for _ in range(4)]
    assert table["x_px"].tolist() == [19.5, 34.5, 49.5, 64.5] * scenes
    assert table["x_um"].tolist() == [9.75, 17.25, 24.75, 32.25] * scenes
    sheet = openpyxl.load_workbook(out / "a_movement_stat.xlsx").active
    assert sheet.max_row == 1 + 4 * scenes
    for part in parts:
        drawn = imagecodecs.imread(out / f"a{part}_overall_movement.png")
        scale = drawn.shape[0] // SHAPE[0]
        assert drawn.shape == (SHAPE[0] * scale, SHAPE[1] * scale, 3)
        track = parts.index(part)
        on_path = drawn[int(35 * scale), int(40 * scale)]
        assert tuple(on_path) == pictures.track_colour(track)


def test_movement_without_any_nucleus(tmp_path, log):
    labels = {(0, t): np.zeros(SHAPE, np.uint32) for t in range(2)}
    planes = {(0, t, 0, 0): np.full(SHAPE, 7, np.uint16) for t in range(2)}
    path, folder, about = prepare(tmp_path, log, planes, labels, ["DAPI"])
    rows, about = measure_chunk(path, str(folder), about, "max", 0, "none", log)
    write_chunk(str(tmp_path / "n.csv"), str(tmp_path / "n.json"), rows, about)
    out = tmp_path / "out"
    out.mkdir()
    tracks = str(tmp_path / "tracks.csv")
    follow_nuclei(path, "a", about, [str(tmp_path / "n.csv")], 100, 5, "max", out, tracks)
    assert len(pd.read_csv(tracks)) == 0
    assert files(out) == ["a_movement_stat.xlsx", "a_overall_movement.png", "a_tracks.csv"]
