"""What is known of a file, written and read again, and how an image is skipped."""

import json
import logging
from dataclasses import replace

import pytest

from immunostain.images.facts import (
    FACTS_FILE,
    FileFacts,
    FrameFacts,
    MeasuredFile,
    MeasuredFrame,
    SceneFacts,
    Signal,
    of_all_chunks,
    read_facts,
    read_image,
    read_measured,
    unreadable,
    write_facts,
)
from immunostain.images.skipped_images import readable, skipping
from immunostain.shared.errors import ImageError, SettingsError

LOG = logging.getLogger("immunostain.test")
SPLIT = FileFacts(
    channels=("DAPI", "α-tubulin"),
    nuclear_channel="DAPI",
    pixel_types=("gray16", "gray32float"),
    pixel_size_um=(0.5, 0.25),
    magnification=20.0,
    scenes=(SceneFacts(90, 60, 1), SceneFacts(30, 20, 5)),
    notes=("one",),
    frames=(FrameFacts(0, 0, 0.0), FrameFacts(1, 70_000, None)),
)
SIGNAL = {"DAPI": Signal(2**60, 12, 0.5, 9, 2, 4095), "α-tubulin": Signal(1.5, 0.0)}
MEASURED = MeasuredFile(
    **vars(SPLIT)
    | {"frames": (MeasuredFrame(0, 3, 90.5, 2, 300, SIGNAL, {"α-tubulin": 4}, 5400, 0.03),)}
)
# As an earlier version wrote it.
EARLIER = {
    "unreadable": None,
    "channels": ["DAPI"],
    "nuclear_channel": "DAPI",
    "pixel_types": ["gray16"],
    "pixel_size_um": None,
    "magnification": None,
    "scenes": [{"width": 90, "height": 60, "z": 1}],
    "notes": [],
    "frames": [],
    "too_small": 3,
}


@pytest.mark.parametrize(
    "facts",
    [
        SPLIT,
        replace(SPLIT, pixel_size_um=None, magnification=None, frames=()),
        replace(SPLIT, nucleus_diameter_px=24.5, too_small=7, at_edge=3),
        replace(SPLIT, minimum_area_px=(50.0, 62.5)),
        replace(SPLIT, coarse_diameter_px=6.5, seen_px=1000, like_nuclei_px=900),
        unreadable("the file is empty"),
    ],
)
def test_facts_are_read_as_they_were_written(tmp_path, facts):
    write_facts(tmp_path / FACTS_FILE, facts)
    assert read_facts(tmp_path) == read_facts(str(tmp_path)) == facts


def test_measurements_are_read_as_they_were_written(tmp_path):
    path = tmp_path / "1of1.json"
    write_facts(path, MEASURED)
    assert read_measured(path) == MEASURED
    assert type(read_measured(path).frames[0].signal["DAPI"].total) is int


def test_that_an_image_is_unreadable_is_read_from_its_measurements(tmp_path):
    path = tmp_path / "1of1.json"
    write_facts(path, unreadable("the file is empty"))
    assert read_measured(path) == MeasuredFile(unreadable="the file is empty")


@pytest.mark.parametrize(
    "content", [EARLIER, {"unreadable": "it is empty", "channels": [], "frames": []}, []]
)
def test_facts_of_another_version_are_refused(tmp_path, content):
    path = tmp_path / FACTS_FILE
    path.write_text(json.dumps(content), encoding="utf-8")
    for read in (lambda: read_facts(tmp_path), lambda: read_image([path])):
        with pytest.raises(SettingsError, match=r"frames\.json was written by another version"):
            read()


def test_facts_that_were_not_measured_are_no_measurements(tmp_path):
    write_facts(tmp_path / FACTS_FILE, SPLIT)
    with pytest.raises(SettingsError, match="another version"):
        read_measured(tmp_path / FACTS_FILE)


def test_chunks_are_put_together():
    one, other = replace(MEASURED, too_small=2), replace(MEASURED, frames=(), too_small=5)
    last = replace(MEASURED, frames=(replace(MEASURED.frames[0], frame=4),))
    together = of_all_chunks([one, other, last])
    assert [frame.frame for frame in together.frames] == [3, 4]
    assert together.too_small == 7
    assert replace(together, frames=one.frames, too_small=2) == one


def test_a_step_that_finds_an_image_unreadable_goes_on_without_it(caplog):
    with caplog.at_level(logging.INFO), skipping(LOG) as step:
        step.facts = SPLIT
        raise ImageError("frame 1 of \x1b is damaged")
    assert step.facts == FileFacts(unreadable="frame 1 of \\x1b is damaged")
    (record,) = caplog.records
    assert record.getMessage() == "skipped: frame 1 of \x1b is damaged"
    assert record.exc_info is not None


def test_a_step_after_that_one_leaves_the_image_out_too(caplog):
    facts, done = unreadable("it is empty"), []
    with caplog.at_level(logging.INFO), skipping(LOG) as step:
        done.append(readable(facts))
    assert step.facts == facts and not done
    (record,) = caplog.records
    assert record.getMessage() == "skipped: it is empty"
    assert record.exc_info is None


def test_a_step_whose_image_is_good_sets_its_facts(caplog):
    with caplog.at_level(logging.INFO), skipping(LOG) as step:
        step.facts = readable(SPLIT)
    assert step.facts is SPLIT and not caplog.records


@pytest.mark.parametrize("error", [OSError("gone"), MemoryError()])
def test_what_is_not_the_images_fault_fails_the_step(error):
    with pytest.raises(type(error)), skipping(LOG):
        raise error
