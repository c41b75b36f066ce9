"""Tables as files: CSV, Parquet, and sheets for Excel."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import pandas as pd
from openpyxl import Workbook, load_workbook

from immunostain.excel.meanings import NOTHING, Explained
from immunostain.excel.sheets import DataSheet, add_columns_sheet
from immunostain.results.formulas import FORMULA, defused
from immunostain.shared.files import whole_file

EXCEL_ROWS = 1_048_576
_LOOKED_AT = 10_000  # rows by which widths and formats are chosen


# ---- writing ----


Append = Callable[[pd.DataFrame], None]


@contextmanager
def csv_file(path: str, for_programs: bool = False) -> Iterator[Append]:
    """Give a function that appends tables of the same columns to a CSV: comma, point, UTF-8.

    Unless it is for programs, which join tables by names, no spreadsheet finds a formula in it.
    """
    with whole_file(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:

        def append(table: pd.DataFrame) -> None:
            flags = table.select_dtypes(["bool", "boolean"]).columns  # as R and Excel write them
            table = table.assign(
                **{name: table[name].map({True: "TRUE", False: "FALSE"}) for name in flags}
            )
            if not for_programs:
                table = _defused(table)
            table.to_csv(
                file,
                header=file.tell() == 0,
                index=False,
                lineterminator="\n",
                float_format=_digits,
            )

        yield append


def _defused(table: pd.DataFrame) -> pd.DataFrame:
    """Let no name of an image, a channel or a condition be taken for a formula."""
    table = table.copy(deep=False)
    for name, texts in table.select_dtypes(["object", "str"]).items():
        # The whole column at once is quicker by far, and hardly any has such a text.
        if texts.dtype == "object" or texts.str.match(FORMULA).any():
            table[name] = texts.map(defused)
    return table.rename(columns=defused)


def _digits(number: Any) -> str:
    """Write a number with 12 digits, more than any measurement has: 94.809, not 94.80900000000001.

    Whole ones have all digits: beside sums that are none, exact ones are floats as well.
    """
    whole = 1e12 <= abs(number) <= 2**53 and number == int(number)
    return f"{number:.0f}" if whole else f"{number:.12g}"


def write_csv(path: str, table: pd.DataFrame) -> None:
    """Write a table as CSV: comma, point, UTF-8."""
    with csv_file(path) as append:
        append(table)


@contextmanager
def parquet_file(path: str) -> Iterator[Append]:
    """Give a function that appends tables of the same columns and types to a Parquet file."""
    import pyarrow  # half a second with its Parquet, so only where it is used
    from pyarrow import parquet

    with whole_file(path) as partial, ExitStack() as stack:
        opened: list[parquet.ParquetWriter] = []

        def append(table: pd.DataFrame) -> None:
            content = pyarrow.Table.from_pandas(table, preserve_index=False)
            if not opened:
                opened.append(stack.enter_context(parquet.ParquetWriter(partial, content.schema)))
            # All in one group, or a frame's nuclei would be read in two tables.
            opened[0].write_table(content, row_group_size=max(len(table), 1))

        yield append


def read_parquet(path: str) -> tuple[set[str], Iterator[pd.DataFrame]]:
    """Read the tables that were appended to a Parquet file.

    Returns
    -------
    measured : set of str
        The columns that have a value in any of them.
    tables : iterator of pandas.DataFrame
        One after the other, so that not all are in memory.
    """
    from pyarrow import parquet

    file = parquet.ParquetFile(path)
    parts = [file.metadata.row_group(number) for number in range(file.num_row_groups)]
    measured = {
        name
        for part in parts
        for index, name in enumerate(file.schema_arrow.names)
        if part.num_rows and part.column(index).statistics.null_count < part.num_rows
    }
    return measured, (file.read_row_group(number).to_pandas() for number in range(len(parts)))


@contextmanager
def xlsx_file(path: str, sheet_name: str, explained: Explained = NOTHING) -> Iterator[Append]:
    """Give a function that appends tables of the same columns to a file for Excel.

    What a sheet can't hold (1,048,576 rows) goes on the next one. The last one says what the
    columns mean, see `sheets`.
    """
    workbook = Workbook(write_only=True)
    name, room = re.sub(r"[\\/*?:\[\]]", "_", sheet_name)[:28], 0
    written: list[DataSheet] = []
    first: list[pd.DataFrame] = []

    def append(table: pd.DataFrame) -> None:
        nonlocal room
        first[:] = first or [table.head(_LOOKED_AT)]
        start = 0
        while start < len(table) or not written:
            if not room:
                title = name + (f" {len(written) + 1}" if written else "")
                written.append(DataSheet(workbook, title, first[0], explained))
                room = EXCEL_ROWS - 1
            part = table.iloc[start : start + room]
            written[-1].append(part)
            start += len(part)
            room -= len(part)

    yield append
    for sheet in written:
        sheet.finish()
    if explained.columns and first:
        add_columns_sheet(workbook, map(str, first[0].columns), explained)
    with whole_file(path) as partial:
        workbook.save(partial)


def write_xlsx(
    path: str, table: pd.DataFrame, sheet_name: str, explained: Explained = NOTHING
) -> None:
    """Write a table for Excel, as `xlsx_file` does."""
    with xlsx_file(path, sheet_name, explained) as append:
        append(table)


def read_xlsx(path: str) -> pd.DataFrame:
    """Read the first sheet that `write_xlsx` wrote: texts and numbers are what they were."""
    with closing(load_workbook(path, read_only=True)) as workbook:
        header, *rows = workbook.worksheets[0].iter_rows(values_only=True)
    blank = [None] * len(header)  # a row ends with its last value
    return pd.DataFrame([[*row, *blank][: len(header)] for row in rows], columns=list(header))
