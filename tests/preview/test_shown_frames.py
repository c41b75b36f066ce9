"""Frames that are shown, as files: each is found again, and an image that can't be read is told."""

from pathlib import Path

import numpy as np
import pytest
from czi_files import write_czi

from immunostain.images.frames import read_frame
from immunostain.preview.choose import ShownFrame
from immunostain.preview.folder import Reading, describe_all
from immunostain.preview.shown_frames import (
    frames_folder,
    look_at,
    read_choice,
    write_choice,
    write_shown,
)

HOW = Reading(nuclear_channel="DAPI", z_projection="max")
BOTH = [ShownFrame(0, 0, ((0, 0), (0, 1))), ShownFrame(0, 1, ((0, 0), (0, 1)))]


def two_frames(path, bright):
    rng = np.random.default_rng(0)
    planes = {(0, t, 0, 0): rng.integers(0, bright, (60, 70)).astype(np.uint16) for t in (0, 1)}
    return write_czi(path, planes, ["DAPI"], 0.5, "zstd1:ExplicitLevel=1")


def damage(path, frame):
    """Damage the pixels of a frame; the file can still be opened."""
    content, place = bytearray(Path(path).read_bytes()), -1
    for _ in range(frame + 1):
        place = content.index(b"ZISRAWSUBBLOCK", place + 1)
    content[place + 320 : place + 900] = bytes(580)
    Path(path).write_bytes(content)


def test_frames_are_found_again_where_an_image_before_them_turns_out_to_be_damaged(tmp_path):
    images = {
        name: two_frames(tmp_path / f"{name}.czi", bright)
        for name, bright in (("a", 100), ("damaged", 200), ("z", 4000))
    }
    damage(images["damaged"], frame=1)
    files = describe_all(images, HOW)
    assert not any(file.facts.unreadable for file in files)
    folder = tmp_path / "shown"
    folder.mkdir()
    unreadable = write_shown(folder, images, dict.fromkeys(images, BOTH), HOW)
    assert list(unreadable) == ["damaged"] and "frame 1" in unreadable["damaged"].unreadable
    write_choice(folder, files, {"a": BOTH, "z": BOTH})
    known, shown = read_choice(folder)
    assert known == files and shown == {"a": BOTH, "z": BOTH}
    bright = [read_frame(frames_folder(folder, shown, image), 0, 1).max() for image in shown]
    assert bright[0] < 100 < 1000 < bright[1]
    assert {path.name for path in folder.iterdir()} == {"0", "1", "choice.json"}


def test_images_are_looked_at_for_how_bright_their_first_frame_is(tmp_path):
    images = {name: two_frames(tmp_path / f"{name}.czi", 1000) for name in ("damaged", "whole")}
    damage(images["damaged"], frame=0)
    bright, unreadable = look_at(images, HOW)
    assert bright == {"whole": pytest.approx(990, abs=20)}
    assert "frame 0" in unreadable["damaged"].unreadable


def test_how_bright_an_image_is_is_told_by_all_of_it(tmp_path):
    frame = np.full((60, 70), 3000, np.uint16)
    frame[[0, 37]] = 5
    path = write_czi(tmp_path / "a.czi", {(0, 0, 0, 0): frame}, ["DAPI"])
    assert look_at({"a": path}, HOW) == ({"a": 3000.0}, {})
