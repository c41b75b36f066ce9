"""Which columns of the sample sheet tell an image's condition and its replicate.

Standard library only: the Snakefile imports this.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from immunostain.samples.sample_sheet import SampleSheet
from immunostain.shared.errors import SettingsError
from immunostain.shared.wording import listed


@dataclass(frozen=True)
class Design:
    """What images are compared by.

    Attributes
    ----------
    condition
        The column of the sample sheet that tells what was done to an image; None: there is none.
    replicate
        The column that tells the experiment that an image is of; None: each image is one.
    """

    condition: str | None = None
    replicate: str | None = None


def design(columns: Sequence[str], by: str | None = None, replicate: str | None = None) -> Design:
    """Say by which columns of the sample sheet images are compared.

    Parameters
    ----------
    columns
        The sheet's, besides ``image``.
    by, replicate
        `comparison.by` and `comparison.replicate` of the settings. Without them these are the
        columns named ``condition`` and ``replicate``, in any case; if none is named ``condition``,
        the first one that isn't that of the replicates.

    Examples
    --------
    >>> design(["Replicate", "dose"])
    Design(condition='dose', replicate='Replicate')
    >>> design(["day", "drug", "dose"], by="drug", replicate="day")
    Design(condition='drug', replicate='day')
    """
    others = [name for name in columns if name != by]
    replicate = replicate or _named("replicate", others)
    rest = [name for name in columns if name != replicate]
    return Design(by or _named("condition", rest) or next(iter(rest), None), replicate)


def _named(word: str, columns: Sequence[str]) -> str | None:
    return next((name for name in columns if name.casefold() == word), None)


def images_with(sheet: SampleSheet, wanted: Mapping[str, Any]) -> list[str]:
    """List the images whose row has these values.

    Parameters
    ----------
    sheet
        The sample sheet.
    wanted
        Values by the names of their columns, as in the settings: a text must be the same, a number
        may be written in another way (0,5 and 0.50).
    """
    places = {sheet.columns.index(column): value for column, value in wanted.items()}
    return [
        image
        for image, row in sheet.rows.items()
        if all(is_meant(value, row[place]) for place, value in places.items())
    ]


def is_meant(value: str | float, text: str) -> bool:
    """Tell whether a value in the settings is what stands in the sample sheet.

    Examples
    --------
    >>> is_meant(0.5, "0,50"), is_meant("7", "007"), is_meant("control", "control")
    (True, False, True)
    """
    if text == str(value):
        return True
    try:
        return not isinstance(value, str) and float(text.replace(",", ".")) == value
    except ValueError:
        return False


def check(
    comparison: Mapping[str, Any],
    positive: Mapping[str, Any],
    sheet: SampleSheet,
    images: Collection[str],
) -> None:
    """See that the settings name columns and values that the sample sheet has.

    Parameters
    ----------
    comparison, positive
        `comparison` and `quantification.positive` of the complete settings.
    sheet
        The sample sheet; of no columns if there is none.
    images
        The ids of the images that are analysed: only what the sheet says of these counts.

    Raises
    ------
    SettingsError
        Names the key, its value, and what the sheet has.
    """
    seen = SampleSheet(sheet.columns, {i: row for i, row in sheet.rows.items() if i in images})
    for name in ("by", "replicate"):
        if comparison[name] is not None:
            _check_column(f"comparison.{name}", comparison[name], sheet.columns)
    chosen = design(sheet.columns, comparison["by"], comparison["replicate"])
    if chosen.condition is not None and chosen.condition == chosen.replicate:
        raise SettingsError(
            f"config: comparison.replicate is {chosen.replicate!r}, the column of the conditions"
        )
    if comparison["reference"] is not None:
        if chosen.condition is None:
            raise SettingsError(
                f"config: comparison.reference is {comparison['reference']!r}, and there is no "
                "sample_sheet with a column of conditions"
            )
        _check_value("comparison.reference", chosen.condition, comparison["reference"], seen)
    for channel, how in positive.items():
        key = f"quantification.positive.{channel}"
        _check_no_column_of_that_name(key, channel, sheet.columns)
        for column, value in how["control"].items() if isinstance(how, Mapping) else ():
            _check_column(f"{key}.control", column, sheet.columns)
            _check_value(f"{key}.control", column, value, seen)
        if isinstance(how, Mapping) and not images_with(seen, how["control"]):
            raise SettingsError(f"config: {key}.control: no image has all of these values")


def _check_column(key: str, column: str, columns: Sequence[str]) -> None:
    if column not in columns:
        there = listed([f'"{name}"' for name in columns]) or "none, as there is no sample_sheet"
        raise SettingsError(
            f"config: {key} is {column!r}; allowed: a column of the sample sheet: {there}"
        )


def _check_value(key: str, column: str, value: str | float, sheet: SampleSheet) -> None:
    if not images_with(sheet, {column: value}):
        place = sheet.columns.index(column)
        there = dict.fromkeys(row[place] for row in sheet.rows.values() if row[place])
        raise SettingsError(
            f"config: {key} is {value!r}, which no image has in the column {column} of the sample "
            f"sheet; there are: {listed(list(there))}"
        )


def _check_no_column_of_that_name(key: str, channel: str, columns: Sequence[str]) -> None:
    """See that the sheet has no column named as one that is made for the channel.

    A sheet may well have a column ``HER2_positive`` where that isn't asked of the images.
    """
    for name in columns:
        for end in ("_positive", "_positive_percent"):
            if name.endswith(end) and channel.casefold() in name.removesuffix(end).casefold():
                raise SettingsError(
                    f"config: {key} makes a column {name}, which the sample sheet has as well; "
                    "rename that"
                )


def without_replicate(sheet: SampleSheet, chosen: Design, images: Collection[str]) -> list[str]:
    """List the images whose condition the sheet tells, but not their replicate."""
    if chosen.condition is None or chosen.replicate is None:
        return []
    condition, replicate = map(sheet.columns.index, (chosen.condition, chosen.replicate))
    known = {image: row for image, row in sheet.rows.items() if image in images}
    return [image for image, row in known.items() if row[condition] and not row[replicate]]
