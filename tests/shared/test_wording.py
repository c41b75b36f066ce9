"""Names, errors and lengths of time in words."""

import pytest

from immunostain.shared.wording import cut, duration, listed, on_one_line, printable


def test_a_long_list_is_shortened():
    assert listed([], 2) == ""
    assert listed(["a", "b"], 2) == "a, b"
    assert listed(["a", "b", "c", "d"], 2) == "a, b and 2 more"


def test_what_a_terminal_would_obey_is_escaped():
    assert printable("Zähl µ\x1b[2J\x07") == r"Zähl µ\x1b[2J\x07"
    assert printable("a\n\tb\x00", keep="\n\t") == "a\n\tb" + r"\x00"
    assert listed(["a\x1bb"]) == r"a\x1bb"


@pytest.mark.parametrize("length", [4, 5, 6, 300])
def test_a_text_that_is_cut_is_as_long_as_it_may_be(length):
    assert cut("x" * length, 5) == ("x" * length if length <= 5 else "xxxx…")
    assert cut("x" * length, 5, end="...") == ("x" * length if length <= 5 else "xx...")


def test_an_error_is_told_on_one_line():
    assert on_one_line(ValueError("many\n\t words " * 50)) == ("many words " * 50)[:200]
    assert on_one_line(ValueError(" \n")) == "ValueError"


@pytest.mark.parametrize(
    ("seconds", "about", "exact"),
    [
        (-1.0, "1 s", "0 s"),
        (0.4, "1 s", "0 s"),
        (59.6, "60 s", "1 min 0 s"),
        (89.4, "90 s", "1 min 29 s"),
        (90, "2 min", "1 min 30 s"),
        (3599, "1 h 00 min", "59 min 59 s"),
        (3725, "1 h 02 min", "1 h 2 min 5 s"),
        (360_000, "100 h 00 min", "100 h 0 min 0 s"),
    ],
)
def test_lengths_of_time(seconds, about, exact):
    assert duration(seconds) == about
    assert duration(seconds, exact=True) == exact
