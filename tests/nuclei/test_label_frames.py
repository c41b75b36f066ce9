"""Label images of all frames of a chunk, with repair over time and without."""

import logging
from pathlib import Path

import numpy as np
import pytest
from repaired_movies import SHAPE, drawn, movie

from immunostain.images.facts import FileFacts, FrameFacts, SceneFacts
from immunostain.images.frames import read_dropped, read_picture, write_maps
from immunostain.nuclei.by_network import segment_by_unet
from immunostain.repair.over_time import repair_scene

LOG = logging.getLogger("immunostain")
AT_EDGE = (110.0, 140.0, 14.0, 14.0)


def maps_of(folder: Path, frames: int, dim: int) -> FileFacts:
    """Write maps of a movie; in one frame the network hardly sees two nuclei, one at the edge."""
    folder.mkdir()
    for number, nuclei in enumerate(movie()[:frames]):
        sure = (drawn(nuclei[1:]) > 0) * 250
        doubtful = (drawn([nuclei[0], AT_EDGE]) > 0) * (80 if number == dim else 250)
        foreground = np.maximum(sure, doubtful).astype(np.uint8)
        write_maps(folder, 0, number, np.stack([foreground, foreground]))
    facts = tuple(FrameFacts(0, number, None) for number in range(frames))
    return FileFacts(scenes=(SceneFacts(SHAPE[1], SHAPE[0], 1),), frames=facts)


def found_in(folder: Path, facts: FileFacts, exclude_border: bool, repair) -> FileFacts:
    """Find nuclei in what `maps_of` wrote; label images go to a folder inside."""
    labels = folder / "labels"
    labels.mkdir()
    how = (0.5, "auto", True, exclude_border)
    return segment_by_unet(str(folder), labels, facts, *how, LOG, repair)


@pytest.mark.parametrize(("exclude_border", "nuclei"), [(False, 4), (True, 3)])
def test_what_is_missing_in_a_frame_is_found_and_counted(tmp_path, exclude_border, nuclei):
    facts = maps_of(tmp_path / "maps", 4, dim=2)
    found = found_in(tmp_path / "maps", facts, exclude_border, repair_scene)
    for frame in range(4):
        labels = read_picture(tmp_path / "maps" / "labels", 0, frame)
        assert np.unique(labels).tolist() == list(range(nuclei + 1))
    assert (found.joined, found.found_again, found.cut_apart) == (0, 2, 0)
    assert found.at_edge == (4 if exclude_border else 0)
    dropped = read_dropped(tmp_path / "maps" / "labels", 0, 2)
    assert (dropped is not None) is exclude_border


def test_without_repair_it_stays_missing(tmp_path):
    facts = maps_of(tmp_path / "maps", 4, dim=2)
    found = found_in(tmp_path / "maps", facts, False, None)
    counts = [read_picture(tmp_path / "maps" / "labels", 0, frame).max() for frame in range(4)]
    assert counts == [4, 4, 2, 4] and found.found_again == 0


def test_a_still_is_the_same_with_repair_and_without(tmp_path):
    written = []
    for repair in (None, repair_scene):
        folder = tmp_path / str(repair is None)
        facts = maps_of(folder, 1, dim=0)
        found = found_in(folder, facts, True, repair)
        written.append(((folder / "labels" / "s000_t0000.tif").read_bytes(), found))
    assert written[0] == written[1]
