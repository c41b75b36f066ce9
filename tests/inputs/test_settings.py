"""The settings: what is said of wrong ones, and the defaults."""

from pathlib import Path

import pytest
import yaml

from immunostain.inputs.settings import check_folders_differ, check_output_folder, complete
from immunostain.shared.errors import SettingsError

ROOT = Path(__file__).parents[2]
SCHEMA = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text("utf-8"))
SHIPPED = yaml.safe_load((ROOT / "config/config.yaml").read_text("utf-8"))


def nested(key, value):
    """Give the settings in which only this key stands, named with dots."""
    for part in reversed(key.split(".")):
        value = {part: value}
    return value


def value_of(settings, key):
    for part in key.split("."):
        settings = settings[part]
    return settings


def keys_of(schema, before=()):
    """List all keys that hold values, with dots."""
    for name, part in schema["properties"].items():
        if part.get("type") == "object":
            yield from keys_of(part, (*before, name))
        else:
            yield ".".join((*before, name)), part


def test_the_shipped_settings_are_the_defaults_and_have_every_key():
    assert complete({}, SCHEMA) == SHIPPED
    assert complete(SHIPPED, SCHEMA) == SHIPPED


def test_every_default_is_allowed_and_every_key_says_what_is():
    for key, part in keys_of(SCHEMA):
        assert complete(nested(key, part["default"]), SCHEMA)
        assert part["allowed"], key


def test_what_is_given_stays_and_the_rest_is_filled_in():
    given = {"tracking": {"memory": 2}, "segmentation": {"threshold": {"level": "otsu"}}}
    settings = complete(given, SCHEMA)
    assert settings["tracking"] == {**SHIPPED["tracking"], "memory": 2}
    assert settings["segmentation"]["threshold"]["level"] == "otsu"
    assert settings["segmentation"]["unet"] == SHIPPED["segmentation"]["unet"]
    assert given == {"tracking": {"memory": 2}, "segmentation": {"threshold": {"level": "otsu"}}}


def test_changing_a_result_does_not_change_the_defaults():
    complete({}, SCHEMA)["analyses"].append("more")
    assert complete({}, SCHEMA)["analyses"] == ["quantification", "tracking"]


WRONG = [
    ("input_folder", 5),
    ("input_folder", ""),
    ("input_folder", None),
    ("input_folder", "a <folder>"),
    ("output_folder", "a{b}"),
    ("output_folder", "<results>"),
    ("sample_sheet", 3),
    ("sample_sheet", "s{1}.csv"),
    ("analyses", "tracking"),
    ("analyses", []),
    ("analyses", ["tracking", "tracking"]),
    ("nuclear_channel", -1),
    ("quantification.positive", "otsu"),
    ("comparison.by", ["condition"]),
    ("comparison.reference", True),
    ("nuclear_channel", True),
    ("nuclear_channel", ""),
    ("z_projection", "maximum"),
    ("z_projection", -1),
    ("z_projection", 1.5),
    ("segmentation.method", "stardist"),
    ("segmentation.threshold.level", 300),
    ("segmentation.threshold.level", -1),
    ("segmentation.threshold.level", 49.5),
    ("segmentation.threshold.level", True),
    ("segmentation.threshold.level", "yen"),
    ("segmentation.threshold.level", None),
    ("segmentation.unet.probability", 0),
    ("segmentation.unet.probability", 1),
    ("segmentation.unet.nucleus_diameter", "12 px"),
    ("segmentation.unet.nucleus_diameter", 0),
    ("segmentation.unet.device", "gpu"),
    ("segmentation.minimum_area", -5),
    ("segmentation.minimum_area", "30 um"),
    ("segmentation.minimum_area", "-30 um2"),
    ("segmentation.minimum_area", True),
    ("segmentation.separate_touching", 1),
    ("segmentation.separate_touching", "maybe"),
    ("segmentation.exclude_border", None),
    ("quantification.perinuclear_width", -1),
    ("quantification.perinuclear_width", "1.5 um2"),
    ("quantification.background", "mean"),
    ("tracking.search_range", 0),
    ("tracking.search_range", "far"),
    ("tracking.search_range", "0 um"),
    ("tracking.memory", -1),
    ("tracking.memory", 1.5),
    ("tracking.memory", "2024-13-45"),
    ("tracking.divisions", "2"),
    ("training.images", "a{b}"),
    ("training.held_back", 5),
    ("training.steps", 0),
    ("training.crop_size", 100),
    ("training.crop_size", 24),
    ("training.validation_share", 0),
    ("training.validation_share", 0.6),
    ("training.seed", -1),
    ("training.description", None),
    ("evaluation.labels", 3),
    ("evaluation.minimum_area", "30 um2"),
    ("evaluation.minimum_area", -1),
    ("unreadable_images", "ignore"),
    ("chunk_size", "256 MiB"),
    ("chunk_size", 0),
    ("chunk_size", True),
    ("email.to", "nobody"),
    ("email.to", "a@b.c\nBcc: d@e.f"),
    ("email.from", "a b@c"),
    ("email.host", ""),
    ("email.port", 0),
    ("email.port", 65536),
    ("email.security", "tls"),
    ("email.password_env", "my password"),
]


@pytest.mark.parametrize(("key", "value"), WRONG)
def test_a_wrong_value_is_told_with_the_key_and_what_is_allowed(key, value):
    with pytest.raises(SettingsError) as caught:
        complete(nested(key, value), SCHEMA)
    allowed = dict(keys_of(SCHEMA))[key]["allowed"]
    assert str(caught.value) == f"config: {key} is {value!r}; allowed: {allowed}"


def test_of_a_long_value_the_beginning_is_shown():
    with pytest.raises(SettingsError) as caught:
        complete({"tracking": {"memory": ["x"] * 1000}}, SCHEMA)
    assert str(caught.value).startswith("config: tracking.memory is ['x', 'x', ")
    assert str(caught.value).endswith("...; allowed: a whole number of frames from 0")
    assert len(str(caught.value)) < 300


def test_a_wrong_item_of_a_list_is_told():
    with pytest.raises(SettingsError) as caught:
        complete({"analyses": ["tracking", "counting"]}, SCHEMA)
    message = str(caught.value)
    assert message == "config: analyses.1 is 'counting'; allowed: quantification or tracking"


@pytest.mark.parametrize(
    ("config", "unknown", "known"),
    [
        ({"colour": 1}, "colour", "input_folder"),
        ({"tracking": {"memry": 1}}, "tracking.memry", "search_range, memory, divisions"),
        ({"segmentation": {"threshold": {"lvl": 1}}}, "segmentation.threshold.lvl", "level"),
        ({"email": {"password": "x"}}, "email.password", "password_env"),
        ({5: "x", "colour": 1}, "5, colour", "input_folder"),
    ],
)
def test_an_unknown_key_is_told_with_those_that_there_are(config, unknown, known):
    with pytest.raises(SettingsError) as caught:
        complete(config, SCHEMA)
    assert str(caught.value).startswith(f"config: {unknown} is not a known key; known here: ")
    assert known in str(caught.value)


@pytest.mark.parametrize("group", ["segmentation", "segmentation.threshold", "tracking", "email"])
@pytest.mark.parametrize("value", [3, []])
def test_something_else_in_place_of_a_group(group, value):
    with pytest.raises(SettingsError, match=f"config: {group} is .*allowed: a group of keys"):
        complete(nested(group, value), SCHEMA)


def test_all_mistakes_are_told_at_once():
    with pytest.raises(SettingsError) as caught:
        complete({"colour": 1, "tracking": {"memory": -1, "search_range": -1}}, SCHEMA)
    for part in ("colour", "tracking.memory", "tracking.search_range"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("key", "text", "meant"),
    [
        ("segmentation.threshold.level", "60", 60),
        ("segmentation.minimum_area", "150.5", 150.5),
        ("segmentation.separate_touching", "false", False),
        ("tracking.memory", "3", 3),
        ("email.port", "25", 25),
        ("email.to", "", None),
        ("segmentation.threshold.level", "otsu", "otsu"),
        ("nuclear_channel", "405", "405"),
        ("input_folder", "2024", "2024"),
        ("tracking.search_range", "20 um", "20 um"),
    ],
)
def test_text_from_the_command_line_is_a_number_where_only_that_fits(key, text, meant):
    found = value_of(complete(nested(key, text), SCHEMA), key)
    assert found == meant
    assert type(found) is type(meant)


@pytest.mark.parametrize(
    "key", ["segmentation.threshold.level", "z_projection", "nuclear_channel", "tracking.memory"]
)
def test_a_whole_number_written_with_a_point_is_a_whole_number(key):
    found = value_of(complete(nested(key, 2.0), SCHEMA), key)
    assert type(found) is int
    assert found == 2


@pytest.mark.parametrize("key", ["segmentation.minimum_area", "tracking.search_range"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_size_is_refused(key, value):
    with pytest.raises(SettingsError, match=key):
        complete(nested(key, value), SCHEMA)


def test_a_model_for_each_magnification():
    models = {10: "ten.pth", 63: "sixty.pth"}
    settings = complete({"segmentation": {"unet": {"model": models}}}, SCHEMA)
    assert settings["segmentation"]["unet"]["model"] == models


def test_an_output_folder_that_is_new_is_fine(tmp_path):
    check_output_folder(str(tmp_path / "a" / "b"), by_writing=True)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("below", ["", "results"])
def test_an_output_folder_in_a_file(tmp_path, below):
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match=r"output_folder: .*file\" is a file, not a folder"):
        check_output_folder(str(tmp_path / "file" / below), by_writing=True)


@pytest.mark.parametrize("output", ["images", ".", "images/../images", "link", "link/deep/.."])
def test_results_among_the_images_are_refused(tmp_path, monkeypatch, output):
    (tmp_path / "images" / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "images")
    monkeypatch.chdir(tmp_path / "images" if output == "." else tmp_path)
    with pytest.raises(SettingsError, match=rf'output_folder: "{output}" is the input_folder'):
        check_folders_differ(str(tmp_path / "images"), output)


@pytest.mark.parametrize("output", ["images/results", "images 2", "images/new/deep", "."])
def test_results_in_a_folder_of_their_own_are_fine(tmp_path, monkeypatch, output):
    (tmp_path / "images" / "results").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    check_folders_differ("images", output)


def test_a_group_of_which_every_key_is_left_out():
    assert complete({"email": None, "segmentation": {"unet": None}}, SCHEMA) == complete({}, SCHEMA)


def test_paths_are_made_plain(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ann")
    paths = {"input_folder": "~/plate 1/", "output_folder": "./res//", "sample_sheet": "~/s.csv"}
    found = complete(paths, SCHEMA)
    assert [found[key] for key in paths] == ["/home/ann/plate 1", "res", "/home/ann/s.csv"]


@pytest.mark.parametrize("key", [key for key, part in keys_of(SCHEMA) if "path" in part["allowed"]])
def test_every_path_may_begin_with_the_users_folder(monkeypatch, key):
    monkeypatch.setenv("HOME", "/home/ann")
    assert value_of(complete(nested(key, "~/my data"), SCHEMA), key) == "/home/ann/my data"


def test_the_path_of_each_of_several_models_may_begin_with_the_users_folder(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ann")
    models = {10: "~/ten.pth", 63: "sixty.pth"}
    settings = complete({"segmentation": {"unet": {"model": models}}}, SCHEMA)
    expected = {10: "/home/ann/ten.pth", 63: "sixty.pth"}
    assert settings["segmentation"]["unet"]["model"] == expected


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (None, None),
        ({}, {}),
        ({"GFP": 500.0, "Cy5": "otsu"}, {"GFP": 500, "Cy5": "otsu"}),
        ({"GFP": "500"}, {"GFP": 500}),  # as --config gives it
        ({"GFP": {"control": {"x": "y"}}}, {"GFP": {"control": {"x": "y"}}}),
        (
            {"a": {"control": {"x": 0}, "percentile": 95}},
            {"a": {"control": {"x": 0}, "percentile": 95}},
        ),
    ],
)
def test_a_level_for_each_channel(given, meant):
    found = complete({"quantification": {"positive": given}}, SCHEMA)
    assert found["quantification"] == SHIPPED["quantification"] | {"positive": meant}


@pytest.mark.parametrize(
    "wrong",
    [
        "li",
        None,
        True,
        float("nan"),
        {"percentile": 99},
        {"control": {}},
        {"control": {"x": None}},
        {"control": {"x": "y"}, "percentil": 9},
        {"control": {"x": "y"}, "percentile": 101},
    ],
)
def test_a_level_that_is_none(wrong):
    with pytest.raises(SettingsError) as caught:
        complete({"quantification": {"positive": {"DAPI": 5, "GFP": wrong}}}, SCHEMA)
    told = str(caught.value)
    assert told.startswith(f"config: quantification.positive.GFP is {wrong!r}; allowed: a mean")
