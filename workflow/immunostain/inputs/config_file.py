"""See that a file of settings can be read as what its writer meant, before Snakemake reads it.

Snakemake says of a file that it can't read neither its name nor the line, and of a key that stands
twice it takes the last one without a word. Needs only what Snakemake itself depends on: the
Snakefile imports this.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from immunostain.shared.errors import SettingsError
from immunostain.shared.wording import printable

_LARGEST = 200_000  # bytes
_MOST_VALUES = 10_000
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_WHAT_TO_WRITE = "write lines such as `input_folder: /data/may`"


def stop_if_wrong(paths: Iterable[str | os.PathLike[str]]) -> None:
    """Check files of settings; those that aren't there are left to Snakemake.

    Raises
    ------
    SystemExit
        With one sentence about the first that is wrong.
    """
    for path in paths:
        try:
            check(path)
        except SettingsError as error:
            raise SystemExit(f"immunostain: {printable(str(error))}") from None


def check(path: str | os.PathLike[str]) -> None:
    """See that a file holds settings in YAML or JSON, each key once.

    Raises
    ------
    SettingsError
        Names the file, the line where there is one, and what is wrong.
    """
    path = Path(path)
    try:
        if not path.exists() or path.is_fifo():  # a pipe can be read once, and Snakemake has to
            return
        size = path.stat().st_size
        content = path.read_bytes() if size <= _LARGEST else b""
    except OSError as error:
        raise SettingsError(f"{path} can't be read: {error.strerror}") from error
    if size > _LARGEST:
        raise SettingsError(f"{path} is no file of settings: it is larger than 200 kB")
    text = _text(path, content)
    if not text.strip():
        raise SettingsError(f"{path} is empty; {_WHAT_TO_WRITE}")
    try:
        if not _is_json(path, text):
            _check_yaml(path, text)
    except RecursionError:
        raise SettingsError(f"{path} has values in too many values") from None


def _at(path: Path, line: int, what: str) -> SettingsError:
    return SettingsError(f"{path}, line {line}: {what}")


def _text(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        if content[:2] in _UTF_16:
            raise SettingsError(f"{path} is saved as UTF-16; save it as UTF-8") from error
        line = content.count(b"\n", 0, error.start) + 1
        raise _at(path, line, "has a letter that isn't UTF-8; save the file as UTF-8") from error


def _is_json(path: Path, text: str) -> bool:
    """Tell whether a text is JSON, which Snakemake tries first, and check it if so."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        settings: dict[str, Any] = {}
        for key, value in pairs:
            if key in settings:
                raise SettingsError(f'{path}: "{key}" stands in it twice; keep one of them')
            settings[key] = value
        return settings

    try:
        settings = json.loads(text, object_pairs_hook=once)
    except ValueError:
        return False
    if not isinstance(settings, dict):
        raise SettingsError(f"{path} holds no settings; {_WHAT_TO_WRITE}")
    return True


def _check_yaml(path: Path, text: str) -> None:
    try:
        loader = yaml.SafeLoader(text)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _at(path, line, "has a character that no text has") from error
    try:
        root = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        brackets = [mark for mark in loader.marks if text[mark.index] in "[{"]
        raise _at(path, *_explained(error, text, brackets)) from error
    if root is None:
        raise SettingsError(f"{path} has only comments; {_WHAT_TO_WRITE}")
    if not isinstance(root, yaml.MappingNode):
        raise _at(path, root.start_mark.line + 1, f"is no setting; {_WHAT_TO_WRITE}")
    if _count(root, {}) > _MOST_VALUES:
        raise SettingsError(
            f"{path} has more than {_MOST_VALUES} values, if what its aliases (*) stand for is "
            "counted each time; write the values themselves"
        )
    _check_keys_and_values(path, loader, root, set())


def _explained(
    error: yaml.MarkedYAMLError, text: str, brackets: list[yaml.Mark]
) -> tuple[int, str]:
    """Give the line of a mistake, and say in plain words what it is.

    Parameters
    ----------
    error
        As PyYAML raised it.
    text
        What it read.
    brackets
        The brackets that were open, outer ones first.
    """
    context, begin = error.context or "", error.context_mark
    mark = error.problem_mark or begin
    assert mark, "PyYAML tells at least one place"
    line, written = mark.line + 1, [*text.splitlines(), ""][mark.line]
    indent = written[: len(written) - len(written.lstrip())]
    if "\t" in indent or "'\\t'" in (error.problem or ""):
        return line, "has a tab; use blanks"
    if begin and "quoted scalar" in context:
        return begin.line + 1, "the quotation mark that opens here is not closed"
    if "flow" in context and brackets:
        sign = text[brackets[-1].index]
        what = f"the {sign} that opens here is not closed, or a comma is missing after it"
        return brackets[-1].line + 1, what
    if error.problem == "mapping values are not allowed here":
        return line, "has a colon too many (put the text in quotes), or the line before has none"
    return line, (
        f"is not as YAML wants it ({error.problem}); write `key: value`, groups indented with "
        "blanks, and text with special characters in quotes"
    )


def _count(node: yaml.Node, known: dict[int, int]) -> int:
    """Count the values in a value; one that an alias stands for counts each time.

    A value that holds itself counts as endless.
    """
    if id(node) not in known:
        known[id(node)] = _MOST_VALUES + 1  # for as long as it isn't known
        known[id(node)] = 1 + sum(_count(part, known) for part in _parts(node))
    return known[id(node)]


def _parts(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _check_keys_and_values(
    path: Path, loader: yaml.SafeLoader, node: yaml.Node, seen: set[int]
) -> None:
    """See that single values mean something and that no group has a key twice."""
    if id(node) in seen:
        return
    seen.add(id(node))
    for part in _parts(node):
        _check_keys_and_values(path, loader, part, seen)
    if isinstance(node, yaml.ScalarNode):
        _value(path, loader, node)
    if isinstance(node, yaml.MappingNode):
        lines: dict[Any, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise _at(path, line, "has a list or a group as a key")
            value = _value(path, loader, key)
            if value in lines:
                where = f"in line {lines[value]} too" if lines[value] != line else "twice"
                raise _at(path, line, f'"{key.value}" stands {where}; keep one of them')
            lines[value] = line


def _value(path: Path, loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Any:
    if node.tag == "tag:yaml.org,2002:merge":
        return node.value
    try:
        return loader.construct_object(node)
    except (yaml.YAMLError, ValueError) as error:  # like a date, but there is no such day
        line = node.start_mark.line + 1
        raise _at(path, line, f'"{node.value}" means nothing here; put it in quotes') from error
