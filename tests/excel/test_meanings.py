"""What the columns of tables mean, in files for Excel and in docs/results.md."""

import re

import pytest
from czi_files import ROOT

from immunostain.excel import of_conditions, of_movement, of_stains
from immunostain.excel.meanings import FROM_THE_SHEET, MIXED, Explained, Meaning, in_markdown
from immunostain.movement import motility

PAGE = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
TABLES = of_stains.EXPLAINED | of_conditions.EXPLAINED | of_movement.EXPLAINED
# That of one image is told with that of all.
ON_THE_PAGE = [name for name in TABLES if name != "time_point_stat"]


@pytest.mark.parametrize("name", ON_THE_PAGE)
def test_the_page_says_what_the_files_say(name):
    """Where this fails, put these rows into docs/results.md."""
    rows = in_markdown(TABLES[name].columns)
    assert f"|---|---|---|\n{rows}\n\n" in PAGE, rows


def test_the_page_says_what_the_measures_are():
    assert f"|---|---|---|\n{in_markdown(of_conditions.MEASURES)}\n\n" in PAGE


def test_counts_of_one_image_are_those_of_all():
    of_one, of_all = TABLES["time_point_stat"].columns, TABLES["population_stat"].columns
    assert of_one == of_all[1:]


@pytest.mark.parametrize(
    ("table", "column", "unit", "text"),
    [
        (
            "signal_quant_stat",
            "GFP, intensity",
            "grey values",
            "sum of the nucleus's pixels in GFP",
        ),
        ("signal_quant_stat", "a, b, positive", "", "whether the density of a, b is above"),
        ("summary_by_image", "area_um2_sd", "µm²", "area of the nucleus: standard deviation"),
        (
            "summary_by_image",
            "GFP_mean_mean",
            "grey values",
            "mean of the nucleus's pixels in GFP:",
        ),
        ("summary_by_image", "GFP_positive_percent", "%", "how many are positive for GFP"),
        ("summary_by_image", "x_mean", "", FROM_THE_SHEET),
        (
            "summary_by_condition",
            "a_sum_positive_percent_q1",
            "%",
            "percentage of nuclei that are positive for a_sum: a quarter",
        ),
        ("stain_over_time", "a.b_mean_mean", "grey values", "mean of a.b over their nuclei"),
        ("comparison", "difference", MIXED, "mean - mean of the reference"),
        ("motility_by_image", "mean_speed_um_per_min_mean", "µm/min", "path / duration: mean over"),
        ("motility_by_condition", "max_speed_px_per_frame", "pixels/frame", "mean over the images"),
        ("motility_by_condition", "duration_min_images", "", "number of images that have a value"),
        ("motility_msd", "dose", "", FROM_THE_SHEET),
    ],
)
def test_columns_are_explained(table, column, unit, text):
    found = TABLES[table].of(column)
    assert (found.column, found.unit) == (column, unit)
    assert text in found.text and not re.search(r"[{}]", found.text)


def test_names_with_braces_stay_as_they_are():
    table = Explained((Meaning("{channel}, x", "", "of {channel}"),))
    assert table.of("{channel}{measure}, x").text == "of {channel}{measure}"


def test_all_that_is_measured_of_tracks_is_explained():
    for column in motility.COLUMNS:
        assert TABLES["motility_by_track"].of(column).text != FROM_THE_SHEET
    for column in motility.COLUMNS[6:]:
        assert TABLES["motility_by_condition"].of(column).text != FROM_THE_SHEET


def test_no_column_is_explained_twice():
    for name, table in TABLES.items():
        names = [meaning.column for meaning in table.columns]
        assert len(set(names)) == len(names), name
