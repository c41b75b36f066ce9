"""The first sheet of an .xlsx file as text, for sample sheets.

The Snakefile imports this: openpyxl is needed only where there is such a file.
"""

import io
import re
import warnings
from collections.abc import Iterator
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from immunostain.shared.errors import SettingsError

# How an .xlsx file begins, and one of Excel's old format or with a password.
XLSX, OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def rows(path: str, content: bytes) -> list[tuple[int, list[str]]]:
    """Give the rows of the first visible sheet that aren't empty.

    Parameters
    ----------
    path
        For messages.
    content
        Of the file.

    Returns
    -------
    list of (int, list of str)
        Each row's number and its cells as Excel shows them: 1 for 1.0, 007 where it has that form,
        what a formula gave, but dates in ISO form. Empty cells at its end are left out.

    Raises
    ------
    SettingsError
        The file can't be read, openpyxl is missing, or a formula was never calculated.
    """
    if content.startswith(OLD):
        raise SettingsError(
            f'sample_sheet: "{path}" has Excel\'s old format (.xls) or a password; save it as '
            '.xlsx without one, or as "CSV UTF-8"'
        )
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise SettingsError(
            f'sample_sheet: to read "{path}", openpyxl is missing in the Python that runs '
            'Snakemake; install it there, or save the sheet as "CSV UTF-8"'
        ) from None
    try:
        with warnings.catch_warnings(action="ignore"):  # of what it need not understand
            shown, written = (
                _cells(load_workbook(io.BytesIO(content), read_only=True, data_only=values))
                for values in (True, False)
            )
            found = [_row(*both) for both in zip(shown, written, strict=True)]
    except MemoryError:
        raise
    except Exception:  # openpyxl raises whatever a damaged file leads to
        raise SettingsError(
            f'sample_sheet: "{path}" can\'t be read as an .xlsx file; it may be damaged: save '
            'it anew in Excel, or as "CSV UTF-8"'
        ) from None
    if None in found:
        raise SettingsError(
            f'sample_sheet: a formula in row {found.index(None) + 1} of "{path}" was never '
            "calculated; open the file in Excel and save it"
        )
    return [(number, row) for number, row in enumerate(found, 1) if row]


def _cells(workbook: Any) -> Iterator[tuple[Any, ...]]:
    sheet = next(sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible")
    sheet.reset_dimensions()  # some programs write wrong ones
    return sheet.iter_rows()


def _row(shown: tuple[Any, ...], written: tuple[Any, ...]) -> list[str] | None:
    """Give a row's texts, or None where a formula has no value."""
    for value, formula in zip(shown, written, strict=True):
        # One that gave an empty text has a value of type str.
        if formula.data_type == "f" and value.value is None and value.data_type == "n":
            return None
    texts = [_text(cell) for cell in shown]
    while texts and not texts[-1]:
        texts.pop()
    return texts


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int):
        form = re.fullmatch("0+", cell.number_format)
        return str(value).zfill(len(form[0]) if form else 0)
    if isinstance(value, float):
        return format(Decimal(f"{value:.15g}"), "f")
    if isinstance(value, datetime):
        return str(value.date() if value.time() == time() else value)
    return str(value)
