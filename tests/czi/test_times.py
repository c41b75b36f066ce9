"""When frames were taken: every place that may tell, and what happens where time runs backwards."""

from datetime import datetime, timedelta
from xml.etree import ElementTree

import pytest

from immunostain.czi import times as czi_times
from immunostain.czi.times import BACKWARDS, times_of_frames
from immunostain.czi.zisraw import SubBlock

TIMES = [0, 1, 2, 3]
MOMENT = datetime(2026, 3, 1, 12)


class SubBlocks:
    """What libCZI tells of sub-blocks: when each was taken, in seconds, by T."""

    dims = "STCZYX"

    def __init__(self, seconds):
        self.seconds = seconds

    def read_subblock_metadata(self, **plane):
        for t, second in self.seconds.items():
            moment = (MOMENT + timedelta(seconds=second)).isoformat()
            yield {"T": t}, f"<METADATA><AcquisitionTime>{moment}</AcquisitionTime></METADATA>"


@pytest.fixture
def times(monkeypatch):
    """Give a function that asks for times: in sub-blocks, in the table, as an interval."""

    def asked(blocks=(), table=(), interval=""):
        monkeypatch.setattr(czi_times, "time_stamps", lambda path: list(table))
        metadata = ElementTree.fromstring(
            "<ImageDocument><Metadata><Information><Image><Dimensions><T><Interval>"
            f"<Increment>{interval}</Increment></Interval></T></Dimensions></Image></Information>"
            "</Metadata></ImageDocument>"
        )
        blocks = SubBlocks(dict(enumerate(blocks)))
        tiles = [SubBlock({"S": 0, "C": 0, "T": t}, 0, 0, 9, 9, 0, False, 0, 81, 5) for t in TIMES]
        seconds, notes = times_of_frames("a.czi", blocks, tiles, metadata, TIMES)
        return [seconds.get(t) for t in TIMES], notes

    return asked


FORWARDS, LATER, BACK = [0, 60, 120, 180], [5, 65, 125, 185], [0, 60, 30, 90]


def test_the_first_place_that_tells_is_believed(times):
    assert times(FORWARDS, [0, 1, 2, 3], 7) == (FORWARDS, [])
    assert times((), LATER, 7) == (FORWARDS, [])
    assert times((), (), 7) == ([0, 7, 14, 21], [])
    assert times() == ([None] * 4, [])


@pytest.mark.parametrize("few", [[0], FORWARDS[:3]])
def test_a_place_that_lacks_frames_is_passed_over(times, few):
    assert times(few, LATER) == (FORWARDS, [])
    assert times((), few, 7) == ([0, 7, 14, 21], [])


@pytest.mark.parametrize("back", [BACK, FORWARDS[::-1], [100, 0, 50, 90]])
def test_time_that_runs_backwards_is_not_believed_and_said(times, back):
    assert times(back, FORWARDS) == (FORWARDS, [BACKWARDS])
    assert times((), back, 7) == ([0, 7, 14, 21], [BACKWARDS])
    assert times(back, back) == ([None] * 4, [BACKWARDS])


@pytest.mark.parametrize("still", [[0, 0, 0, 0], [0, 60, 60, 120]])
def test_frames_of_one_moment_say_nothing(times, still):
    assert times(still, FORWARDS) == (FORWARDS, [])
    assert times((), still) == ([None] * 4, [])


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), 1e300])
def test_a_damaged_table(times, wrong):
    found, _ = times((), [0, wrong, 2, 3])
    assert found == [None] * 4


def test_a_damaged_end_of_a_table(times):
    assert times((), [0, 1, 2, float("inf")])[0] == [None] * 4


@pytest.mark.parametrize("interval", ["", "0", "-5", "nan", "inf", "text"])
def test_an_interval_that_is_none(times, interval):
    assert times(interval=interval) == ([None] * 4, [])
