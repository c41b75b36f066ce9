"""The columns of the sample sheet, joined to the tables of results."""

import re
from collections.abc import Collection, Iterable
from decimal import Decimal

import pandas as pd

from immunostain.samples.sample_sheet import SampleSheet
from immunostain.shared.errors import SettingsError
from immunostain.shared.whole_numbers import as_whole_numbers

_NUMBER = re.compile(r"-?(0|[1-9]\d*)([.,]\d+)?")
_ONE_OR_THOUSAND = re.compile(r"-?[1-9]\d{0,2}[.,]\d{3}")


def add_sample_columns(table: pd.DataFrame, image: pd.Series, sheet: SampleSheet) -> pd.DataFrame:
    """Put the sample sheet's columns behind a table's own; blank where an image isn't in it."""
    joined = table.copy(deep=False)
    for index, name in enumerate(sheet.columns):
        refuse_if_taken(name, table)
        values = {key: row[index] for key, row in sheet.rows.items() if row[index]}
        if _are_numbers(values.values()):
            numbers = {key: float(_with_point(value)) for key, value in values.items()}
            joined[name] = as_whole_numbers(image.map(numbers))
        else:
            joined[name] = image.map(values)
    return joined


def _are_numbers(texts: Collection[str]) -> bool:
    """Tell whether a column of the sample sheet holds nothing but what is surely a number.

    A plate 007 is none, nor is a bar code of more digits than a float holds. 1,000 and 1.000 may be
    one or a thousand: they are numbers only where others in the column show which sign is the
    decimal one, as 0,5 does.
    """
    if not all(_NUMBER.fullmatch(text) and _is_exact(_with_point(text)) for text in texts):
        return False
    unsure = {text for text in texts if _ONE_OR_THOUSAND.fullmatch(text)}
    shown = _decimal_signs(text for text in texts if text not in unsure)
    return not unsure or (len(shown) == 1 and _decimal_signs(unsure) == shown)


def _decimal_signs(texts: Iterable[str]) -> set[str]:
    return {sign for text in texts for sign in ".," if sign in text}


def _with_point(text: str) -> str:
    return text.replace(",", ".")


def _is_exact(text: str) -> bool:
    return Decimal(repr(float(text))) == Decimal(text)


def refuse_if_taken(name: str, table: pd.DataFrame) -> None:
    """See that a column of the sample sheet takes no measurement's place.

    Those named after channels are known only now; `sample_sheet.read` has refused all others.
    """
    if name in table:
        raise SettingsError(
            f"sample_sheet: it has a column named {name}, as the results have; rename it"
        )
