"""Texts that spreadsheets take for formulas."""

import csv

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from immunostain.results import writers
from immunostain.results.formulas import as_it_was, defused
from immunostain.results.inventory import read_table

FORMULAS = ["=1+1", "+dox", "-dox", "@SUM(A1)", "\t=1", "\r=1", "＝1", "-2+3", "--5", "+1-2"]
OTHERS = ["", "a=1", "-5", "+5", "-0,5", "-1.5e-3", "'t Hooft", "(1, 2)", "#1", "ü"]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_would_be_a_formula_gets_an_apostrophe(text):
    assert defused(text) == f"'{text}"
    assert defused(f"'{text}") == f"''{text}"


@pytest.mark.parametrize("text", OTHERS)
def test_all_else_stays(text):
    assert defused(text) == text == as_it_was(text)


@given(st.text("'=+-@5.a\t", max_size=6))
def test_nothing_is_lost(text):
    assert as_it_was(defused(text)) == text


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


TABLE = pd.DataFrame(
    {
        "Image name": ["+dox", None, "a"],
        "=GFP, intensity": [-1.5, 2, 3],
        "dose": pd.Series(["-5", "high", None], dtype=object),
        "yes": [True, False, True],
    }
)


def test_tables_that_spreadsheets_open(tmp_path):
    writers.write_csv(str(tmp_path / "a.csv"), TABLE)
    assert read(tmp_path / "a.csv") == [
        ["Image name", "'=GFP, intensity", "dose", "yes"],
        ["'+dox", "-1.5", "-5", "TRUE"],
        ["", "2", "high", "FALSE"],
        ["a", "3", "", "TRUE"],
    ]
    assert read_table(str(tmp_path / "a.csv"), ",")[0]["Image name"] == "+dox"


def test_the_table_for_programs_has_names_as_they_are(tmp_path):
    with writers.csv_file(str(tmp_path / "a.csv"), for_programs=True) as append:
        append(TABLE)
    assert read(tmp_path / "a.csv")[:2] == [
        ["Image name", "=GFP, intensity", "dose", "yes"],
        ["+dox", "-1.5", "-5", "TRUE"],
    ]
