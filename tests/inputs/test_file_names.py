"""Names that not every file system can hold; workflow/test_file_systems.py has one that refuses."""

import os

import pytest

from immunostain.inputs.file_names import try_names

UNUSUAL = [
    "A",
    "a",
    "10:30",
    'a\\b?*"|',
    "end.",
    "end ",
    "end",
    "CON",
    "Zählung",
    "Za\u0308hlung",
    "図",
]


def test_on_linux_all_names_can_be_written_and_told_apart(tmp_path):
    if os.path.exists(str(tmp_path).swapcase()):
        pytest.skip("this file system ignores case")
    (tmp_path / "results").mkdir()
    assert try_names(UNUSUAL, str(tmp_path / "results")) == ({}, [])
    assert try_names(UNUSUAL, str(tmp_path / "results" / "new" / "deep")) == ({}, [])
    assert os.listdir(tmp_path / "results") == []


def test_where_nothing_can_be_written_nothing_is_found():
    assert try_names(UNUSUAL, "/proc/results") == ({}, [])


def test_usual_names_are_not_tried(tmp_path):
    before = os.stat(tmp_path).st_mtime_ns
    assert try_names(["a", "plate 1__B-cat +dox, 50% (2)", "x.y"], str(tmp_path)) == ({}, [])
    assert os.stat(tmp_path).st_mtime_ns == before


def test_a_name_that_cannot_be_written_is_told_with_its_characters(tmp_path):
    """A slash is the only one that every file system refuses."""
    names = [*UNUSUAL, "a/b", "図/ü"]
    assert try_names(names, str(tmp_path)) == ({"a/b": "/", "図/ü": "/"}, [])
