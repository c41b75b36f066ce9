"""The text of config.yaml: made of the schema, and read back as exactly what was meant."""

import textwrap

import pytest
import yaml
from czi_files import ROOT
from hypothesis import given
from hypothesis import strategies as st

from immunostain.inputs import config_text
from immunostain.inputs.config_file import check
from immunostain.inputs.settings import complete
from immunostain.inputs.yaml_values import written

SCHEMA = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text("utf-8"))
DEFAULTS = complete({}, SCHEMA)


def parts_of(schema):
    for part in schema["properties"].values():
        yield part
        if "properties" in part:
            yield from parts_of(part)


def test_the_shipped_file_is_made_of_the_schema():
    shipped = (ROOT / "config" / "config.yaml").read_text("utf-8")
    assert shipped == config_text.text(SCHEMA, DEFAULTS), "run `make settings`"


def test_every_key_is_explained():
    values = [part for part in parts_of(SCHEMA) if "properties" not in part]
    assert len(values) > 50
    assert not [part for part in values if not part.get("description")]


def test_comments_sections_and_empty_values():
    schema = {
        "properties": {
            "first": {"section": "some", "description": "Words\n  {an: example}\nthat\u00e9"},
            "group": {"description": "All.", "properties": {"a": {}, "b": {"description": "B."}}},
        }
    }
    settings = {"first": None, "group": {"a": 1.5, "b": ["x", "no"]}}
    assert config_text.text(schema, settings).partition("\n\n")[2] == textwrap.dedent("""\
        # ---- some ----

        # Words
        #   {an: example}
        # that\u00e9
        first:

        # All.
        group:
          a: 1.5

          # B.
          b: [x, "no"]
        """)


def test_a_long_comment_is_broken_within_the_lines_of_the_file():
    lines = (ROOT / "config" / "config.yaml").read_text("utf-8").splitlines()
    assert 95 < max(map(len, lines)) <= 100


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.text("-+.:0123456789abeEfnosxy_ #~='\"\\%@,[]{}\n\t\u2028\x85\ufeff"),
)
values = st.recursive(
    scalars,
    lambda parts: st.lists(parts) | st.dictionaries(st.text(max_size=200) | st.integers(), parts),
    max_leaves=8,
)


@given(values)
def test_pyyaml_reads_what_was_written(value):
    read = yaml.safe_load(f"key: {written(value)}")
    assert read == {"key": value}
    assert repr(read) == repr({"key": value})  # 1, 1.0 and True are not the same


@pytest.mark.parametrize("word", ["DAPI", "256 MB", "12 um", "/data/mai ü", "../x", "~/a (1).csv"])
def test_plain_words_have_no_quotes(word):
    assert written(word) == word


@pytest.mark.parametrize("word", ["no", "Yes", "1e3", "1.5", "2024-05-01", "0x1", "~", "1:30", ""])
def test_words_that_mean_something_else_have_quotes(word):
    assert written(word) == f'"{word}"'


def test_a_file_with_hostile_settings_is_read_as_meant(tmp_path):
    hostile = "a: #'\"\\ \u2028\x85\x07\U0001f600 {x} " + "long " * 40
    given_settings = {
        "nuclear_channel": hostile,
        "quantification": {"positive": {hostile: {"control": {hostile: hostile}}, "488": 1e-7}},
        "segmentation": {"unet": {"model": {10: "ten.pth", 63.5: hostile}}},
    }
    settings = complete(given_settings, SCHEMA)
    path = tmp_path / "config.yaml"
    path.write_text(config_text.text(SCHEMA, settings), "utf-8")
    check(path)
    assert complete(yaml.safe_load(path.read_text("utf-8")), SCHEMA) == settings
