"""The verification pictures of a file."""

import zipfile

import imagecodecs
import numpy as np
import pytest
from czi_files import write_czi

from immunostain.images import frames
from immunostain.images.facts import FACTS_FILE, write_facts
from immunostain.images.runs import runs_of
from immunostain.images.splitting import split_frames
from immunostain.measuring.shapes import centres
from immunostain.pictures.annotate import letter_size, outlines, write_ids
from immunostain.pictures.of_frames import draw_image
from immunostain.pictures.stretch import for_the_eye, places_of
from immunostain.shared import borders, large_pictures

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
    facts = split_frames(path, folder, "1of1", 0, "max", log)
    for (scene, frame), picture in labels.items():
        frames.write_labels(folder, scene, frame, picture, np.zeros(SHAPE, bool))
    write_facts(folder / FACTS_FILE, facts)
    return path, folder, facts


@pytest.fixture
def log():
    import logging

    return logging.getLogger("immunostain.test")


def small(tmp_path):
    """Give the folder for thumbnails."""
    folder = tmp_path / "small"
    folder.mkdir(exist_ok=True)
    return folder


def rois(tmp_path):
    """Give the file of ROIs."""
    return tmp_path / "rois.zip"


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
    path, folder, facts = prepare(tmp_path, log, planes, labels, names)
    out = tmp_path / "out"
    out.mkdir()
    draw_image(
        path,
        "plate 1__a",
        [(str(folder), facts)],
        {},
        "max",
        out,
        small(tmp_path),
        rois(tmp_path),
        threads,
    )
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
    stretched = for_the_eye(planes[0, 0, 0, 0], places_of(runs_of(square(10))))
    assert np.array_equal(grey[outside], stretched[outside]), "nothing is drawn beyond the nucleus"

    assert files(small(tmp_path)) == ["s000_t0000.webp"], "only the first frame"

    bare = imagecodecs.imread(out / "plate 1__a_DAPI_t-1.png")
    stretched = for_the_eye(planes[0, 1, 0, 0])
    assert np.array_equal(bare, stretched), "no nuclei, nothing drawn"


def test_the_nuclear_channel_is_blue_wherever_it_stands(tmp_path, log):
    nuclear = square(10).astype(np.uint16) * 1000
    planes = {(0, 0, 0, 0): nuclear, (0, 0, 1, 0): np.zeros(SHAPE, np.uint16)}
    path, folder, facts = prepare(tmp_path, log, planes, {(0, 0): square(60)}, ["DAPI", "GFP"])
    out = tmp_path / "out"
    out.mkdir()
    draw_image(
        path, "a", [(str(folder), facts)], {}, "max", out, small(tmp_path), rois(tmp_path), 1
    )
    red, green, blue = imagecodecs.imread(out / "a_color_t-0.png")[30, 15]
    assert blue > 240
    assert max(red, green) < 110


def test_scenes_have_names_of_their_own(tmp_path, log):
    plane = square(30).astype(np.uint16) * 100
    planes = {(s, 0, 0, 0): [(300 * s, 0, plane)] for s in (0, 1)}
    labels = {(s, 0): square(30) for s in (0, 1)}
    path, folder, facts = prepare(tmp_path, log, planes, labels, ["DAPI"])
    out = tmp_path / "out"
    out.mkdir()
    draw_image(
        path, "a", [(str(folder), facts)], {}, "max", out, small(tmp_path), rois(tmp_path), 1
    )
    assert files(out) == sorted(
        f"a_s-{s}_{part}_t-0.png" for s in (0, 1) for part in ("DAPI", "color")
    )
    assert files(small(tmp_path)) == ["s000_t0000.webp", "s001_t0000.webp"]


def test_a_nucleus_has_the_number_of_its_track_in_all_frames(tmp_path, log):
    """Frames that were not tracked have the ids of nuclei."""
    both = square(10) + 2 * square(60)
    labels = {(0, 0): both, (0, 1): square(30), (0, 2): square(30)}
    planes = {(0, t, 0, 0): np.full(SHAPE, 7, np.uint16) for t in range(3)}
    path, folder, facts = prepare(tmp_path, log, planes, labels, ["DAPI"])
    out = tmp_path / "out"
    out.mkdir()
    tracks = {(0, 0): {0: 35, 1: 4}, (0, 1): {0: 4}, (1, 2): {0: 9}}
    draw_image(
        path, "a", [(str(folder), facts)], tracks, "max", out, small(tmp_path), rois(tmp_path), 1
    )
    for t, written in enumerate([[35, 4], [4], [0]]):
        drawn = imagecodecs.imread(out / f"a_DAPI_t-{t}.png")
        areas, x, y = centres(runs_of(labels[0, t]))
        size = letter_size(areas, SHAPE)
        white, black = outlines(labels[0, t]), np.zeros(SHAPE, bool)
        write_ids(white, black, written, x, y, size)
        assert np.array_equal(drawn == 255, white)


def test_pictures_that_are_drawn_in_bands_are_the_same(tmp_path, log, monkeypatch):
    rng = np.random.default_rng(1)
    planes = {(0, 0, c, 0): rng.integers(0, 4000, SHAPE, np.uint16) for c in range(3)}
    labels = {(0, 0): square(10, 40) + 2 * square(60)}
    path, folder, facts = prepare(tmp_path, log, planes, labels, ["DAPI", "GFP", "mCher"])
    for name in ("whole", "bands"):
        (tmp_path / name).mkdir()
        draw_image(
            path,
            "a",
            [(str(folder), facts)],
            {},
            "max",
            tmp_path / name,
            small(tmp_path),
            tmp_path / f"{name}.zip",
            1,
        )
        monkeypatch.setattr(large_pictures, "AT_ONCE", 700)
        monkeypatch.setattr(borders, "IN_CACHE", 500)
        for module in ("of_frames", "png"):
            monkeypatch.setattr(f"immunostain.pictures.{module}.DRAWN_AT_A_TIME", 300)
    assert len(files(tmp_path / "whole")) == 4
    for name in files(tmp_path / "whole"):
        drawn = [imagecodecs.imread(tmp_path / how / name) for how in ("whole", "bands")]
        assert np.array_equal(*drawn)
    assert (tmp_path / "whole.zip").read_bytes() == (tmp_path / "bands.zip").read_bytes()


@pytest.mark.parametrize("threads", [1, 3])
def test_there_is_a_roi_for_each_nucleus_in_the_order_of_frames(tmp_path, log, threads):
    planes = {(0, t, 0, 0): np.full(SHAPE, 100, np.uint16) for t in range(3)}
    labels = {(0, 0): square(10), (0, 1): np.zeros(SHAPE, np.uint32)}
    labels[0, 2] = square(10) + 2 * square(60)
    path, folder, facts = prepare(tmp_path, log, planes, labels, ["DAPI"])
    out = (tmp_path, small(tmp_path), rois(tmp_path))
    draw_image(path, "a", [(str(folder), facts)], {}, "max", *out, threads)
    with zipfile.ZipFile(rois(tmp_path)) as file:
        names = ["s000_t0000_0.roi", "s000_t0002_0.roi", "s000_t0002_1.roi"]
        assert file.namelist() == names


def test_tracks_of_other_scenes_do_not_count(tmp_path, log):
    plane = square(30).astype(np.uint16) * 100
    planes = {(s, 0, 0, 0): [(300 * s, 0, plane)] for s in (0, 1)}
    labels = {(s, 0): square(30) for s in (0, 1)}
    path, folder, facts = prepare(tmp_path, log, planes, labels, ["DAPI"])
    drawn = {}
    for name, tracks in {"none": {}, "one": {(1, 0): {0: 77}}}.items():
        (tmp_path / name).mkdir()
        out = (tmp_path / name, small(tmp_path), rois(tmp_path))
        draw_image(path, "a", [(str(folder), facts)], tracks, "max", *out, 2)
        drawn[name] = [
            (tmp_path / name / f"a_s-{s}_{part}_t-0.png").read_bytes()
            for s in (0, 1)
            for part in ("DAPI", "color")
        ]
    same = [one == other for one, other in zip(drawn["none"], drawn["one"], strict=True)]
    assert same == [True, True, False, False]
