"""How far a long job is, told by its log."""

import os
import time

import pytest

from immunostain.shared import pace
from immunostain.shared.logs import job_log
from immunostain.shared.pace import Pace, counted, last_pace, reporter


@pytest.fixture
def clock(monkeypatch):
    """Give a function that lets the clock go on; else it stands still."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def go_on(seconds):
        now[0] += seconds

    return go_on


def test_a_job_tells_its_log_how_far_it_is(tmp_path, clock):
    path = tmp_path / "a.log"
    begun = time.time()
    with job_log(str(path), "a") as log:
        for _ in counted(range(200), 200, "frames of the movie", log):
            clock(1.0)
        log.info("something else")
    lines = [line.split("  ", 1)[1] for line in path.read_text().splitlines()]
    assert len(lines) == 20, "one every ten seconds, not one for each frame"
    found = last_pace(path, begun)
    assert found == Pace(lines[-2], 10.0)
    assert found.text == "190 of 200 frames of the movie, 1.0 per second, 10 s left"


def test_a_short_job_tells_nothing(tmp_path, clock):
    with job_log(str(tmp_path / "a.log"), "a") as log:
        for _ in counted("abc", 3, "frames", log):
            clock(3.0)
    assert (tmp_path / "a.log").read_text() == ""


def test_what_was_done_before_does_not_count_for_the_pace(tmp_path, clock):
    """Training goes on from a checkpoint."""
    with job_log(str(tmp_path / "a.log"), "a") as log:
        report = reporter(1_000_000, "steps", log)
        report(999_000)
        clock(10.0)
        report(999_010)
    text = "999010 of 1000000 steps, 1.0 per second, 16 min left"
    assert last_pace(tmp_path / "a.log", 0) == Pace(text, 960.0)


def test_parts_of_few_large_pictures_are_told(tmp_path, clock):
    with job_log(str(tmp_path / "a.log"), "a") as log:
        report = reporter(2, "frames", log)
        report(0.1)
        clock(10.0)
        report(1.26)
    assert last_pace(tmp_path / "a.log", 0).text.startswith("1.3 of 2 frames, ")


@pytest.mark.parametrize(
    ("done", "left", "seconds"),
    [
        (1, "2 h 47 min", 10020.0),
        (9_000, "17 min", 1020.0),
        (9_980, "20 s", 20.0),
        (9_997, "3 s", 3.0),
    ],
)
def test_the_display_reads_the_time_that_is_left(tmp_path, monkeypatch, done, left, seconds):
    clock = iter([0.0, 0.0, float(done)])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    with job_log(str(tmp_path / "a.log"), "a") as log:
        monkeypatch.setattr(pace, "_EVERY", 0.0)
        report = reporter(10_000, "frames", log)
        report(0)
        report(done)
    text = f"{done} of 10000 frames, 1.0 per second, {left} left"
    assert last_pace(tmp_path / "a.log", 0) == Pace(text, seconds)


def test_a_log_of_a_job_before_says_nothing(tmp_path):
    path = tmp_path / "a.log"
    path.write_text("2024-01-01 00:00:00  1 of 2 frames, 1.0 per second, 10 s left\n")
    assert last_pace(path, time.time())
    os.utime(path, (1, 1))
    assert last_pace(path, time.time()) is None


def test_only_lines_of_this_kind_count(tmp_path):
    path = tmp_path / "a.log"
    path.write_text("2024-01-01 00:00:00  the file says 1 of 2 frames, 1.0 per second, 10 s left\n")
    assert last_pace(path, 0) is None
    path.write_bytes(b"\xff\x00" * 9000)
    assert last_pace(path, 0) is None
    assert last_pace(tmp_path / "none", 0) is None
    assert last_pace(tmp_path, 0) is None
