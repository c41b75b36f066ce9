"""What a network is taught with, by the settings."""

import pytest
from annotated import write_names

from immunostain.shared.errors import SettingsError
from immunostain.training.inputs import training_sets, training_start

NOTHING = dict.fromkeys(("images", "labels", "ignore", "held_back"))


@pytest.fixture
def folders(tmp_path):
    return write_names(tmp_path)


@pytest.fixture
def list_of_two(folders, tmp_path):
    return str(tmp_path / "names.txt")


def of(folders, **more):
    return {**NOTHING, "images": folders[0], "labels": folders[1], **more}


def names(settings):
    (found,) = training_sets(settings)
    return [pair.name for pair in found.pairs]


def test_what_is_held_back_is_not_trained_with(folders, list_of_two):
    assert names(of(folders)) == ["a", "b", "c", "d"]
    assert names(of(folders, held_back=list_of_two)) == ["a", "c"]
    assert training_sets(of(folders, held_back=list_of_two))[0].held_back == 2


def test_several_sets(folders, list_of_two, tmp_path):
    (tmp_path / "unclear").mkdir()
    (tmp_path / "unclear" / "c.png").touch()
    images, labels = folders
    sets = {
        "mouse": {"images": images, "labels": labels, "weight": 3, "held_back": list_of_two},
        "man": {
            "images": images,
            "labels": labels,
            "ignore": str(tmp_path / "unclear"),
            "minimum_area": 25,
            "description": "CC0",
        },
    }
    mouse, man = training_sets({**NOTHING, "images": sets})
    assert (mouse.name, mouse.weight, mouse.held_back, mouse.minimum_area_px) == ("mouse", 3, 2, 0)
    assert (man.name, man.weight, man.held_back, man.minimum_area_px) == ("man", 1, 0, 25)
    assert [pair.name for pair in mouse.pairs] == ["a", "c"] and man.description == "CC0"
    unclear = str(tmp_path / "unclear" / "c.png")
    assert [pair.ignore for pair in man.pairs] == [None, None, unclear, None]


def test_which_setting_is_wrong_is_told(folders):
    with pytest.raises(SettingsError, match=r"training\.images is empty"):
        training_sets(of((None, folders[1])))
    with pytest.raises(SettingsError, match=r"training\.held_back"):
        training_sets(of(folders, held_back="no such list"))
    with pytest.raises(SettingsError, match=r'training\.ignore: folder "nowhere"'):
        training_sets(of(folders, ignore="nowhere"))
    one = {"images": folders[0], "labels": "nowhere"}
    with pytest.raises(SettingsError, match=r'training\.images\.mouse\.labels: folder "nowhere"'):
        training_sets({**NOTHING, "images": {"mouse": one}})
    with pytest.raises(SettingsError, match=r"training\.labels belongs to a single folder"):
        training_sets({**NOTHING, "images": {"mouse": one}, "labels": folders[1]})


def test_a_picture_of_the_unclear_must_belong_to_one_of_the_images(folders, tmp_path):
    (tmp_path / "unclear").mkdir()
    (tmp_path / "unclear" / "z.tif").touch()
    with pytest.raises(SettingsError, match=r'"[^"]*z\.tif" has no counterpart'):
        training_sets(of(folders, ignore=str(tmp_path / "unclear")))


def test_what_is_learnt_on_from_is_known_by_its_content(tmp_path):
    assert training_start(None) is None
    paths = [str(tmp_path / name) for name in ("a.pth", "b.pth")]
    for path in paths:
        (tmp_path / path).write_bytes(b"weights")
    one, other = map(training_start, paths)
    assert one["path"] == paths[0] and one["sha256"] == other["sha256"]
    with pytest.raises(SettingsError, match=r'training\.start_from: "nowhere'):
        training_start("nowhere.safetensors")
