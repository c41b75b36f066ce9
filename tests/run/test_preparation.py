"""What a run is to do, by settings, input folder and sample sheet."""

import copy
import logging

import pytest
from czi_files import ROOT

from immunostain.run import preparation
from immunostain.shared.errors import SettingsError

SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"


@pytest.fixture
def config(tmp_path):
    """Give settings for a folder with a large image, two small ones and a file of another kind."""
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "large.czi").write_bytes(b"x" * 250_000)
    for name in ("a.czi", "b.czi", "notes.txt"):
        (tmp_path / "images" / name).touch()
    (tmp_path / "samples.csv").write_text(
        "image,condition,replicate\na,drug,1\nlarge,none,\nelsewhere,none,1\n"
    )
    return {
        "input_folder": f"{tmp_path}/images/",
        "output_folder": f"{tmp_path}/results",
        "sample_sheet": f"{tmp_path}/samples.csv",
        "chunk_size": "100 kB",
        "segmentation": {"method": "threshold"},
        "email": {"to": "ann@example.org"},
    }


def test_settings_are_completed_and_images_found_and_cut(config, tmp_path):
    given = copy.deepcopy(config)
    complete, run = preparation.prepare(config, SCHEMA)
    assert config == given
    assert complete["segmentation"]["method"] == run.method == "threshold"
    assert complete["nuclear_channel"] == "DAPI"
    assert run.input_folder == complete["input_folder"] == f"{tmp_path}/images"
    assert run.output_folder == f"{tmp_path}/results"
    assert run.email.to == ("ann@example.org",) and run.email.port == 587
    assert run.chunks == {"a": ["1of1"], "b": ["1of1"], "large": ["1of3", "2of3", "3of3"]}
    assert list(run.samples.rows) == ["a", "large", "elsewhere"]
    assert (run.design.condition, run.design.replicate) == ("condition", "replicate")
    assert preparation.positive_settings(complete) == {}
    assert not (tmp_path / "results").exists()


def test_what_the_user_may_not_know_is_told(config):
    told = []
    logger, handler = logging.Logger("x"), logging.Handler()
    handler.emit = lambda record: told.append((record.levelname, record.getMessage()))
    logger.addHandler(handler)
    preparation.tell(preparation.prepare(config, SCHEMA)[1], logger)
    assert told == [
        ("INFO", "Left alone, not .czi files: notes.txt"),
        ("WARNING", "Not in the sample sheet: b"),
        ("WARNING", "In the sample sheet but not in the input folder: elsewhere"),
        (
            "WARNING",
            'No value in the column "replicate" of the sample sheet, so not compared: large',
        ),
    ]
    told.clear()
    preparation.tell(preparation.prepare(config | {"sample_sheet": None}, SCHEMA)[1], logger)
    assert [level for level, _ in told] == ["INFO"]


def test_names_of_channels_that_look_like_numbers_are_texts(config, tmp_path):
    (tmp_path / "samples.csv").write_text("image,1\na,0\n")
    config["quantification"] = {"positive": {488: 5, "x": {"control": {1: 0}}}}
    complete, _ = preparation.prepare(config, SCHEMA)
    assert preparation.positive_settings(complete) == {"488": 5, "x": {"control": {"1": 0}}}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"misspelt": 1}, "misspelt is not a known key"),
        ({"segmentation": {"unet": {"model": {"x": "a"}}}}, "'x' is not a magnification"),
        ({"email": {"user": "ann", "security": "none"}}, "email.security is none"),
        ({"output_folder": "{}/samples.csv"}, "is a file, not a folder"),
        ({"output_folder": "{}/images"}, "is the input_folder as well"),
        ({"input_folder": "{}/nowhere"}, "is not a folder"),
        ({"chunk_size": "1 kB"}, "is not a size of 100 kB or more"),
        ({"sample_sheet": "{}/none.csv"}, "can't be read"),
        ({"comparison": {"by": "dose"}}, "comparison.by is 'dose'"),
        ({"comparison": {"reference": "nothing"}}, "comparison.reference is 'nothing'.*drug, none"),
        ({"sample_sheet": None, "comparison": {"reference": "none"}}, "there is no sample_sheet"),
        (
            {"quantification": {"positive": {"GFP": {"control": {"condition": "other"}}}}},
            "quantification.positive.GFP.control is 'other'",
        ),
    ],
)
def test_what_is_wrong_ends_the_run_before_any_job(config, tmp_path, changes, words):
    for key, value in changes.items():
        config[key] = value.format(tmp_path) if isinstance(value, str) else value
    with pytest.raises(SettingsError, match=words):
        preparation.prepare(config, SCHEMA)
