"""Which pictures and label images belong together, and what is said where they don't."""

import os

import pytest

from immunostain.evaluation import annotated_folders
from immunostain.evaluation.annotated_folders import (
    find_pairs,
    only_named,
    read_names,
    without_named,
)
from immunostain.shared.errors import SettingsError


@pytest.fixture
def folders(tmp_path):
    """Give a function that makes the two folders with files of these names."""

    def make(images, labels):
        for folder, names in (("images", images), ("labels", labels)):
            (tmp_path / folder).mkdir()
            for name in names:
                (tmp_path / folder / name).touch()
        return str(tmp_path / "images"), str(tmp_path / "labels")

    return make


def test_pairs_by_name_in_order(folders):
    images, labels = folders(
        ["b.TIF", "a 1.b.png", "c.tiff", "notes.txt", ".hidden.png"],
        ["c.png", "b.png", "a 1.b.tif"],
    )
    pairs = find_pairs("training", images, labels)
    assert [pair.name for pair in pairs] == ["a 1.b", "b", "c"]
    assert pairs[0].picture == os.path.join(images, "a 1.b.png")
    assert pairs[0].labels == os.path.join(labels, "a 1.b.tif")


@pytest.mark.parametrize(
    ("images", "labels", "words"),
    [
        (["a.png"], ["b.png"], ["training.labels", "a.png", "counterpart", "labels"]),
        (["a.png"], ["a.png", "b.png"], ["training.images", "b.png", "counterpart"]),
        (["a.png", "b.png", "c.png"], ["a.png"], ["b.png", "nor have 1 others"]),
        (["a.txt"], ["a.png"], ["training.images", "no TIFF or PNG file"]),
        (["a.png", "a.tif"], ["a.png"], ["a.png", "a.tif", "differ only in their ending"]),
        (["a{1}.png"], ["a{1}.png"], ["a{1}.png", "rename it"]),
    ],
)
def test_what_does_not_fit_is_told(folders, images, labels, words):
    with pytest.raises(SettingsError) as caught:
        find_pairs("training", *folders(images, labels))
    assert all(word in str(caught.value) for word in words), caught.value


def test_folders_that_are_not_there(folders, tmp_path):
    images, _ = folders(["a.png"], ["a.png"])
    with pytest.raises(SettingsError, match=r"config: training\.images is empty; name a folder"):
        find_pairs("training", None, None)
    with pytest.raises(SettingsError, match=r"config: evaluation\.labels is empty"):
        find_pairs("evaluation", images, None)
    with pytest.raises(SettingsError, match=r"training\.labels: folder .*nowhere.*No such file"):
        find_pairs("training", images, str(tmp_path / "nowhere"))


def test_the_home_folder(folders, monkeypatch, tmp_path):
    folders(["a.png"], ["a.png"])
    monkeypatch.setenv("HOME", str(tmp_path))
    (pair,) = find_pairs("training", "~/images", "~/labels")
    assert pair.picture == str(tmp_path / "images" / "a.png")


def test_lists_of_names(tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("# set aside\n\na.png\n  b c \nd.1\n", encoding="utf-8-sig")
    assert read_names("training.held_back", str(path)) == ["a", "b c", "d.1"]
    with pytest.raises(SettingsError, match=r"training\.held_back: .*No such file"):
        read_names("training.held_back", str(tmp_path / "none.txt"))
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="not a text file"):
        read_names("training.held_back", str(path))


def test_choosing_by_name():
    pairs = [annotated_folders.Pair(name, name, name) for name in "abc"]
    assert [pair.name for pair in without_named(pairs, ["b", "x"])] == ["a", "c"]
    assert [pair.name for pair in only_named("evaluation.only", pairs, ["c", "a"])] == ["a", "c"]
    with pytest.raises(SettingsError, match=r'evaluation\.only: "x" and 1 others are not among'):
        only_named("evaluation.only", pairs, ["a", "x", "y"])
    with pytest.raises(SettingsError, match="names no picture"):
        only_named("evaluation.only", pairs, [])
