"""Check config.yaml against its schema and say in plain words what doesn't fit.

Needs only what Snakemake itself depends on: the Snakefile imports this.
"""

import copy
import math
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from immunostain.shared.errors import SettingsError
from immunostain.shared.wording import cut

_LONGEST_VALUE = 200  # characters of a wrong value that are shown


def _is_number(_: Any, value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


# YAML has numbers that are none (.nan, .inf) and lie within any bounds, as they can't be compared.
_Validator = extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("number", _is_number),
)


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
        A copy of `config` in which every key of the schema stands, and paths have the user's
        folder in place of ``~``; those that every run uses have no slashes that are not needed.

    Raises
    ------
    SettingsError
        Names every key that is unknown or has a value that is not allowed, and what is allowed.
    """
    config = _as_meant(config, schema)
    errors = sorted(_Validator(schema).iter_errors(config), key=lambda e: list(e.path))
    if errors:
        raise SettingsError("; ".join(_say(error) for error in errors))
    complete = _with_defaults(config, schema)
    for key in ("input_folder", "output_folder", "sample_sheet"):
        if complete.get(key):
            complete[key] = os.path.normpath(complete[key])
    return complete


def _as_meant(value: Any, schema: dict[str, Any]) -> Any:
    """Turn settings into what their schema lets them mean.

    Text becomes a number where only that fits, as --config gives those in groups as text; whole
    numbers become integers, as JSON takes 50.0 for one and Python doesn't; a group of which every
    key is left out has none, instead of being nothing.
    """
    if value is None and schema.get("type") == "object":
        return {}
    if isinstance(value, dict):
        parts, others = schema.get("properties", {}), schema.get("additionalProperties") or {}
        return {key: _as_meant(part, parts.get(key, others)) for key, part in value.items()}
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and not _Validator(schema).is_valid(value):
        try:
            meant = yaml.safe_load(value) if re.fullmatch(r"[\w.+-]*", value) else value
        except ValueError:  # like a date, but there is no such day
            return value
        return meant if _Validator(schema).is_valid(meant) else value
    return value


def _with_defaults(config: Any, schema: dict[str, Any]) -> Any:
    if schema.get("path"):
        return _expanded(config)
    if schema.get("type") != "object" or not isinstance(config, dict):
        return copy.deepcopy(config)
    return {
        key: _with_defaults(config.get(key, part.get("default", {})), part)
        for key, part in schema.get("properties", {}).items()
    }


def _expanded(paths: Any) -> Any:
    """Put the user's folder in place of ``~`` in a path, or in each of a map."""
    if isinstance(paths, dict):
        return {key: _expanded(path) for key, path in paths.items()}
    return os.path.expanduser(paths) if isinstance(paths, str) else paths


def _say(error: ValidationError) -> str:
    """Turn a schema error into key, value and what is allowed."""
    key = ".".join(str(part) for part in error.absolute_path)
    instance: Any = error.instance
    schema: Any = error.schema
    if error.validator == "additionalProperties":
        unknown = sorted(map(str, set(instance) - set(schema["properties"])))
        known = ", ".join(schema["properties"])
        names = ", ".join(f"{key}.{name}" if key else name for name in unknown)
        return f"config: {names} is not a known key; known here: {known}"
    allowed = schema.get("allowed")
    if allowed is None:
        allowed = error.message
    value = cut(repr(instance), _LONGEST_VALUE, end="...")
    return f"config: {key} is {value}; allowed: {allowed}"


def check_output_folder(output_folder: str, by_writing: bool) -> None:
    """See that results can be written.

    Parameters
    ----------
    output_folder
        It need not be there yet.
    by_writing
        Try it with a file that is removed at once: what permissions say isn't all.

    Raises
    ------
    SettingsError
        The folder, or the one in which it would be made, is a file or not writable.
    """
    folder = Path(output_folder).absolute()
    if folder.is_symlink() and not folder.exists():
        raise SettingsError(f'output_folder: "{folder}" is a link to a folder that isn\'t there')
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir():
        raise SettingsError(f'output_folder: "{folder}" is a file, not a folder')
    if not by_writing:
        return
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise SettingsError(
            f'output_folder: "{folder}" is not writable ({error.strerror}); check its permissions'
        ) from error


def check_folders_differ(input_folder: str, output_folder: str) -> None:
    """See that results don't go among the images; a folder of their own in there is fine.

    Raises
    ------
    SettingsError
        Both are the same folder, links followed.
    """
    folders = [os.path.realpath(folder) for folder in (input_folder, output_folder)]
    try:
        same = os.path.samefile(*folders)
    except OSError:  # one of them isn't there yet
        same = folders[0] == folders[1]
    if same:
        raise SettingsError(
            f'output_folder: "{output_folder}" is the input_folder as well; choose another one, '
            f'such as "{os.path.join(output_folder, "results")}"'
        )


def of_the_results(config: dict[str, Any]) -> dict[str, Any]:
    """Give the settings that may change what is found in images."""
    return {
        key: value
        for key, value in config.items()
        if key not in ("email", "training", "evaluation", "preview")
    }
