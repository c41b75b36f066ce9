"""What a network is taught with, by the settings."""

import pytest
from annotated import write_names

from immunostain.shared.errors import SettingsError
from immunostain.training.inputs import training_pairs


@pytest.fixture
def folders(tmp_path):
    return write_names(tmp_path)


@pytest.fixture
def list_of_two(folders, tmp_path):
    return str(tmp_path / "names.txt")


def names(pairs):
    return [pair.name for pair in pairs]


def test_what_is_held_back_is_not_trained_with(folders, list_of_two):
    assert names(training_pairs(*folders, None)) == ["a", "b", "c", "d"]
    assert names(training_pairs(*folders, list_of_two)) == ["a", "c"]


def test_which_setting_is_wrong_is_told(folders):
    with pytest.raises(SettingsError, match=r"training\.images is empty"):
        training_pairs(None, folders[1], None)
    with pytest.raises(SettingsError, match=r"training\.held_back"):
        training_pairs(*folders, "no such list")
