"""Check config.yaml against its schema and say in plain words what doesn't fit.

Needs only what Snakemake itself depends on: the Snakefile imports this.
"""

import copy
import csv
import io
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError

from immunostain.columns import NUCLEUS_COLUMNS
from immunostain.errors import SettingsError
from immunostain.plan import image_id


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


# Columns of the tables that a sample sheet is joined to.
TAKEN = {*NUCLEUS_COLUMNS, "track_id", "Frame", "Image name", "Scene", "Minutes"}


def read_sample_sheet(path: str, images: Iterable[str]) -> tuple[list[str], dict[str, list[str]]]:
    """Read what the user says of each image.

    Parameters
    ----------
    path
        A table with a column ``image`` and any others, separated by tabs, commas or semicolons.
    images
        The ids of the images that are analysed.

    Returns
    -------
    columns : list of str
        The names of the further columns.
    rows : dict
        Their values, as text, by image id.

    Raises
    ------
    SettingsError
        The file can't be read, has no column ``image``, two columns of one name or one that the
        results have already, names an image twice, or none of its images is there.
    """
    try:
        text = _decode(Path(path).read_bytes())
    except OSError as error:
        raise SettingsError(f'sample_sheet: "{path}" can\'t be read: {error.strerror}') from None
    first = text.partition("\n")[0]
    separator = max("\t;,", key=first.count)
    table = [row for row in csv.reader(io.StringIO(text), delimiter=separator) if any(row)]
    header = [name.strip() for name in table[0]] if table else []
    if "image" not in header:
        raise SettingsError(f'sample_sheet: "{path}" has no column named image')
    if len(set(header)) < len(header) or "" in header:
        raise SettingsError(f'sample_sheet: "{path}" has two columns of one name, or one of none')
    taken = sorted(set(header) & TAKEN)
    if taken:
        raise SettingsError(
            f'sample_sheet: "{path}" has a column named {taken[0]}, as the results have; rename it'
        )
    place = header.index("image")
    columns = header[:place] + header[place + 1 :]
    rows: dict[str, list[str]] = {}
    for row in table[1:]:
        values = [value.strip() for value in row + [""] * len(header)][: len(header)]
        name = image_id(values.pop(place))
        if name in rows:
            raise SettingsError(f'sample_sheet: "{name}" stands in "{path}" twice')
        rows[name] = values
    if not set(rows) & set(images):
        raise SettingsError(
            f'sample_sheet: none of the images in "{path}" is in the input folder; '
            "the column image holds file names, with the sub-folder where there is one"
        )
    return columns, rows


def _decode(content: bytes) -> str:
    """Read text as spreadsheets save it: UTF-8 with or without a mark, or Windows' Latin."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


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


def read_sheet_of(
    paths: Sequence[str], images: Iterable[str]
) -> tuple[list[str], dict[str, list[str]]]:
    """Read the sample sheet where there is one: `paths` holds it, or nothing."""
    return read_sample_sheet(paths[0], images) if paths else ([], {})
