"""How numbers are shown in Excel."""

import numpy as np
import pandas as pd
import pytest

from immunostain.excel.formats import number_format, shown_length
from immunostain.excel.meanings import FROM_THE_SHEET, MIXED, Meaning


def form(values, unit="", text="a measurement"):
    return number_format(pd.Series(values), Meaning("x", unit, text))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.23456, 2.34567, 3.45678], "0.000"),
        ([584.206, 27.5], None),
        ([1234.5678, 2345.6789], "0.0"),
        ([123.45678, 234.56789], "0.0"),
        ([3412937.5, 3538377.71428571, 267018.586206897], "0.0"),
        ([3412937.123, 26701812345.586], None),
        ([0.000123456, 0.000234567], "0.0000000"),
        ([1e-20, 1.1e-20], "0.00000000"),
        ([0.25, 0.5, 1.75], None),
        ([1.51234, np.nan, np.inf, 2.5], "0.000"),
        ([0.0, 0.0, 12.3456], "0.00"),
        ([-52.34567, 48.76543], "0.00"),
        ([1.0, 2.0, np.nan], None),
        ([1, 2, 3], None),
        ([1, 2 * 10**11], "0"),
        ([True, False], None),
        (["a", "b"], None),
        ([np.nan, np.nan], None),
        ([], None),
    ],
)
def test_known_formats(values, expected):
    assert form(values) == expected


def test_formats_of_units():
    assert form([12.3456, 45.6789], "%") == "0.0"
    assert form([0.0123456], "probability") == "[<0.0001]0.0E+00;0.0000"
    assert form([0.5, 1234567.89], MIXED) == "0.000"


def test_what_the_user_wrote_is_shown_as_it_is():
    assert form([0.123456789, 1e-9], "", FROM_THE_SHEET) is None


def test_whole_numbers_with_blanks_have_no_decimals():
    assert form(pd.array([1, pd.NA, 3], dtype="Int64")) is None
    assert form(pd.array([2**40, pd.NA], dtype="Int64")) == "0"


@pytest.mark.parametrize(
    ("values", "shown", "length"),
    [
        ([1.23456, -2.34567], "0.000", 6),
        ([1, 1234], None, 4),
        (["abc", None, "abcdef"], None, 6),
        ([0.5, 1234567.0], "0.000", 11),
        ([], None, 0),
    ],
)
def test_lengths(values, shown, length):
    assert shown_length(pd.Series(values), shown) == length
