"""How numbers are shown in Excel. The values themselves stay as exact as they are."""

import math

import numpy as np
import pandas as pd

from immunostain.excel.meanings import FROM_THE_SHEET, MIXED, PERCENT, PROBABILITY, Meaning

# Excel shows whole numbers of up to 11 digits as they are, longer ones as 2.7E+11.
_LONG = 10**11
_WHOLE = "0"
_DIGITS = 4  # of a typical value of a column
_MOST_DECIMALS = 8
_ROUNDED = 3  # decimals
# None has sections for numbers below 0: these would be shown without their minus.
_OF_UNITS = {
    PERCENT: "0.0",
    PROBABILITY: "[<0.0001]0.0E+00;0.0000",
    MIXED: "0.000",
}


def number_format(values: pd.Series, meaning: Meaning) -> str | None:
    """Choose how a column's numbers are shown, all alike, so that they can be compared.

    Parameters
    ----------
    values
        The column, or what there is of it at first.
    meaning
        What it means; what the user wrote in the sample sheet is shown as it is.

    Returns
    -------
    str or None
        Excel's number format. None: Excel's own way, which costs no time and suits texts, whole
        numbers, and those that were rounded to 3 decimals or less, as in the longest tables. Others
        have as many decimals as a typical one needs for four digits.
    """
    if meaning.text == FROM_THE_SHEET:
        return None
    numbers = _numbers(values)
    if not len(numbers):
        return None
    if (numbers == np.rint(numbers)).all():
        return _WHOLE if np.abs(numbers).max() >= _LONG else None
    if meaning.unit in _OF_UNITS:
        return _OF_UNITS[meaning.unit]
    if np.allclose(np.round(numbers, _ROUNDED), numbers, rtol=1e-14, atol=0):
        return None
    return f"0.{'0' * _decimals(np.abs(numbers[numbers != 0]))}"


def _numbers(values: pd.Series) -> np.ndarray:
    """Give the finite numbers of a column; of one with texts or flags there are none."""
    if values.dtype.kind == "b" or not pd.api.types.is_numeric_dtype(values):
        return np.empty(0)
    numbers = values.to_numpy("float64", na_value=np.nan)
    return numbers[np.isfinite(numbers)]


def _decimals(sizes: np.ndarray) -> int:
    wanted = _DIGITS - 1 - math.floor(math.log10(np.median(sizes)))
    return min(max(wanted, 1), _MOST_DECIMALS)  # one at least: later rows may be smaller


def shown_length(values: pd.Series, form: str | None) -> int:
    """Give how many signs the longest value of a column takes."""
    numbers = _numbers(values)
    if not len(numbers):
        return max([0, *(len(str(value)) for value in values.dropna().head(200))])
    extremes = numbers.min(), numbers.max()
    if form is None and values.dtype.kind == "f":
        return max(len(f"{number:.10g}") for number in extremes)
    decimals = len(form.split(";")[-1].partition(".")[2]) if form else 0
    return max(len(f"{number:.{decimals}f}") for number in extremes)
