"""Columns of numbers that are whole, or blank, or infinite.

Sums of pixels are whole where pixels are, and tables show them so.
"""

import numpy as np
import pandas as pd

_INTEGERS_END = 2.0**63  # sums of pixels that are no whole numbers may be larger


def as_whole_numbers(column: pd.Series) -> pd.Series:
    """Turn a column of whole numbers into integers that may be missing."""
    numbers = pd.to_numeric(column)
    return numbers.astype("Int64") if all_whole(numbers) else numbers


def all_whole(numbers: pd.Series) -> bool:
    """Tell whether all numbers that aren't missing are whole and fit in 64 bits."""
    known = numbers.dropna()
    whole = (known == known.round()) & (known.abs() < _INTEGERS_END)
    return bool(whole.all())


def blank_where_infinite(table: pd.DataFrame) -> pd.DataFrame:
    """Leave blank what is infinite: the sum of pixels of which one is no number."""
    return table.replace([np.inf, -np.inf], np.nan)
