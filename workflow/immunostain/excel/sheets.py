"""The sheets of a file for Excel: one or several with data, and one that explains the columns."""

import textwrap
from collections.abc import Iterable
from itertools import count
from typing import Any, Self

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from immunostain.excel.formats import number_format, shown_length
from immunostain.excel.meanings import Explained

COLUMNS = "columns"  # the sheet that explains them
_WIDEST = 40  # signs
_WIDTHS = (_WIDEST, 16, 90)  # signs, of the sheet that explains the columns
_LINE = 15  # points
_LONGEST = 32_767  # signs of a text
_ARROW = 3  # signs that the button of a filter covers


class DataSheet:
    """A sheet to which tables of the same columns are appended.

    Its header is bold and stays in sight; columns are as wide as they need, and numbers have the
    digits that they need. Where no row is blank there are filters.
    """

    def __init__(self, workbook: Workbook, title: str, first: pd.DataFrame, explained: Explained):
        """Begin a sheet; widths and formats are chosen by the first rows."""
        self._sheet = workbook.create_sheet(title)
        self._sheet.freeze_panes = "A2"
        self._sheet.print_title_rows = "1:1"
        self._sheet.page_setup.orientation = "landscape"
        self._rows = 0
        self._has_blank_rows = False
        names = [str(name) for name in first.columns]
        self._formats = [
            number_format(first[column], explained.of(name))
            for name, column in zip(names, first.columns, strict=True)
        ]
        lines = 1
        for place, (name, form) in enumerate(zip(names, self._formats, strict=True), 1):
            width = max(_header_width(name), shown_length(first.iloc[:, place - 1], form))
            width = min(width, _WIDEST)
            lines = max(lines, len(textwrap.wrap(name, width)))
            letter = get_column_letter(place)
            self._sheet.column_dimensions[letter].width = width + _ARROW
        self._sheet.row_dimensions[1].height = _LINE * lines
        self._sheet.append([_heading(self._sheet, name) for name in names])
        self._width = len(names)

    def append(self, table: pd.DataFrame) -> None:
        """Write the rows of a table below those that are there."""
        known = table.notna().to_numpy()
        self._has_blank_rows = self._has_blank_rows or bool((~known.any(axis=1)).any())
        columns = [
            self._cells(table.iloc[:, place], known[:, place], form)
            for place, form in enumerate(self._formats)
        ]
        for row in zip(*columns, strict=True):
            self._sheet.append(row)
        self._rows += len(table)

    def _cells(self, values: pd.Series, known: np.ndarray, form: str | None) -> Iterable[Any]:
        """Give what is appended of a column, one after the other."""
        objects = values.astype(object).where(known, None).tolist()
        if values.dtype.kind in "iufb" and form is None:
            return objects  # openpyxl makes the cells
        cell = _CellOfColumn(self._sheet, form)
        return (None if value is None else cell.filled(value) for value in objects)

    def finish(self) -> None:
        """Put filters on the header, where they reach all rows."""
        if self._rows and not self._has_blank_rows:
            last = get_column_letter(self._width)
            self._sheet.auto_filter.ref = f"A1:{last}{self._rows + 1}"


class _CellOfColumn(Cell):  # type: ignore[misc]  # openpyxl has no types
    """One cell for all values of a column, as each is written before the next one is asked for.

    What openpyxl looks up for each cell it is told here once: a column of numbers with a format
    takes a third of the time.
    """

    has_style = False
    style_id = 0

    def __init__(self, sheet: Any, form: str | None):
        super().__init__(sheet, row=1, column=1)
        if form is not None:
            self.number_format = form
        self.has_style = form is not None
        self.style_id = super().style_id

    def filled(self, value: Any) -> Self:
        """Hold a value from now on; a text that begins with = is a text too, not a formula."""
        kind = type(value)
        if kind is float:
            self._value, self.data_type = value, "n"
        elif kind is str:
            self._value, self.data_type = _text(value), "s"
        else:
            self.value = value
        return self

    def __repr__(self) -> str:
        return "a cell"  # it is asked for with each cell, for an error that openpyxl catches


def add_columns_sheet(workbook: Workbook, columns: Iterable[str], explained: Explained) -> None:
    """Add the sheet that says what each column means."""
    sheet = workbook.create_sheet(COLUMNS)
    sheet.freeze_panes = "A2"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0  # as many pages as it takes, but one wide
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    for letter, width in zip("ABC", _WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.append([_heading(sheet, title) for title in ("Column", "Unit", "Meaning")])
    for number, name in enumerate(columns, 2):
        meaning = explained.of(name)
        texts = (meaning.column, meaning.unit, meaning.text.replace("`", ""))
        lines = [len(textwrap.wrap(text, n)) for text, n in zip(texts, _WIDTHS, strict=True)]
        sheet.row_dimensions[number].height = _LINE * max(1, *lines)
        cells = [_text_cell(sheet, text) for text in texts]
        for cell in cells:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.append(cells)


def _header_width(name: str) -> int:
    """Give the least width at which a header has no more than two lines, and no cut word."""
    least = max([5, *map(len, name.split())])
    return next(n for n in count(least) if len(textwrap.wrap(name, n)) <= 2)


def _heading(sheet: Any, title: str) -> WriteOnlyCell:
    """Give a cell of a header."""
    cell = _text_cell(sheet, title)
    cell.font = Font(name="Calibri", size=11, bold=True)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _text_cell(sheet: Any, value: str) -> Any:
    cell = WriteOnlyCell(sheet, _text(value))
    cell.data_type = "s"  # also if it begins with =
    return cell


def _text(value: str) -> str:
    """Give as much of a text as a cell can hold."""
    text = value if value.isprintable() else ILLEGAL_CHARACTERS_RE.sub("", value)
    return text[:_LONGEST]
