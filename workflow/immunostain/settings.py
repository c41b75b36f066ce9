"""Check config.yaml against its schema and say in plain words what doesn't fit.

Needs only what Snakemake itself depends on: the Snakefile imports this.
"""

import copy
import os
import re
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError

from immunostain.errors import SettingsError


def complete(config: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Check the settings and fill in the defaults.

    Parameters
    ----------
    config
        What config.yaml and the command line say.
    schema
        The JSON schema of config.yaml, with a default for every key.

    Returns
    -------
    dict
        A copy of `config` in which every key of the schema stands.

    Raises
    ------
    SettingsError
        Names every key that is unknown or has a value that is not allowed, and what is allowed.
    """
    config = _with_numbers(config, schema)
    errors = sorted(Draft202012Validator(schema).iter_errors(config), key=lambda e: list(e.path))
    if errors:
        raise SettingsError("; ".join(_say(error) for error in errors))
    return _with_defaults(config, schema)


def _with_numbers(value: Any, schema: dict[str, Any]) -> Any:
    """Turn text into a number where only that fits: --config gives those in groups as text."""
    if isinstance(value, dict):
        parts = schema.get("properties", {})
        return {key: _with_numbers(part, parts.get(key, {})) for key, part in value.items()}
    if isinstance(value, str) and not Draft202012Validator(schema).is_valid(value):
        meant = yaml.safe_load(value) if re.fullmatch(r"[\w.+-]*", value) else value
        return meant if Draft202012Validator(schema).is_valid(meant) else value
    return value


def _with_defaults(config: Any, schema: dict[str, Any]) -> Any:
    if schema.get("type") != "object" or not isinstance(config, dict):
        return copy.deepcopy(config)
    given = {
        key: _with_defaults(config.get(key, part.get("default", {})), part)
        for key, part in schema.get("properties", {}).items()
    }
    return {**config, **given}


def _say(error: ValidationError) -> str:
    """Turn a schema error into key, value and what is allowed."""
    key = ".".join(str(part) for part in error.absolute_path)
    if error.validator == "additionalProperties":
        unknown = sorted(set(error.instance) - set(error.schema["properties"]))
        known = ", ".join(error.schema["properties"])
        names = ", ".join(f"{key}.{name}" if key else name for name in unknown)
        return f"config: {names} is not a known key; known here: {known}"
    allowed = error.schema.get("allowed")
    if allowed is None:
        allowed = error.message
    return f"config: {key} is {error.instance!r}; allowed: {allowed}"


def check_output_folder(output_folder: str) -> None:
    """See that results can be written.

    Raises
    ------
    SettingsError
        The folder, or the one in which it would be made, is a file or not writable.
    """
    folder = Path(output_folder).absolute()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir():
        raise SettingsError(f'output_folder: "{folder}" is a file, not a folder')
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SettingsError(f'output_folder: "{folder}" is not writable; check its permissions')
