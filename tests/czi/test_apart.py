"""Work in a process apart: what it gives, raises, and how it may end."""

import faulthandler
import os
import signal

import pytest

from immunostain.czi.apart import CrashedError, each_apart, for_an_image
from immunostain.shared.errors import EndedFromOutsideError, ImageError


def end(number):
    faulthandler.disable()  # pytest's own, which would print where
    os.kill(os.getpid(), number)


def test_a_result_comes_back():
    assert for_an_image(lambda a, b: {"sum": a + b, "process": os.getpid()}, 1, 2)["sum"] == 3
    assert for_an_image(os.getpid) != os.getpid()


def test_what_is_raised_is_raised_here_with_its_traceback():
    def damaged():
        raise ImageError("plane 3 is damaged")

    with pytest.raises(ImageError, match="plane 3 is damaged") as caught:
        for_an_image(damaged)
    assert "in damaged" in caught.value.__notes__[0]
    with pytest.raises(FileNotFoundError) as caught:
        for_an_image(open, "nowhere", "rb")
    assert caught.value.filename == "nowhere"


@pytest.mark.parametrize("number", ["SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL"])
def test_an_image_that_crashes_the_reader_is_told(number):
    with pytest.raises(ImageError, match=rf"ended the program \({number}\)"):
        for_an_image(end, getattr(signal, number))


@pytest.mark.parametrize("number", ["SIGKILL", "SIGTERM"])
def test_a_process_that_was_ended_is_no_damage_of_the_image(number):
    with pytest.raises(EndedFromOutsideError, match=rf"from outside \({number}\).*again"):
        for_an_image(end, getattr(signal, number))


def test_others_are_done_after_one_that_crashes_or_asks_for_too_much():
    def task(name):
        if name == "crash":
            end(signal.SIGSEGV)
        if name == "memory":
            return len(bytearray(10**9))
        if name == "raise":
            raise ValueError(name)
        return name

    names = ["a", "crash", "b", "memory", "raise", "d"]
    outcomes = list(each_apart(task, names, more_memory_bytes=10**8))
    found = [o if isinstance(o, str) else f"{type(o).__name__}: {o}" for o in outcomes]
    assert found == [
        "a",
        "CrashedError: SIGSEGV",
        "b",
        "MemoryError: ",
        "ValueError: raise",
        "d",
    ]
    assert isinstance(outcomes[1], CrashedError)


class OddError(Exception):
    """An exception of a kind that `pickle` can't bring back."""

    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


def test_an_exception_that_cannot_be_sent_is_told_all_the_same():
    def odd():
        raise OddError(1, 2)

    with pytest.raises(RuntimeError, match="OddError: 1 and 2") as caught:
        for_an_image(odd)
    assert "in odd" in caught.value.__notes__[0]


def test_what_gives_no_answer_is_ended():
    def hang(_):
        signal.pause()

    outcomes = list(each_apart(hang, ["a", "b"], seconds=0.5))
    assert [str(outcome) for outcome in outcomes] == ["no answer within 0.5 s"] * 2


def test_one_process_does_all_that_goes_well():
    assert len(set(each_apart(lambda _: os.getpid(), range(20)))) == 1
