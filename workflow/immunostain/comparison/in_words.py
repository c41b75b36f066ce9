"""What a comparison says, in sentences for the report.

Standard library only.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

ALPHA = 0.05
LORD = (
    "Lord SJ, Velle KB, Mullins RD, Fritz-Laylin LK. SuperPlots: Communicating reproducibility "
    "and variability in cell biology. J Cell Biol 219(6):e202001064, 2020"
)
NOT_REPLICATES = (
    "Conditions are compared by the means of their replicates and never by single nuclei: the "
    "nuclei of one experiment share its cells, its staining and its exposure, so they don't tell "
    f"how well a difference would repeat ({LORD})."
)
_KINDS = {  # the longest ends first
    "_background_corrected_sum": "background-corrected intensity",
    "_positive_percent": "positive nuclei",
    "_mean": "mean intensity",
    "_sum": "integrated intensity",
}


def measure_in_words(measure: str) -> str:
    """Name a measure of `against_reference.comparison`.

    Examples
    --------
    >>> [measure_in_words(name) for name in ("area_um2", "AF488_mean", "GFP_sum_sum")]
    ['area of a nucleus (µm²)', 'AF488 mean intensity', 'GFP_sum integrated intensity']
    """
    if measure in ("area_px", "area_um2"):
        return f"area of a nucleus ({'pixels' if measure == 'area_px' else 'µm²'})"
    end = next(end for end in _KINDS if measure.endswith(end))
    return f"{measure.removesuffix(end)} {_KINDS[end]}"


def sentence(row: Mapping[str, Any], replicates: str = "replicates") -> str:
    """Put a row of the table of comparisons into a sentence.

    Parameters
    ----------
    row
        By the columns of `against_reference.COLUMNS`; numbers, or their texts in the CSV. What is
        blank may be an empty text, None or NaN.
    replicates
        What was repeated: ``images`` where the sample sheet has no column of replicates.

    Returns
    -------
    str
        Percent are those of the reference's mean; of shares of nuclei, percentage points. With an
        adjusted p value below `ALPHA` it says higher or lower, else that the difference can't be
        told from chance; never that there is none.
    """
    value = {name: _number(row[name]) for name in _NUMBERS}
    what, against = measure_in_words(row["measure"]), f"{row['condition']} and {row['reference']}"
    counts = f"n = {value['n']:.0f} against {value['n_reference']:.0f} {replicates}"
    if math.isnan(value["p"]):
        return f"{what}: {against} were not tested ({row['reason']}; {counts})"
    shares = row["measure"].endswith("_positive_percent")
    if not shares and not value["mean_reference"] > 0:
        scale, unit = 1.0, ""
    else:
        scale, unit = (1.0, " points") if shares else (100 / value["mean_reference"], " %")
    difference, low, high = (
        scale * value[name] for name in ("difference", "ci95_low", "ci95_high")
    )
    probable = (
        f"p {p_in_words(value['p'])}, adjusted {p_in_words(value['p_holm']).removeprefix('= ')}"
    )
    if value["p_holm"] < ALPHA:
        told = f"{row['condition']} is {_short(abs(difference))}{unit}"
        told += f" {'higher' if difference > 0 else 'lower'} than {row['reference']}"
        if difference < 0:
            low, high = -high, -low
    else:
        told = f"no difference between {against} that could be told from chance: "
        told += f"{_short(difference)}{unit}"
    if shares:
        told += f", {_short(value['mean'])} % against {_short(value['mean_reference'])} %"
    interval = f"95 % interval {_short(low)} to {_short(high)}{unit}"
    return f"{what}: {told} ({interval}; {counts}; {probable})"


_NUMBERS = (
    *("n", "n_reference", "mean", "mean_reference", "difference"),
    *("ci95_low", "ci95_high", "p", "p_holm"),
)


def _number(value: Any) -> float:
    return math.nan if value in (None, "") else float(value)


def _short(number: float) -> str:
    """Write a number as people say it: whole from 10, else with two digits.

    Examples
    --------
    >>> [_short(number) for number in (1234.5, 61.3, -2.04, 0.123, -0.001, -0.0)]
    ['1234', '61', '-2', '0.12', '-0.001', '0']
    """
    if abs(number) >= 10:
        return f"{number:.0f}"
    return f"{number or 0:.2g}" if abs(number) >= 1e-4 else "0"


def p_in_words(p: float) -> str:
    """Write a p value with its sign: one digit, more where it could be about `ALPHA`.

    Examples
    --------
    >>> [p_in_words(p) for p in (0.00001, 0.00021, 0.0348, 0.04987, 0.4)]
    ['< 0.0001', '= 0.0002', '= 0.035', '= 0.0499', '= 0.40']
    """
    if p < 1e-4:
        return "< 0.0001"
    if p < 1e-2:
        return f"= {p:.1g}"
    digits = 3 if p < 0.1 else 2
    while p < ALPHA <= round(p, digits):  # or it would read as if it were not below
        digits += 1
    return f"= {p:.{digits}f}"


def in_order(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Put the rows first that say most: tested, then by their adjusted p values."""

    def place(row: Mapping[str, Any]) -> tuple[bool, float]:
        p = _number(row["p_holm"])
        return math.isnan(p), 0 if math.isnan(p) else p

    return sorted(rows, key=place)
