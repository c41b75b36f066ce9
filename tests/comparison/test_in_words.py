"""What a comparison says in a sentence."""

import math

import pytest

from immunostain.comparison import in_words

ROW = {
    "measure": "AF488_mean",
    "condition": "treated",
    "reference": "control",
    "n": 4,
    "n_reference": 5,
    "mean": 161.0,
    "mean_reference": 100.0,
    "difference": 61.0,
    "difference_percent": 61.0,
    "ci95_low": 48.2,
    "ci95_high": 74.1,
    "p": 0.0002,
    "p_holm": 0.0004,
    "reason": "",
}


def test_a_difference():
    assert in_words.sentence(ROW) == (
        "AF488 mean intensity: treated is 61 % higher than control (95 % interval 48 to 74 %; "
        "n = 4 against 5 replicates; p = 0.0002, adjusted 0.0004)"
    )


def test_a_channel_may_be_named_like_an_area():
    assert in_words.measure_in_words("area_51_mean") == "area_51 mean intensity"


def test_less_is_told_without_signs():
    row = ROW | {"measure": "area_px", "difference": -20, "ci95_low": -31, "ci95_high": -9}
    assert in_words.sentence(row).startswith(
        "area of a nucleus (pixels): treated is 20 % lower than control (95 % interval 9 to 31 %;"
    )


def test_a_difference_that_may_be_chance_is_not_called_none():
    row = ROW | {"difference": -2.0, "ci95_low": -9.0, "ci95_high": 5.0, "p": 0.4, "p_holm": 0.8}
    assert in_words.sentence(row, "images") == (
        "AF488 mean intensity: no difference between treated and control that could be told from "
        "chance: -2 % (95 % interval -9 to 5 %; n = 4 against 5 images; p = 0.40, adjusted 0.80)"
    )


def test_what_counts_is_the_adjusted_p():
    row = ROW | {"p": 0.03, "p_holm": 0.06}
    assert "could be told from chance" in in_words.sentence(row)
    assert "higher" in in_words.sentence(row | {"p_holm": 0.0499})


def test_shares_differ_by_points():
    row = ROW | {
        "measure": "AF488_positive_percent",
        "mean": 45.0,
        "mean_reference": 20.0,
        "difference": 25.0,
        "ci95_low": 15.0,
        "ci95_high": 35.0,
    }
    assert in_words.sentence(row).startswith(
        "AF488 positive nuclei: treated is 25 points higher than control, 45 % against 20 % "
        "(95 % interval 15 to 35 points; "
    )
    none = row | {"mean_reference": 0.0, "difference": 45.0}
    assert "45 points higher than control, 45 % against 0 % (" in in_words.sentence(none)


@pytest.mark.parametrize("blank", ["", None, math.nan])
def test_what_was_not_tested_has_its_reason(blank):
    names = ("difference", "ci95_low", "ci95_high", "p", "p_holm", "mean")
    row = ROW | dict.fromkeys(names, blank) | {"n": 1, "reason": "a test needs two replicates"}
    assert in_words.sentence(row) == (
        "AF488 mean intensity: treated and control were not tested (a test needs two replicates; "
        "n = 1 against 5 replicates)"
    )


def test_texts_of_the_csv_say_the_same():
    texts = {name: str(value) for name, value in ROW.items()}
    assert in_words.sentence(texts) == in_words.sentence(ROW)


def test_a_reference_without_a_positive_mean_has_no_percent():
    row = ROW | {"measure": "GFP_background_corrected_sum", "mean_reference": -5.0}
    assert "treated is 61 higher than control (95 % interval 48 to 74;" in in_words.sentence(row)


def test_the_surest_come_first_and_the_untested_last():
    rows = [ROW | {"p_holm": p, "n": n} for n, p in enumerate(("", 0.5, "0.01", math.nan))]
    assert [row["n"] for row in in_words.in_order(rows)] == [2, 1, 0, 3]


def test_why_nuclei_are_no_replicates_is_told_with_its_source():
    assert "e202001064" in in_words.NOT_REPLICATES and "Lord" in in_words.NOT_REPLICATES
