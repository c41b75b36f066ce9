"""What the page's form of the settings is made of."""

from collections.abc import Mapping
from typing import Any

from immunostain.inputs import config_text


def form(schema: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the page needs to show all settings and to write them down.

    Parameters
    ----------
    schema
        The schema of config.yaml, with a default and an explanation for every key.
    settings
        The settings in use, complete.

    Returns
    -------
    dict
        ``schema``, as it is; and ``template``, the lines of config.yaml with the settings in use,
        as `config_text.lines` gives them. The page reads the values from there, as JSON would make
        text of keys that are numbers, and round long numbers.
    """
    return {"schema": schema, "template": config_text.lines(schema, settings)}
