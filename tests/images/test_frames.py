"""Folders of frames and of label images."""

from dataclasses import replace

import numpy as np
import pytest

from immunostain.images import facts, frames


def write(folder, pictures):
    """Write a chunk of label images by (scene, frame)."""
    folder.mkdir()
    for (scene, frame), value in pictures.items():
        labels = np.full((4, 5), value, np.uint32)
        frames.write_labels(folder, scene, frame, labels, np.zeros((4, 5), bool))
    known = facts.FileFacts(frames=tuple(facts.FrameFacts(*place, None) for place in pictures))
    facts.write_facts(folder / facts.FACTS_FILE, known)
    return folder


@pytest.fixture
def chunks(tmp_path):
    """Give the folders of two chunks and of an empty one, scenes mixed."""
    one = write(tmp_path / "1of3", {(0, 0): 1, (0, 1): 2, (1, 0): 3})
    other = write(tmp_path / "2of3", {(1, 1): 4, (0, 2): 5, (0, 70_000): 6})
    return [one, str(other), write(tmp_path / "3of3", {})]


def test_label_images_are_read_from_whichever_chunk_has_them(chunks):
    for folders in (chunks, chunks[::-1]):
        for scene, values in enumerate([{0: 1, 1: 2, 2: 5, 70_000: 6}, {0: 3, 1: 4}]):
            read = frames.label_reader(folders, scene)
            for frame, value in values.items():
                labels = read(frame)
                assert labels.dtype == np.uint32
                assert np.array_equal(labels, np.full((4, 5), value))


@pytest.mark.parametrize(("scene", "frame"), [(0, 3), (1, 2), (2, 0)])
def test_frames_that_were_not_analysed_are_none(chunks, scene, frame):
    assert frames.label_reader(chunks, scene)(frame) is None


def test_a_picture_without_its_entry_does_not_count(chunks):
    """A folder may still hold what an earlier run wrote."""
    known = facts.read_facts(chunks[0])
    facts.write_facts(chunks[0] / facts.FACTS_FILE, replace(known, frames=known.frames[1:]))
    assert frames.label_reader(chunks, 0)(0) is None
    assert frames.label_reader(chunks, 0)(1) is not None


def test_no_chunks_have_no_frames():
    assert frames.label_reader([], 0)(0) is None
