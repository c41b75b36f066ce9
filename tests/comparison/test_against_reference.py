"""Conditions against the reference: worked examples, and what can't be told."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from immunostain.comparison.against_reference import COLUMNS, comparison, holm, welch
from immunostain.results import writers


def replicates(**conditions):
    """Give a table of replicates by the values of one measure, ``GFP_mean``."""
    rows = [
        {"condition": name, "replicate": number, "images": 1, "nuclei": 9, "GFP_mean_mean": value}
        for name, values in conditions.items()
        for number, value in enumerate(values)
    ]
    return pd.DataFrame(rows).assign(GFP_mean_sd=1.0)


def test_welch_by_hand():
    """Means 2 and 6, variances 1 and 4: t = -4 / sqrt(1/3 + 4/3), df = (5/3)² / (1/18 + 16/18)."""
    t, df = -4 / math.sqrt(5 / 3), (25 / 9) / (17 / 18)
    found = welch(np.array([1.0, 2.0, 3.0]), np.array([4.0, 6.0, 8.0]))
    assert found["p"] == pytest.approx(2 * stats.t.cdf(t, df))
    half = stats.t.ppf(0.975, df) * math.sqrt(5 / 3)
    assert (found["ci95_low"], found["ci95_high"]) == pytest.approx((-4 - half, -4 + half))
    assert found["reason"] == ""


def test_welch_as_published():
    """The first example in Wikipedia's article on Welch's t-test: p = 0.021."""
    a1 = "27.5 21.0 19.0 23.6 17.0 17.9 16.9 20.1 21.9 22.6 23.1 19.6 19.0 21.7 21.4"
    a2 = "27.1 22.0 20.8 23.4 23.4 23.5 25.8 22.0 24.8 20.2 21.9 22.1 22.9 20.5 24.4"
    found = welch(*(np.array(values.split(), dtype=float) for values in (a1, a2)))
    assert round(found["p"], 3) == 0.021


groups = st.lists(st.floats(1, 1000, allow_subnormal=False), min_size=2, max_size=6)


@given(groups, groups)
def test_welch_is_that_of_its_formula(values, base):
    a, b = np.array(values), np.array(base)
    found = welch(a, b)
    if found["reason"]:
        assert np.ptp(a) < 1e-9 * a.max() and np.ptp(b) < 1e-9 * b.max()
        return
    parts = [a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)]
    df = sum(parts) ** 2 / sum(p**2 / (len(g) - 1) for p, g in zip(parts, (a, b), strict=True))
    t = (a.mean() - b.mean()) / math.sqrt(sum(parts))
    assert found["p"] == pytest.approx(2 * stats.t.sf(abs(t), df), rel=1e-6, abs=1e-12)
    middle = (found["ci95_low"] + found["ci95_high"]) / 2
    assert middle == pytest.approx(a.mean() - b.mean(), rel=1e-6, abs=1e-6)
    assert (found["p"] < 0.05) == (found["ci95_low"] * found["ci95_high"] > 0)


def test_holm_of_a_worked_example():
    """As Wikipedia's article on the Holm-Bonferroni method has it: H4 and H1 are rejected."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9]) == [1, 1]
    assert holm([]) == [] and holm([0.2]) == [0.2]
    np.testing.assert_allclose(holm([0.04, math.nan, 0.01]), [0.04, math.nan, 0.02])


@given(st.lists(st.floats(0, 1) | st.just(math.nan), max_size=6))
def test_holm_is_that_of_its_definition(p_values):
    """Step down through the sorted p values as long as each is at most alpha / (those left)."""
    found = holm(p_values)
    known = [(p, adjusted) for p, adjusted in zip(p_values, found, strict=True) if p == p]
    assert all(math.isnan(f) for p, f in zip(p_values, found, strict=True) if math.isnan(p))
    for alpha in (0.01, 0.05, 0.3, 0.999):
        rejected = set()
        for rank, p in enumerate(sorted(p for p, _ in known)):
            if p * (len(known) - rank) > alpha:
                break
            rejected.add(p)
        assert rejected == {p for p, adjusted in known if adjusted <= alpha}


def test_a_row_of_each_condition_and_measure():
    table = replicates(high=[3, 4, 5], control=[1, 2, 3], low=[2, 2, 5])
    table["GFP_positive_percent"] = [30, 40, 50, 10, 20, 30, 20, 20, 50]
    found = comparison(table, "control")
    assert list(found.columns) == COLUMNS
    assert found["measure"].tolist() == ["GFP_mean"] * 2 + ["GFP_positive_percent"] * 2
    assert found["condition"].tolist() == ["high", "low"] * 2
    assert set(found["reference"]) == {"control"} and set(found["reason"]) == {""}
    for _, row in found.iterrows():
        column = {"GFP_mean": "GFP_mean_mean"}.get(row["measure"], row["measure"])
        values, base = (table.loc[table["condition"] == c, column] for c in row[1:3])
        test = stats.ttest_ind(values, base, equal_var=False)
        interval = test.confidence_interval(0.95)
        expected = {
            "n": 3,
            "n_reference": 3,
            "mean": values.mean(),
            "mean_reference": base.mean(),
            "difference": values.mean() - base.mean(),
            "difference_percent": 100 * (values.mean() / base.mean() - 1),
            "ci95_low": interval.low,
            "ci95_high": interval.high,
            "p": test.pvalue,
        }
        assert row[list(expected)].tolist() == pytest.approx(list(expected.values()))
    for _, part in found.groupby("measure"):
        assert part["p_holm"].tolist() == holm(part["p"].tolist())
        assert part["p_holm"].tolist() == pytest.approx([2 * part["p"].min(), part["p"].max()])


BLANK = ["ci95_low", "ci95_high", "p", "p_holm"]


@pytest.mark.parametrize(
    ("drug", "control", "n", "reason", "difference"),
    [
        ([3], [1, 2], (1, 2), "the condition has 1", 1.5),
        ([3, 4], [2], (2, 1), "the reference has 1", 1.5),
        ([3, math.nan], [2], (1, 1), "the condition has 1, the reference has 1", 1),
        ([math.nan], [2, 3], (0, 2), "the condition has 0", None),
        ([3, 4], [math.nan], (2, 0), "the reference has 0", None),
        ([3, 3], [2, 2, 2], (2, 3), "no spread", 1),
        ([0.1 + 0.2, 0.3], [0.7, 0.1 + 0.6], (2, 2), "no spread", -0.4),
        ([0, 0], [0, 0], (2, 2), "no spread", 0),
    ],
)
def test_what_cannot_be_tested_is_blank_with_its_reason(drug, control, n, reason, difference):
    (row,) = comparison(replicates(drug=drug, control=control), "control").to_dict("records")
    assert (row["n"], row["n_reference"]) == n
    assert reason in row["reason"]
    assert all(math.isnan(row[name]) for name in BLANK)
    if difference is None:
        assert math.isnan(row["difference"])
    else:
        assert row["difference"] == pytest.approx(difference)


def test_no_spread_in_one_of_both_can_be_tested():
    (row,) = comparison(replicates(drug=[3, 3, 3], control=[1, 2, 3]), "control").to_dict("records")
    assert row["p"] == pytest.approx(stats.ttest_1samp([1, 2, 3], 3).pvalue)


@pytest.mark.parametrize("lowest", [-1, -2])  # as background-corrected sums may be
def test_percent_of_nothing_or_less_are_blank(lowest):
    control = [lowest, 1]
    (row,) = comparison(replicates(drug=[3, 4], control=control), "control").to_dict("records")
    assert row["difference"] == 3.5 - np.mean(control) and math.isnan(row["difference_percent"])


def test_a_condition_that_cannot_be_tested_does_not_count_for_holm():
    found = comparison(replicates(one=[3], drug=[3, 4], control=[1, 2]), "control")
    assert math.isnan(found["p_holm"][0]) and found["p_holm"][1] == found["p"][1]


@pytest.mark.parametrize(
    ("conditions", "reference", "others"),
    [
        ([0.0, 0.5, 5.0], 0.5, [0, 5]),
        ([0, 5, 10], "5", [0, 10]),
        ([0.0, 0.5], "0,5", [0]),
        (["0", "007", "none"], "007", ["0", "none"]),
        (["0", "007", "none"], 0, ["007", "none"]),
        ([0, 5], "none of them", [0, 5]),  # its images could not be analysed
    ],
)
def test_the_reference_among_texts_and_numbers(conditions, reference, others):
    table = pd.concat([replicates(x=[1, 2]).assign(condition=name) for name in conditions])
    found = comparison(table.reset_index(drop=True), reference)
    assert found["condition"].tolist() == others
    untested = reference == "none of them"
    assert (found["reason"] != "").tolist() == [untested] * len(others)


def test_areas_are_left_out_where_no_file_tells_its_scale():
    table = replicates(drug=[3, 4], control=[1, 2])
    table = table.assign(area_um2_mean=math.nan, area_um2_sd=math.nan)
    assert set(comparison(table, "control")["measure"]) == {"GFP_mean"}


def test_no_replicate_at_all():
    none = replicates(a=[1]).iloc[:0]
    assert list(comparison(none, "a").columns) == COLUMNS and len(comparison(none, "a")) == 0


@pytest.mark.parametrize("names", [["007", "+dox", "none"], [5, 0.5, 10]])
def test_a_table_of_replicates_comes_back_from_excel_as_it_was(tmp_path, names):
    """Conditions like 007 stay texts and numbers numbers, and nothing is rounded."""
    table = replicates(x=[1 / 3, math.nan, 5.0]).assign(condition=names, none=math.nan)
    path = str(tmp_path / "replicates.xlsx")
    writers.write_xlsx(path, table, "replicates")
    back = writers.read_xlsx(path)
    assert list(back.columns) == list(table.columns)
    assert back["condition"].tolist() == names
    assert list(map(type, back["condition"].astype(object))) == [
        *map(type, table["condition"].astype(object))
    ]
    np.testing.assert_array_equal(pd.to_numeric(back["GFP_mean_mean"]), table["GFP_mean_mean"])
    assert back["none"].isna().all()
    writers.write_xlsx(path, table.iloc[:0], "replicates")
    assert list(writers.read_xlsx(path).columns) == list(table.columns)


def test_one_condition_is_the_reference_where_two_are_the_same_number():
    names = ["1.0", "1.0", "1", "1", "mock", "mock"]
    table = pd.DataFrame({"condition": names, "replicate": range(6), "images": 1, "nuclei": 5})
    table = table.assign(area_px_mean=[30.0, 31, 10, 12, 5, 6], area_px_sd=1.0)
    for reference in (1, "1"):
        found = comparison(table, reference)
        assert found["condition"].tolist() == ["1.0", "mock"]
        assert found["mean_reference"].tolist() == [11, 11] and set(found["reference"]) == {"1"}
