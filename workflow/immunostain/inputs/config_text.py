"""The text of config.yaml, with its comments, as the schema explains each key.

config/config.yaml is this text with the default settings, and the page's form fills the same lines
with what a user chose: none of them can say something else than the schema does.
"""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from immunostain.inputs.yaml_values import written

Line = str | dict[str, str]

_LONGEST_LINE = 100
_HEADER = """\
# The settings of immunostain. What you leave out has the value that stands here.
# README.md in this folder explains every key at more length.\
"""


def lines(schema: Mapping[str, Any], settings: Mapping[str, Any]) -> list[Line]:
    """List the lines of config.yaml.

    Parameters
    ----------
    schema
        The schema of config.yaml: of its keys, ``description`` is the comment above a key, and
        ``section`` the heading above it.
    settings
        A value for each key, in groups, as `inputs.settings.complete` gives them.

    Returns
    -------
    list
        Text for a line that always stands there. For a key's line a dict: ``key``, its name with
        dots; ``before``, what stands in the line before the value, the colon last; and ``value``,
        blank for nothing.
    """
    return [*_HEADER.splitlines(), *_lines_of(schema, settings, ())]


def text(schema: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    """Write the whole text of config.yaml; parameters as of `lines`."""
    whole = [
        line if isinstance(line, str) else f"{line['before']} {line['value']}".rstrip()
        for line in lines(schema, settings)
    ]
    return "\n".join(whole) + "\n"


def _lines_of(
    schema: Mapping[str, Any], settings: Mapping[str, Any], group: tuple[str, ...]
) -> Iterator[Line]:
    indent = "  " * len(group)
    for index, (name, part) in enumerate(schema["properties"].items()):
        # Groups in groups are short: their keys stand close together.
        if len(group) < 2 and not (group and index == 0):
            yield ""
        if "section" in part:
            yield f"{indent}# ---- {part['section']} ----"
            yield ""
        yield from _comment(part.get("description", ""), indent)
        if "properties" in part:
            yield f"{indent}{name}:"
            yield from _lines_of(part, settings[name], (*group, name))
        else:
            yield {
                "key": ".".join((*group, name)),
                "before": f"{indent}{name}:",
                "value": "" if settings[name] is None else written(settings[name]),
            }


def _comment(description: str, indent: str) -> Iterator[str]:
    """Give a description as lines of comment; a line that begins with blanks stays indented."""
    for line in description.splitlines():
        blanks = line[: len(line) - len(line.lstrip())]
        yield from textwrap.wrap(
            line.strip(),
            _LONGEST_LINE,
            initial_indent=f"{indent}# {blanks}",
            subsequent_indent=f"{indent}# {blanks}",
            break_on_hyphens=False,
            break_long_words=False,
        )
