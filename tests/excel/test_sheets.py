"""Files for Excel: they open without a thought, and say what is in them."""

import csv
import shutil
import subprocess

import numpy as np
import openpyxl
import pandas as pd
import pytest

from immunostain.excel import of_conditions
from immunostain.excel.of_stains import EXPLAINED
from immunostain.results import writers

# For LibreOffice: CSV with commas, in UTF-8, of cells as they are shown.
AS_SHOWN = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true"

TABLE = pd.DataFrame(
    {
        "Frame": [0, 0, 1],
        "Image name": ["+dox", "+dox", "=1+1"],
        "Cell id, #": [0, 1, 0],
        "Nucleus area, pixels": [300, 301, 302],
        "GFP, intensity": pd.array([3 * 10**11, 12345678, pd.NA], dtype="Int64"),
        "GFP, density": [41152.26346, 27.5, np.nan],
        "GFP, positive": [True, False, None],
        "dose": [0.123456789, 0.000001, -2.0],
    }
)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("excel") / "a.xlsx"
    writers.write_xlsx(str(path), TABLE, "signal_quant_stat", EXPLAINED["signal_quant_stat"])
    return path


@pytest.fixture(scope="module")
def workbook(path):
    return openpyxl.load_workbook(path)


@pytest.fixture
def as_csv(tmp_path):
    """Give a function that reads the first sheet of a file as LibreOffice shows it."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")

    def read(path):
        profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
        convert = [office, profile, "--headless", "--convert-to", AS_SHOWN]
        convert += ["--outdir", str(tmp_path), str(path)]
        subprocess.run(convert, check=True, capture_output=True, timeout=120)
        text = (tmp_path / path.with_suffix(".csv").name).read_text(encoding="utf-8")
        return list(csv.reader(text.splitlines()))

    return read


def test_the_last_sheet_says_what_columns_mean(workbook):
    assert workbook.sheetnames == ["signal_quant_stat", "columns"]
    header, *rows = workbook["columns"].iter_rows(values_only=True)
    assert header == ("Column", "Unit", "Meaning")
    assert [row[0] for row in rows] == list(TABLE.columns)
    told = {column: (unit, meaning) for column, unit, meaning in rows}
    assert told["GFP, intensity"] == ("grey values", "sum of the nucleus's pixels in GFP")
    assert told["dose"] == (None, "from your sample sheet")
    assert all(row[2] and "`" not in row[2] for row in rows)
    assert workbook["columns"].freeze_panes == "A2"


def test_the_first_sheet_is_the_one_that_is_read(path):
    back = writers.read_xlsx(str(path))
    assert list(back.columns) == list(TABLE.columns)
    assert back["dose"].tolist() == TABLE["dose"].tolist(), "all digits are there"


def test_numbers_have_the_digits_that_they_need(workbook):
    formats = [cell.number_format for cell in workbook.active[2]]
    general = "General"
    assert formats == [*[general] * 4, "0", "0.0", general, general]
    assert workbook.active["F2"].value == 41152.26346
    assert workbook.active["G2"].value is True and workbook.active["G4"].value is None


def test_a_header_has_filters_and_room(workbook):
    sheet = workbook.active
    assert sheet.freeze_panes == "A2" and sheet.auto_filter.ref == "A1:H4"
    assert all(cell.font.bold and cell.alignment.wrap_text for cell in sheet[1])
    assert sheet.row_dimensions[1].height == 30, "two lines"
    for column, name in zip("ABCDEFGH", TABLE, strict=True):
        longest = max(map(len, name.split()))
        assert sheet.column_dimensions[column].width >= longest + 3
    assert sheet.column_dimensions["E"].width >= 15, "300000000000, and the button of the filter"


def test_blank_rows_have_no_filters(tmp_path):
    blank = TABLE.reindex([0, 1, 3, 2])
    writers.write_xlsx(str(tmp_path / "a.xlsx"), blank, "t")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert sheet.auto_filter.ref is None and sheet.max_row == 5
    assert [cell.value for cell in sheet[4]] == [None] * 8


@pytest.mark.parametrize("rows", [0, 1])
def test_a_table_that_is_empty_or_nearly_so(tmp_path, rows):
    writers.write_xlsx(str(tmp_path / "a.xlsx"), TABLE[:rows], "t", EXPLAINED["signal_quant_stat"])
    workbook = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert workbook.sheetnames == ["t", "columns"]
    assert workbook["t"].max_row == 1 + rows
    assert workbook["t"].auto_filter.ref == (f"A1:H{1 + rows}" if rows else None)
    assert workbook["columns"].max_row == 1 + len(TABLE.columns)


def test_every_sheet_of_a_long_table_is_shown_alike(tmp_path, monkeypatch):
    monkeypatch.setattr(writers, "EXCEL_ROWS", 3)
    writers.write_xlsx(str(tmp_path / "a.xlsx"), TABLE, "t", EXPLAINED["signal_quant_stat"])
    workbook = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert workbook.sheetnames == ["t", "t 2", "columns"]
    assert [workbook[name].auto_filter.ref for name in ("t", "t 2")] == ["A1:H3", "A1:H2"]
    widths = [
        {key: value.width for key, value in workbook[name].column_dimensions.items()}
        for name in ("t", "t 2")
    ]
    assert widths[0] == widths[1]


def test_a_spreadsheet_reads_numbers_as_numbers_and_texts_as_texts(path, as_csv):
    header, *rows = as_csv(path)
    assert header == list(TABLE.columns)
    assert [row[1] for row in rows] == ["+dox", "+dox", "=1+1"]
    assert [row[4] for row in rows] == ["300000000000", "12345678", ""]
    assert [row[5] for row in rows] == ["41152.3", "27.5", ""]
    assert [row[6] for row in rows] == ["TRUE", "FALSE", ""]
    assert [float(row[7]) for row in rows] == pytest.approx([0.123456789, 1e-6, -2], rel=0.01)


def test_a_spreadsheet_shows_what_is_below_zero_and_very_small(tmp_path, as_csv):
    table = pd.DataFrame(
        {
            "difference": [-1234567.25, -22.66, 0.5],
            "difference_percent": [-12.345, 0.04, 99.95],
            "p": [0.0000123, 0.0456789, 1.0],
        }
    )
    path = tmp_path / "comparison.xlsx"
    writers.write_xlsx(str(path), table, "comparison", of_conditions.EXPLAINED["comparison"])
    assert as_csv(path)[1:] == [
        ["-1234567.250", "-12.3", "1.2E-05"],
        ["-22.660", "0.0", "0.0457"],
        ["0.500", "100.0", "1.0000"],
    ]
