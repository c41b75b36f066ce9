"""What is said of a file of settings that can't be read as it was meant."""

import os

import pytest
from czi_files import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from immunostain.inputs.config_file import check, stop_if_wrong
from immunostain.shared.errors import SettingsError

TENFOLD = "".join(f"k{n}: &k{n} [{', '.join([f'*k{n - 1}'] * 10)}]\n" for n in range(1, 9))
BOMB = f"k0: &k0 x\n{TENFOLD}analyses: *k8\n"
GROUPS = BOMB.replace("[*", "{a: *").replace("]", "}")


def said(folder, content):
    """Give what is said of a file's content, without the file's name."""
    path = folder / "config.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SettingsError) as caught:
        check(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300
    return str(caught.value).removeprefix(str(path))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", " is empty; write lines such as"),
        (" \n\n", " is empty; write lines such as"),
        ("# nothing yet\n", " has only comments; write"),
        ("a: 1\nb:\n\tc: 2\n", ", line 3: has a tab; use blanks"),
        ("a: [1, 2,\n\t3]\nb: 1\n\t", ", line 2: has a tab"),
        ("a: 1\nb:\t2\n", ", line 2: has a tab"),
        ("a: 1\nb: [x, y\nc: 2\n", ", line 2: the [ that opens here is not closed"),
        ("a: 1\nb: [x, y", ", line 2: the [ that opens here is not closed"),
        ("a: 1\nb: [x,", ", line 2: the [ that opens here is not closed"),
        ("a: {b: 1,\n  c: {d: 2\n", ", line 2: the { that opens here is not closed"),
        ("a: [1 2, b: c: d]\n", ", line 1: the [ that opens here is not closed, or a comma"),
        ('a: 1\nb: "x\nc: 2\n', ", line 2: the quotation mark that opens here is not closed"),
        ("these are my\nnotes\n", ", line 1: is no setting; write"),
        ("# notes\n\n- a\n- b\n", ", line 3: is no setting; write"),
        ("a: b: c\n", ", line 1: has a colon too many"),
        ("input_folder images\nb: 1\n", ", line 2: has a colon too many (put the text in quotes)"),
        ("a:\n  b: 1\n c: 2\n", ", line 3: is not as YAML wants it"),
        ("a: @b\n", ", line 1: is not as YAML wants it"),
        ("a: 1\n---\nb: 2\n", ", line 2: is not as YAML wants it (but found another document)"),
        ("a: 1\nb: 2\r\na: 3\n", ', line 3: "a" stands in line 1 too; keep one of them'),
        ("a:\n  b: 1\n  'b': 2\n", ', line 3: "b" stands in line 2 too'),
        ("m: {10: x, 10.0: y}\n", ', line 1: "10.0" stands twice'),
        ('{"a": {"b": 1, "b": 2}}', ': "b" stands in it twice'),
        ("[1, 2]", " holds no settings; write"),
        ("? [a]\n: 1\n", ", line 1: has a list or a group as a key"),
        ("a: 1\nb: 2024-13-45\n", ', line 2: "2024-13-45" means nothing here; put it in quotes'),
        ("a: !!python/name:os.system x\n", ', line 1: "x" means nothing here'),
        ("a: 1\nb: x\0y\n", ", line 2: has a character that no text has"),
        ("a: 1\nb: Zählung\n".encode("latin-1"), ", line 2: has a letter that isn't UTF-8"),
        ("a: 1\n".encode("utf-16"), " is saved as UTF-16; save it as UTF-8"),
        ("\ufeffa: 1\n".encode("utf-16-be"), " is saved as UTF-16; save it as UTF-8"),
        (BOMB, " has more than 10000 values, if what its aliases (*) stand for"),
        (GROUPS, " has more than 10000 values, if what its aliases (*) stand for"),
        ("a: &a [*a]\n", " has more than 10000 values"),
        ("[" * 199_000, " has values in too many values"),
        ("a: " + "{a: " * 40_000, " has values in too many values"),
        ("a: x\n" * 40_001, " is no file of settings: it is larger than 200 kB"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path, content, words):
    assert said(tmp_path, content).startswith(words)


@pytest.mark.parametrize(
    "content",
    [
        "a: 1\nb: {a: 2}\n",
        "\ufeffa: 1\r\nb: [x, y]\r\n",
        '{"a": 1,\n\t"b": {"a": 2}}',
        "a: &a {x: 1}\nb: {<<: *a, y: 2}\n",
        "a: &a [x, y]\nb: *a\n",
        "m: {10: x, '10': y}\n",
        "a:\nb: ~\n",
    ],
)
def test_what_can_be_read_is_fine(tmp_path, content):
    (tmp_path / "config.yaml").write_text(content, encoding="utf-8")
    check(tmp_path / "config.yaml")


PIECES = [
    "a: ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "\n",
    "  ",
    "\t",
    "&a ",
    "*a",
    "'",
    '"',
    "!!x ",
    "1",
    "?",
]


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.characters(codec="utf-8")).map("".join))
def test_whatever_stands_in_the_file_ends_well_or_in_a_sentence(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(text, encoding="utf-8", newline="")
    try:
        check(path)
    except SettingsError as error:
        assert str(error).startswith(str(path))


def test_the_shipped_settings_are_fine():
    check(ROOT / "config" / "config.yaml")


def test_a_pipe_is_left_to_snakemake(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    check(tmp_path / "pipe")


def test_a_folder_in_place_of_the_file(tmp_path):
    with pytest.raises(SettingsError, match="can't be read: Is a directory"):
        check(tmp_path)


def test_a_file_that_may_not_be_read(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("a: 1\n")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("root may read everything")
    with pytest.raises(SettingsError, match="can't be read: Permission denied"):
        check(path)


def test_the_first_wrong_file_ends_the_run(tmp_path):
    for name, text in {"good.yaml": "a: 1\n", "bad.yaml": "a: [\n", "worse.yaml": "\t\n"}.items():
        (tmp_path / name).write_text(text)
    names = ["missing.yaml", "good.yaml", "bad.yaml", "worse.yaml"]
    with pytest.raises(SystemExit, match=r"^immunostain: .*bad\.yaml, line 1: the \[ that opens"):
        stop_if_wrong([tmp_path / name for name in names])
    stop_if_wrong([tmp_path / name for name in names[:2]])
