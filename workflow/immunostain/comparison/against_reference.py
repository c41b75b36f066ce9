"""Each condition against the reference, by what its replicates are like on average.

Nuclei of one image share its staining and its exposure, and those of one experiment its cells, so
they are no independent repeats of it: a test over nuclei finds a difference between any two dishes
(Lord et al., J. Cell Biol. 219, e202001064, 2020). A replicate counts as one number, its mean.
"""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from immunostain.comparison.by_condition import means_over_replicates
from immunostain.samples.conditions import is_meant

COLUMNS = [
    *("measure", "condition", "reference", "n", "n_reference", "mean", "mean_reference"),
    *("difference", "difference_percent", "ci95_low", "ci95_high", "p", "p_holm", "reason"),
]
# Means that are the same but for the last digits of their binary fractions have no spread.
_ROUNDING = 1e-12


def comparison(replicates: pd.DataFrame, reference: str | float) -> pd.DataFrame:
    """Compare each condition with the reference.

    Parameters
    ----------
    replicates
        What `by_condition.summary_by_replicate` gives.
    reference
        The condition with which the others are compared, as in the settings.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`: a row for each measure and each condition that isn't the reference. ``n`` and
        ``n_reference``: replicates that have a value; ``mean``: of these; ``difference`` of the
        means, ``difference_percent`` of the reference's mean, where that is above 0; ``ci95_low``
        and ``ci95_high``: 95 % confidence interval of the difference; ``p``: two-sided, by Welch's
        t-test (Biometrika 34, 28, 1947); ``p_holm``: adjusted by Holm (Scand. J. Stat. 6, 65, 1979)
        for the conditions compared by the same measure. ``reason`` tells why there is no test.
    """
    condition = replicates.iloc[:, 0]
    meant = [name for name in dict.fromkeys(condition) if _is(reference, name)]
    # 1 and 1.0 in a column of texts are two conditions: the one that is written the same counts.
    reference_name = str(reference) if str(reference) in meant else next(iter(meant), reference)
    is_reference = condition == reference_name
    rows: list[dict[str, Any]] = []
    for measure, column in means_over_replicates(replicates).items():
        values = pd.to_numeric(replicates[column]).astype("float64")
        if measure == "area_um2" and values.isna().all():
            continue
        known = values.notna()
        base = values[is_reference & known].to_numpy()
        of_measure = [
            {"measure": measure, "condition": name, "reference": reference_name}
            | _compared(values[(condition == name) & known].to_numpy(), base)
            for name in dict.fromkeys(condition[~is_reference])
        ]
        adjusted = holm([row["p"] for row in of_measure])
        rows += [row | {"p_holm": p} for row, p in zip(of_measure, adjusted, strict=True)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _is(reference: str | float, name: str | float) -> bool:
    """Tell whether a condition is the reference; in the settings 0.5 may be written ``"0,5"``."""
    if isinstance(name, str):
        return is_meant(reference, name)
    try:
        return float(str(reference).replace(",", ".")) == name
    except ValueError:
        return False


def _compared(values: np.ndarray, base: np.ndarray) -> dict[str, Any]:
    """Compare the means of two groups of replicates; what can't be told is NaN."""
    difference = values.mean() - base.mean() if len(values) and len(base) else np.nan
    reference = base.mean() if len(base) else np.nan
    row = {
        "n": len(values),
        "n_reference": len(base),
        "mean": values.mean() if len(values) else np.nan,
        "mean_reference": reference,
        "difference": difference,
        "difference_percent": 100 * difference / reference if reference > 0 else np.nan,
    }
    return row | welch(values, base)


def welch(values: np.ndarray, base: np.ndarray) -> dict[str, Any]:
    """Test whether two groups have different means, whatever their spreads.

    Parameters
    ----------
    values, base
        Float (replicates,).

    Returns
    -------
    dict
        ``ci95_low, ci95_high`` of mean(values) - mean(base), ``p``, and ``reason``: why these are
        NaN, or an empty text.
    """
    reason = _why_not(values, base)
    if reason:
        return {"ci95_low": np.nan, "ci95_high": np.nan, "p": np.nan, "reason": reason}
    from scipy.stats import ttest_ind  # a second, so only where it is used

    # It warns of values that are the same, as those of one of both may be.
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
        found = ttest_ind(values, base, equal_var=False)
    interval = found.confidence_interval(0.95)
    return {
        "ci95_low": float(interval.low),
        "ci95_high": float(interval.high),
        "p": float(found.pvalue),
        "reason": "",
    }


def _why_not(values: np.ndarray, base: np.ndarray) -> str:
    few = {"the condition": len(values), "the reference": len(base)}
    lacking = [f"{who} has {count}" for who, count in few.items() if count < 2]
    if lacking:
        return f"a test needs two replicates: {', '.join(lacking)}"
    if all(np.ptp(group) <= _ROUNDING * np.abs(group).max() for group in (values, base)):
        return "the replicates of both are all the same, so there is no spread to test against"
    return ""


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p values for being several, by Holm's step-down method.

    Parameters
    ----------
    p_values
        NaN where there was no test; these don't count.

    Examples
    --------
    >>> [round(p, 6) for p in holm([0.01, 0.04, 0.03, 0.005])]
    [0.03, 0.06, 0.06, 0.02]
    """
    p = np.asarray(p_values, dtype="float64")
    order = np.argsort(p)[: np.count_nonzero(~np.isnan(p))]  # NaN is sorted to the end
    factors = np.arange(len(order), 0, -1)
    adjusted = np.full(len(p), np.nan)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(factors * p[order]))
    return adjusted.tolist()
