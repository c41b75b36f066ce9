"""Files of models: which one a picture needs, and whether it is whole. No torch needed."""

import hashlib
import json
import os
import struct

import pytest
from czi_files import ROOT
from hypothesis import example, given, settings
from hypothesis import strategies as st

from immunostain.network import model_files
from immunostain.network.model_files import (
    check_magnifications,
    check_model_file,
    find_model,
    fingerprints,
    model_for,
)
from immunostain.shared.errors import ImageError, SettingsError

BOTH = {"10": "ten.pth", "63": "sixty.pth"}
SHIPPED = "resources/models/nuclei.safetensors"


def safetensors_file(header, data=b""):
    """Give the content of a safetensors file with a header, text or what JSON can tell."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


WHOLE = safetensors_file(
    {
        "__metadata__": {"a": "b"},
        "x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
        "y": {"dtype": "U8", "shape": [3], "data_offsets": [8, 11]},
    },
    bytes(11),
)


@pytest.mark.parametrize(
    ("magnification", "model"),
    [(10.0, "ten.pth"), (63.0, "sixty.pth"), (10, "ten.pth"), (63.4, "sixty.pth")],
)
def test_the_model_is_that_of_the_magnification(magnification, model):
    assert model_for(BOTH, magnification) == model
    assert model_for({float(key): path for key, path in BOTH.items()}, magnification) == model


@pytest.mark.parametrize("magnification", [None, 10.0, 40.0])
def test_a_single_model_is_for_every_picture(magnification):
    assert model_for("one.pth", magnification) == "one.pth"


@pytest.mark.parametrize("magnification", [20.0, 62.0, 11.0, 0.0])
def test_a_magnification_without_a_model_is_named(magnification):
    with pytest.raises(ImageError, match=f"no model for a magnification of {magnification:g}"):
        model_for(BOTH, magnification)


def test_a_file_that_does_not_tell_its_magnification_needs_a_single_model():
    with pytest.raises(ImageError, match="does not say"):
        model_for(BOTH, None)


@pytest.mark.parametrize("model", ["a.pth", BOTH, {10: "a.pth"}, {2.5: "a.pth"}, {"1e1": "a.pth"}])
def test_magnifications_are_numbers(model):
    check_magnifications(model)


@pytest.mark.parametrize("key", ["63x", "", "0", "-10", "nan", "inf", 0, None])
def test_what_is_no_magnification_is_named(key):
    with pytest.raises(SettingsError, match=f"segmentation.unet.model: '{key}' is not a magnif"):
        check_magnifications({"10": "a.pth", key: "b.pth"})


@pytest.mark.parametrize("key", [10, 10.0, "1e1"])
def test_two_models_for_one_magnification(key):
    with pytest.raises(SettingsError, match=f"model has two models for {key}"):
        check_magnifications({"10": "a.pth", key: "b.pth"})


def test_a_map_without_any_model():
    with pytest.raises(SettingsError, match=r"segmentation\.unet\.model names no model"):
        check_magnifications({})


def test_fingerprints_tell_the_content_and_nothing_else(tmp_path):
    contents = {"a": b"one", "b": b"two", "c": b"one"}
    for name, content in contents.items():
        (tmp_path / f"{name}.pth").write_bytes(content)
    a, b, c = (str(tmp_path / f"{name}.pth") for name in contents)
    assert fingerprints(a) == hashlib.sha256(b"one").hexdigest()
    assert fingerprints({"10": a, "63": b}) == {"10": fingerprints(a), "63": fingerprints(b)}
    assert fingerprints(c) == fingerprints(a) != fingerprints(b)


def test_one_missing_model_of_several_is_named(tmp_path):
    (tmp_path / "a.pth").touch()
    with pytest.raises(SettingsError, match=r'"[^"]*missing\.pth": No such file'):
        fingerprints({"10": str(tmp_path / "a.pth"), "63": str(tmp_path / "missing.pth")})


def test_a_model_is_found_where_one_works_or_beside_the_workflow(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_model(SHIPPED) == ROOT / SHIPPED
    assert str(find_model("nowhere.pth")) == "nowhere.pth"
    mine = tmp_path / SHIPPED
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    assert find_model(SHIPPED).resolve() == mine
    assert find_model(str(mine)) == mine


def refusal(path):
    with pytest.raises(SettingsError) as caught:
        check_model_file(str(path))
    sentence = str(caught.value)
    assert sentence.startswith(f'segmentation.unet.model: "{path}"') and "\n" not in sentence
    return sentence


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("model") / "a.safetensors"


def test_whole_models_are_accepted(path):
    path.write_bytes(WHOLE)
    check_model_file(str(path))
    check_model_file(str(ROOT / SHIPPED))


def test_what_is_known_of_the_shipped_models_is_true():
    models_here = {str(path.relative_to(ROOT)) for path in ROOT.glob("resources/models/*.safe*")}
    assert models_here == set(model_files.SHIPPED_MODELS) == {SHIPPED}
    for name, known in model_files.SHIPPED_MODELS.items():
        assert hashlib.sha256((ROOT / name).read_bytes()).hexdigest() == known


def test_a_shipped_model_that_changed_is_refused_by_whatever_path(tmp_path, monkeypatch):
    monkeypatch.setattr(model_files, "SHIPPED", tmp_path / "workflow")
    shipped = tmp_path / "workflow" / SHIPPED
    shipped.parent.mkdir(parents=True)
    shipped.write_bytes(WHOLE)  # whole, and another one
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link.safetensors").symlink_to(shipped)
    for path in (shipped, f"workflow/{SHIPPED}", "link.safetensors"):
        assert "not as it came with the workflow" in refusal(path)
    with pytest.raises(SettingsError, match="not as it came"):
        fingerprints({"63": SHIPPED})
    own = shipped.with_name("mine.safetensors")
    own.write_bytes(WHOLE)
    check_model_file(str(own))


@pytest.mark.parametrize("name", ["model", "model.h5", "model.safetensors.zip", "model.PTH"])
def test_another_kind_of_file_is_refused(tmp_path, name):
    (tmp_path / name).write_bytes(WHOLE)
    assert "not a model" in refusal(tmp_path / name)


@pytest.mark.parametrize("suffix", ["safetensors", "pth", "pt"])
def test_missing_files_and_folders_are_named_with_the_reason(tmp_path, suffix):
    assert "No such file" in refusal(tmp_path / f"missing.{suffix}")
    (tmp_path / f"folder.{suffix}").mkdir()
    assert "directory" in refusal(tmp_path / f"folder.{suffix}")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path):
    (tmp_path / "a.pth").touch(mode=0)
    assert "Permission denied" in refusal(tmp_path / "a.pth")


def test_a_file_cut_off_anywhere_is_damaged(path):
    for length in range(len(WHOLE)):
        path.write_bytes(WHOLE[:length])
        assert "damaged" in refusal(path)


def test_a_file_with_more_than_it_says_is_damaged(path):
    path.write_bytes(WHOLE + b"\0")
    assert "damaged" in refusal(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "data_offsets", "__metadata__"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(JSON)
@example([1])
@example({"a": {"data_offsets": []}})
@example({"a": {"data_offsets": {"1": 2}}})
@example({"__metadata__": {}})
def test_a_header_that_tells_something_else_is_damaged(path, header):
    path.write_bytes(safetensors_file(header, b"!"))
    assert "damaged" in refusal(path)


@settings(deadline=None)
@given(st.binary(max_size=80), st.booleans())
@example(b"[" * 50_000, True)
@example(b'{"a":' * 50_000, True)
@example(b"9" * 10_000, True)
@example(b"\xff" * 20, False)
def test_garbage_is_damaged(path, garbage, counted):
    path.write_bytes(safetensors_file(garbage) if counted else garbage)
    assert "damaged" in refusal(path)


def test_a_long_header_is_not_read_into_memory(path):
    with path.open("wb") as file:
        file.write(struct.pack("<Q", 1 << 40))
        file.truncate(1 << 41)  # a hole, no room on the disk
    assert "damaged" in refusal(path)
    path.unlink()


def test_the_check_needs_only_the_standard_library():
    source = ROOT / "workflow" / "immunostain" / "network" / "model_files.py"
    assert "torch" not in source.read_text() and model_files.__file__ == str(source)
