"""Single values as YAML, in one line, as a person would write them into config.yaml.

workflow/preview/yaml.js does the same on the page; a test lets PyYAML read what both write.
"""

import json
import re
from typing import Any

import yaml

# Plain words stay without quotes, if they hold none of these signs that mean something to YAML.
_PLAIN = re.compile(r"[^\W_][\w ./+()=@%&'~\\-]*|(?:~|\.\.?)?/[\w ./+()=@%&'~\\-]*")
_NOT_IN_JSON = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def written(value: Any) -> str:
    r"""Write a value so that PyYAML reads exactly the same one.

    Parameters
    ----------
    value
        What a setting may be: nothing, true or false, a number, text, a list or a map of such.

    Examples
    --------
    >>> print(written({"AF488": 500, "Cy5": "otsu", "DAPI": {"control": {"is": "no"}}}))
    {AF488: 500, Cy5: otsu, DAPI: {control: {is: "no"}}}
    >>> print(written(1e-07), written("a: #1"), written(None), written(["256 MB", True]))
    1.0e-07 "a: #1" null [256 MB, true]
    """
    if isinstance(value, dict):
        pairs = (f"{written(key)}: {written(part)}" for key, part in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(written(part) for part in value)}]"
    if isinstance(value, str):
        return value if _is_plain(value) else _quoted(value)
    if isinstance(value, float):
        return yaml.safe_dump(value).splitlines()[0]
    return json.dumps(value)  # nothing, true, false and whole numbers are the same in both


def _is_plain(text: str) -> bool:
    if not _PLAIN.fullmatch(text) or text != text.strip():
        return False
    # What looks like a number, a date, yes or no is none of them only in quotes. 1e3 is text for
    # PyYAML, but a number for people and other programs.
    if re.fullmatch(r"[\d.]+[eE][-+]?\d+", text):
        return False
    return yaml.resolver.Resolver().resolve(yaml.ScalarNode, text, (True, False)) == (
        "tag:yaml.org,2002:str"
    )


def _quoted(text: str) -> str:
    return _NOT_IN_JSON.sub(
        lambda sign: f"\\u{ord(sign[0]):04x}", json.dumps(text, ensure_ascii=False)
    )
