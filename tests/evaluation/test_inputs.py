"""What models and tracks are judged by, by the settings."""

import pytest
from annotated import write_names

from immunostain.evaluation.inputs import evaluated_model, evaluation_pairs, tracked_image
from immunostain.shared.errors import SettingsError


@pytest.fixture
def folders(tmp_path):
    return write_names(tmp_path)


@pytest.fixture
def list_of_two(folders, tmp_path):
    return str(tmp_path / "names.txt")


def names(pairs):
    return [pair.name for pair in pairs]


def test_only_what_is_named_is_judged(folders, list_of_two):
    assert names(evaluation_pairs(*folders, None, "auto")) == ["a", "b", "c", "d"]
    assert names(evaluation_pairs(*folders, list_of_two, 30)) == ["b", "d"]


def test_which_setting_is_wrong_is_told(folders):
    with pytest.raises(SettingsError, match=r"evaluation\.labels is empty"):
        evaluation_pairs(folders[0], None, None, "auto")
    with pytest.raises(SettingsError, match=r"evaluation\.only"):
        evaluation_pairs(*folders, "no such list", "auto")


def test_annotated_pictures_have_no_scale(folders):
    with pytest.raises(SettingsError, match=r"nucleus_diameter is in micrometres"):
        evaluation_pairs(*folders, None, "12 um")


def test_one_model_is_judged(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the shipped one lies beside the workflow
    shipped = evaluated_model("resources/models/nuclei.safetensors")
    assert shipped.endswith("resources/models/nuclei.safetensors")
    with pytest.raises(SettingsError, match=r"name the one that evaluate_unet is to judge"):
        evaluated_model({"10": shipped, "63": shipped})
    with pytest.raises(SettingsError, match=r"none\.safetensors"):
        evaluated_model(str(tmp_path / "none.safetensors"))


@pytest.mark.parametrize(
    ("truth", "asked", "images", "words"),
    [
        (None, "a", ["a"], "tracking_truth is empty"),
        ("01_GT", None, ["a", "b"], "tracked_image is empty and there are several images"),
        ("01_GT", None, [], "tracked_image is empty"),
        ("01_GT", "c", ["a", "b"], '"c" is not in the input folder; there are a, b'),
    ],
)
def test_it_must_be_clear_which_tracks_are_judged(truth, asked, images, words):
    with pytest.raises(SettingsError, match=words):
        tracked_image(truth, asked, images)


def test_the_only_image_or_the_one_that_is_named_is_judged():
    assert tracked_image("01_GT", None, ["a"]) == "a"
    assert tracked_image("01_GT", "b", ["a", "b"]) == "b"
