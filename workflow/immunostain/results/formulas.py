"""Texts that spreadsheets take for formulas: an image called ``+dox``, or worse, an attack.

In a CSV or TSV only an apostrophe before such a text keeps a spreadsheet from working it out.
Standard library only: the Snakefile imports this.
"""

import re
from typing import Any

FORMULA = r"'*[=+\-@\t\r\n＝＋－＠]"
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?")


def defused(value: Any) -> Any:
    """Put an apostrophe before what a spreadsheet would take for a formula.

    Numbers stay as they are, also those that are texts, and so does what is no text.

    Examples
    --------
    >>> [defused(text) for text in ("+dox", "=1+1", "-5", "a-b")]
    ["'+dox", "'=1+1", '-5', 'a-b']
    """
    if not isinstance(value, str) or _NUMBER.fullmatch(value):
        return value
    return f"'{value}" if re.match(FORMULA, value) else value


def as_it_was(text: str) -> str:
    """Give the text of which `defused` made this one.

    Examples
    --------
    >>> [as_it_was(text) for text in ("'+dox", "-5", "'t Hooft")]
    ['+dox', '-5', "'t Hooft"]
    """
    return text[1:] if text.startswith("'") and re.match(FORMULA, text) else text
