"""What the display says of a run."""

import pytest

from immunostain.run import progress
from immunostain.run.progress import Job, Tally, lines

CHUNKED = {
    1: Job("find", "a", 9.0),
    2: Job("draw", "a", 9.0),
    3: Job("find", "b", 9.0),
    4: Job("draw", "b", 9.0),
    5: Job("gather", None, 0.0),
}


def run(tally, number, start, end, what="", log=""):
    tally.start(number, start, what, log)
    if end is not None:
        tally.finish(number, end)


@pytest.fixture
def tally():
    return Tally(CHUNKED, 1000.0)


def test_before_anything_is_done_no_time_is_promised(tally):
    assert lines(tally, 1000.0, 79) == ["[--------------------] 0 of 2 images"]
    run(tally, 1, 1000, None)
    assert lines(tally, 1001.0, 79) == ["[--------------------] 0 of 2 images"]


def test_an_image_is_done_when_all_of_its_steps_are(tally):
    run(tally, 1, 1000, 1010)
    run(tally, 3, 1010, 1020)
    assert tally.images_done == 0
    run(tally, 4, 1020, 1030)
    assert tally.images_done == 1
    assert tally.images_per_minute(1030) == pytest.approx(2)
    assert tally.images_per_minute(1060) == pytest.approx(1)


def test_the_time_left_is_that_of_like_steps(tally):
    """10 s for finding, 30 s for drawing, one at a time: 30 s, and 4 s for what nobody has done."""
    run(tally, 1, 1000, 1010)
    run(tally, 2, 1010, 1040)
    run(tally, 3, 1040, 1050)
    share, left = tally.share_and_seconds_left(1050)
    others = 50 / 30  # seconds for one MB
    assert left == pytest.approx(30 + others)
    assert share == pytest.approx(50 / (80 + others))
    assert lines(tally, 1050, 79) == [
        "[############--------] 1 of 2 images, 1.2 per minute, 30 s left"
    ]


def test_what_runs_counts_by_how_long_it_has(tally):
    run(tally, 1, 1000, 1010)
    run(tally, 2, 1010, 1040)
    run(tally, 3, 1040, 1050)
    run(tally, 4, 1050, None)
    before, after = (tally.share_and_seconds_left(now)[1] for now in (1050, 1070))
    assert before - after == pytest.approx(20)
    # Longer than the others: it may end any time.
    assert tally.share_and_seconds_left(1200)[1] == pytest.approx(50 / 30)


def test_steps_side_by_side_take_less_time():
    jobs = {number: Job("find", str(number), 0.0) for number in range(8)}
    tally = Tally(jobs, 0.0)
    for number in range(4):
        run(tally, number, 0, 10)
    assert tally.share_and_seconds_left(10.0) == (0.5, pytest.approx(10))


def test_a_large_file_takes_as_much_longer_as_it_is_larger():
    tally = Tally({1: Job("find", "a", 9.0), 2: Job("find", "b", 999.0)}, 0.0)
    run(tally, 1, 0, 10)
    assert tally.share_and_seconds_left(10.0)[1] == pytest.approx(1000)


def test_of_an_image_that_failed_nothing_is_waited_for(tally):
    run(tally, 1, 1000, 1010)
    run(tally, 3, 1010, None)
    tally.fail(3)
    assert tally.share_and_seconds_left(1010)[1] == pytest.approx(10 + 1)
    assert lines(tally, 1010, 79)[0].endswith("0 of 2 images, 10 s left, 1 failed")


def test_a_step_that_is_tried_again_has_not_failed(tally):
    run(tally, 1, 1000, None)
    tally.fail(1)
    run(tally, 1, 1010, 1020)
    run(tally, 2, 1020, 1030)
    assert tally.images_done == 1
    assert "failed" not in lines(tally, 1030, 79)[0]


def test_at_the_end_it_says_what_all_images_wait_for(tally):
    for number in (1, 2, 3, 4):
        run(tally, number, 990 + 10 * number, 1000 + 10 * number)
    run(tally, 5, 1040, None, "Gathering the nuclei of all images")
    assert lines(tally, 1041, 79) == [
        "[####################] 2 of 2 images, 3.0 per minute, tables follow",
        "  Gathering the nuclei of all images",
    ]


def test_steps_are_counted_where_no_image_is_analysed():
    tally = Tally({1: Job("train", None, 0.0), 2: Job("judge", None, 0.0)}, 0.0)
    run(tally, 1, 0, 600)
    assert lines(tally, 600, 79) == ["[##########----------] 1 of 2 steps, 10 min left"]


def test_where_there_is_no_room_the_bar_goes_first(tally):
    assert lines(tally, 1000.0, 36) == ["[--------------------] 0 of 2 images"]
    assert lines(tally, 1000.0, 35) == ["0 of 2 images"]
    assert lines(tally, 1000.0, 8) == ["0 of 2 …"]


def test_jobs_of_other_runs_are_of_no_concern(tally):
    run(tally, 77, 1000, 1010)
    tally.fail(78)
    assert lines(tally, 1010, 79) == ["[--------------------] 0 of 2 images"]


def test_long_jobs_are_shown_with_what_their_logs_say(tally, tmp_path):
    log = tmp_path / "a.log"
    log.write_text("2024-01-01 00:00:00  3 of 9 frames, 1.0 per minute, 6 min left\n")
    run(tally, 5, 1000, 1001)
    run(tally, 1, 1010, None, "Asking the network about a", str(log))
    run(tally, 3, 1000, None, "Asking the network about b", str(tmp_path / "none"))
    run(tally, 2, 1099, None, "A job of a moment")
    assert lines(tally, 1100, 79)[1:] == [
        "  Asking the network about b, for 2 min",
        "  Asking the network about a: 3 of 9 frames, 1.0 per minute, 6 min left",
    ]
    # No less than the job itself says.
    assert lines(tally, 1100, 79)[0].endswith(" 6 min left")


def test_where_there_are_no_images_a_job_is_shown_at_once():
    tally = Tally({1: Job("train", None, 0.0)}, 1000.0)
    run(tally, 1, 1000, None, "Training a UNet")
    assert lines(tally, 1000, 79)[1:] == ["  Training a UNet"]


def test_no_more_than_three_jobs_are_shown():
    tally = Tally({number: Job("find", str(number), 0.0) for number in range(8)}, 0.0)
    for number in range(8):
        run(tally, number, number, None, f"Finding {number}")
    assert [line.strip() for line in lines(tally, 30, 79)[1:]] == [f"Finding {n}" for n in range(3)]


@pytest.mark.parametrize("width", [10, 25, 60, 79])
def test_no_line_is_wider_than_the_terminal(tally, tmp_path, width):
    log = tmp_path / "a.log"
    log.write_text("2024-01-01 00:00:00  3 of 9 frames, 1.0 per minute, 6 min left\n")
    run(tally, 1, 1000, None, "Bilder der Zellkerne " * 9, str(log))
    run(tally, 3, 1000, None, "細胞核" * 30)
    for line in lines(tally, 1010, width):
        assert sum(map(progress._columns, line)) <= width
    if width == 79:
        assert lines(tally, 1010, width)[1].endswith("…: 3 of 9 frames, 1.0 per minute, 6 min left")
        assert lines(tally, 1010, width)[2].endswith("細胞…")
