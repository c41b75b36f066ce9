"""Crops of nuclei, cut from real files."""

import json
import logging

import imagecodecs
import numpy as np
import pytest
from czi_files import write_czi

from immunostain.images import frames
from immunostain.images.facts import FACTS_FILE, write_facts
from immunostain.images.splitting import split_frames
from immunostain.pictures.crops import (
    crops_of_images,
    cut_crops,
    drawn,
    grey_range,
    write_crops,
)
from immunostain.pictures.nuclei_to_show import ShownNucleus

LOG = logging.getLogger("immunostain.test")
SHAPE = (90, 120)
# Rows and columns of the nuclei, and how bright they are in GFP; the last one lies in a corner.
NUCLEI = [(slice(20, 40), slice(30, 50), 1000), (slice(60, 80), slice(60, 80), 3000)]
NUCLEI += [(slice(0, 10), slice(110, 120), 2000)]


def pictures(add=0):
    """Draw the label image and the planes of both channels."""
    labels, gfp = np.zeros(SHAPE, np.uint32), np.full(SHAPE, 100 + add, np.uint16)
    for number, (rows, columns, bright) in enumerate(NUCLEI):
        labels[rows, columns] = number + 1
        gfp[rows, columns] = bright + add
    return labels, np.where(labels > 0, 500, 50).astype(np.uint16), gfp


def prepare(folder, name="a.czi", times=1, scenes=1):
    """Write a file and its label images; give its path and their folder."""
    planes = {}
    for scene in range(scenes):
        for t in range(times):
            _, *channels = pictures(10 * t + 200 * scene)
            for c, plane in enumerate(channels):
                planes[scene, t, c, 0] = [(300 * scene, 0, plane)]
    path = write_czi(folder / name, planes, ["DAPI", "GFP"])
    labels = folder / f"labels of {name}"
    labels.mkdir()
    facts = split_frames(path, labels, "1of1", 0, "max", LOG)
    for frame in facts.frames:
        nothing = np.zeros(SHAPE, bool)
        frames.write_labels(labels, frame.scene, frame.frame, pictures()[0], nothing)
    write_facts(labels / FACTS_FILE, facts)
    return path, str(labels)


def nucleus(number, side=40.0, image="a", scene=0, frame=0, channel="GFP", kind="dimmest"):
    rows, columns, bright = NUCLEI[number]
    y, x = ((part.start + part.stop - 1) / 2 for part in (rows, columns))
    return ShownNucleus(
        channel, kind, image, scene, frame, number, x, y, side, float(bright), bright > 1500
    )


NAMES = {"GFP": "GFP", "DAPI": "DAPI"}


def test_a_crop_shows_the_nucleus_in_its_middle(tmp_path):
    path, labels = prepare(tmp_path)
    first, second = cut_crops(path, [labels], [nucleus(0), nucleus(1)], NAMES, "max")
    # 40 pixels are 96, so the 20 pixels of the nucleus are the 48 in the middle.
    for crop, bright in ((first, 1000), (second, 3000)):
        assert np.array_equal(np.argwhere(crop.nucleus).min(axis=0), (24, 24))
        assert np.array_equal(np.argwhere(crop.nucleus).max(axis=0), (71, 71))
        assert crop.nucleus.sum() == 48 * 48
        assert (crop.pixels[28:68, 28:68] == bright).all()
        assert (crop.pixels[:18, :] == 100).all() and crop.known.all()
        assert (crop.background, crop.bright) == (100, bright)
    assert grey_range([first, second]) == (100, 3000)


def test_the_line_lies_outside_of_what_was_measured(tmp_path):
    path, labels = prepare(tmp_path)
    (crop,) = cut_crops(path, [labels], [nucleus(1)], NAMES, "max")
    picture = drawn(crop, 100, 3000).astype(int)
    coloured = (picture[..., 0] != picture[..., 1]) | (picture[..., 1] != picture[..., 2])
    assert coloured.sum() == 4 * 48
    assert not (coloured & crop.nucleus).any()
    assert coloured[23, 24:72].all() and coloured[72, 24:72].all() and coloured[24:72, 23].all()
    assert (picture[30:66, 30:66] == 255).all() and (picture[:15] == 0).all()


def test_other_nuclei_of_the_surroundings_have_no_line_and_are_no_background(tmp_path):
    path, labels = prepare(tmp_path)
    (crop,) = cut_crops(path, [labels], [nucleus(0, side=96.0)], NAMES, "max")
    assert crop.nucleus.sum() == 400 and crop.known.sum() < 96 * 96
    assert (crop.background, crop.bright) == (100, 3000)


def test_beyond_the_edge_of_the_picture_is_another_colour_than_any_grey(tmp_path):
    path, labels = prepare(tmp_path)
    (crop,) = cut_crops(path, [labels], [nucleus(2, side=30.0)], NAMES, "max")
    picture = drawn(crop, 100, 2000).astype(int)
    # The nucleus is 10 of 30 pixels in the middle, so the upper and the right third lie beyond.
    assert not crop.known[:32].any() and not crop.known[:, 64:].any() and crop.known[32:, :64].all()
    for place in ((5, 5), (90, 90)):
        assert len(set(picture[place])) == 3
    assert picture[48, 48].tolist() == [255] * 3


def test_frames_scenes_and_channels_are_told_apart(tmp_path):
    path, labels = prepare(tmp_path, times=2, scenes=2)
    shown = [
        nucleus(1, scene=1, frame=1),
        nucleus(1, channel="nuclear"),
        nucleus(1, frame=1),
        nucleus(0, scene=1),
    ]
    names = {"GFP": "GFP", "nuclear": "DAPI"}
    crops = cut_crops(path, [labels], shown, names, "max")
    assert [crop.pixels[48, 48] for crop in crops] == [3210, 500, 3010, 1200]


def test_a_nucleus_larger_than_a_crop_is_scaled_down(tmp_path):
    y, x = np.indices((400, 400))
    labels = ((x - 200) ** 2 + (y - 200) ** 2 < 100**2).astype(np.uint32)
    plane = np.where(labels > 0, 1000, 100).astype(np.uint16)
    path = write_czi(tmp_path / "a.czi", {(0, 0, 0, 0): plane}, ["DAPI"])
    folder = tmp_path / "labels"
    folder.mkdir()
    facts = split_frames(path, folder, "1of1", 0, "max", LOG)
    frames.write_labels(folder, 0, 0, labels, np.zeros(labels.shape, bool))
    write_facts(folder / FACTS_FILE, facts)
    large = ShownNucleus("DAPI", "dimmest", "a", 0, 0, 0, 200.0, 200.0, 384.0, 1000.0, None)
    (crop,) = cut_crops(path, [str(folder)], [large], {"DAPI": "DAPI"}, "max")
    assert crop.nucleus.sum() * 16 == pytest.approx(labels.sum(), rel=0.02)
    assert crop.pixels[48, 48] == 1000 and crop.pixels[5, 5] == 100


def test_pixels_that_no_tile_covers_are_no_background(tmp_path):
    plane = np.full((60, 60), 1000, np.uint16)
    path = write_czi(tmp_path / "a.czi", {(0, 0, 0, 0): [(0, 0, plane), (60, 60, plane)]}, ["DAPI"])
    folder = tmp_path / "labels"
    folder.mkdir()
    labels = np.zeros((120, 120), np.uint32)
    labels[20:40, 20:40] = 1
    facts = split_frames(path, folder, "1of1", 0, "max", LOG)
    frames.write_labels(folder, 0, 0, labels, np.zeros(labels.shape, bool))
    write_facts(folder / FACTS_FILE, facts)
    shown = ShownNucleus("DAPI", "dimmest", "a", 0, 0, 0, 29.5, 29.5, 96.0, 1000.0, None)
    (crop,) = cut_crops(path, [str(folder)], [shown], {"DAPI": "DAPI"}, "max")
    assert crop.background == 1000
    assert not crop.known[:18].any() and not crop.known[-17:, 40:75].any()
    assert (crop.pixels[crop.known] == 1000).all()


def test_an_image_that_cannot_be_read_any_more_gives_no_crops(tmp_path, caplog):
    files, labels = {}, {}
    for name in ("a", "bad", "c"):
        files[name], folder = prepare(tmp_path, f"{name}.czi")
        labels[name] = [folder]
    with open(files["bad"], "r+b") as file:
        file.truncate(3000)
    shown = [nucleus(n, image=image) for image in ("c", "bad", "a") for n in (0, 1)]
    with caplog.at_level(logging.WARNING, LOG.name):
        crops = crops_of_images(files, labels, shown, NAMES, "max", LOG)
    assert [crop is None for crop in crops] == [False, False, True, True, False, False]
    (record,) = caplog.records
    assert "no nuclei of bad are shown, it can't be read" in record.getMessage()
    out = tmp_path / "out"
    out.mkdir()
    write_crops(out, shown, crops)
    told = json.loads((out / "crops.json").read_text(encoding="utf-8"))
    assert [crop["image"] for crop in told["crops"]] == ["c", "c", "a", "a"]


def test_only_images_of_nuclei_that_are_shown_are_opened(tmp_path):
    path, folder = prepare(tmp_path)
    files = {"a": path, "not there": str(tmp_path / "none.czi")}
    (crop,) = crops_of_images(files, {"a": [folder]}, [nucleus(0)], NAMES, "max", LOG)
    assert crop.background == 100


def test_what_is_written(tmp_path):
    path, labels = prepare(tmp_path)
    shown = [
        nucleus(0, channel='G/P "ü"'),
        nucleus(1, channel='G/P "ü"', kind="above_level"),
        nucleus(0, channel="DAPI"),
    ]
    names = {'G/P "ü"': "GFP", "DAPI": "DAPI"}
    out = tmp_path / "out"
    out.mkdir()
    write_crops(out, shown, cut_crops(path, [labels], shown, names, "max"))
    told = json.loads((out / "crops.json").read_text(encoding="utf-8"))
    assert told["channels"] == {
        'G/P "ü"': {"low": 100, "high": 3000},
        "DAPI": {"low": 50, "high": 500},
    }
    assert [crop["file"] for crop in told["crops"]] == [
        "G_P _ü__00.webp",
        "G_P _ü__01.webp",
        "DAPI_00.webp",
    ]
    assert told["crops"][1] == {
        "channel": 'G/P "ü"',
        "kind": "above_level",
        "image": "a",
        "scene": 0,
        "frame": 0,
        "nucleus_id": 1,
        "mean": 3000,
        "positive": True,
        "file": "G_P _ü__01.webp",
    }
    dim, bright, _ = (
        imagecodecs.webp_decode((out / crop["file"]).read_bytes()) for crop in told["crops"]
    )
    assert dim.shape[:2] == (96, 96)
    # 1000 and 3000 on the same scale of 100 to 3000.
    assert dim[48, 48, :3] == pytest.approx([79] * 3, abs=4)
    assert bright[48, 48, :3] == pytest.approx([255] * 3, abs=4)


def test_without_nuclei_there_is_an_empty_list(tmp_path):
    write_crops(tmp_path, [], crops_of_images({}, {}, [], {}, "max", LOG))
    told = json.loads((tmp_path / "crops.json").read_text(encoding="utf-8"))
    assert told == {"channels": {}, "crops": []}
    assert len(list(tmp_path.iterdir())) == 1
