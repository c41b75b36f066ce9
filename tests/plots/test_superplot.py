"""SuperPlots: which dots there are, and that means and intervals are those of the replicates."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_hex
from plotted_nuclei import gathered, nuclei
from scipy import stats

from immunostain.comparison.by_condition import (
    grouped_images,
    summary_by_condition,
    summary_by_replicate,
)
from immunostain.plots.places import spread
from immunostain.plots.style import COLOURS
from immunostain.plots.superplot import MOST_DOTS, mean_and_interval, superplot
from immunostain.samples.conditions import Design
from immunostain.samples.sample_sheet import SampleSheet

ROWS = {
    **{f"t{day}{k}": ("treated", str(day)) for day in (1, 2, 3) for k in "ab"},
    **{f"c{day}{k}": ("control", str(day)) for day in (1, 2, 3) for k in "ab"},
    "alone": ("other", "2"),
    "said nothing of": ("", ""),
}
SHEET = SampleSheet(("condition", "replicate"), ROWS)


def values(image):
    rng = np.random.default_rng(sum(map(ord, image)))
    return rng.normal(100 if image.startswith("c") else 160, 10, 5 + len(image))


@pytest.fixture(scope="module")
def table():
    return nuclei(ROWS, {"DAPI": values, "GFP": values})


def labels(axes):
    return [label.get_text() for label in axes.get_xticklabels()]


def dots_of(axes, size):
    """Give the collections of dots of a size."""
    found = [c for c in axes.collections if isinstance(c, PathCollection)]
    return [c for c in found if size in c.get_sizes()]


def test_conditions_stand_in_order_with_what_they_are_made_of(table):
    (axes,) = superplot(gathered(table, SHEET, reference="control"), "GFP", "mean").axes
    assert labels(axes) == [
        "control\n3 replicates\n6 images\n48 nuclei",
        "treated\n3 replicates\n6 images\n48 nuclei",
        "other\n1 replicate\n1 image\n10 nuclei",
    ]
    assert axes.get_ylabel() == "Mean intensity\n(grey values)"
    (axes,) = superplot(gathered(table, SHEET), "GFP", "mean").axes
    assert [label.split("\n")[0] for label in labels(axes)] == ["treated", "control", "other"]
    sheet = SampleSheet(("dose",), {"t1a": ("10",), "t1b": ("0,5",), "c1a": ("2",)})
    (axes,) = superplot(gathered(table, sheet, reference=2), "GFP", "sum").axes
    assert [label.split("\n")[0] for label in labels(axes)] == ["2", "0.5", "10"]
    assert labels(axes)[0] == "2\n1 image\n8 nuclei"


def test_means_are_those_of_the_tables_and_intervals_those_of_scipy(table):
    measured = gathered(table, SHEET, reference="control")
    (axes,) = superplot(measured, "GFP", "mean").axes
    (lines,) = [c for c in axes.collections if isinstance(c, LineCollection)]
    segments = [path.vertices for path in lines.get_paths()]
    middles = {round(s[:, 0].mean()): s[0, 1] for s in segments if np.ptp(s[:, 0]) > 0.7}
    bars = {round(s[0, 0]): sorted(s[:, 1]) for s in segments if np.ptp(s[:, 1]) > 0}
    grouped = grouped_images(ROWS, SHEET, Design("condition", "replicate"))
    of_tables = table.assign(area_px=100.0, area_um2=1.0)
    replicates = summary_by_replicate(of_tables, grouped)
    means = summary_by_condition(replicates).set_index("condition")["GFP_mean_mean"]
    assert bars.keys() == {0, 1}
    for place, name in enumerate(["control", "treated", "other"]):
        assert middles[place] == pytest.approx(means[name])
        own = replicates.loc[replicates["condition"] == name, "GFP_mean_mean"]
        if place in bars:
            expected = stats.ttest_1samp(own, 0).confidence_interval(0.95)
            assert bars[place] == pytest.approx(list(expected))
    large = np.concatenate([c.get_offsets() for c in dots_of(axes, 70)])
    assert sorted(large[:, 1]) == pytest.approx(sorted(replicates["GFP_mean_mean"]))


def test_one_replicate_has_no_interval():
    assert mean_and_interval(np.array([3.0])) == (3, 0)
    assert mean_and_interval(np.array([3.0, 3.0])) == (3, 0)


def test_every_nucleus_is_a_dot_in_the_colour_of_its_replicate(table):
    (axes,) = superplot(gathered(table, SHEET), "GFP", "mean").axes
    said = table[table["image"].map(lambda image: bool(ROWS[image][0]))]
    for number, day in enumerate("123"):
        (own,) = [
            c.get_offsets()
            for c in dots_of(axes, 7)
            if to_hex(c.get_facecolor()[0]) == COLOURS[number].lower()
        ]
        expected = said.loc[said["image"].map(lambda image, d=day: ROWS[image][1] == d), "GFP_mean"]
        assert sorted(own[:, 1]) == pytest.approx(sorted(expected))
        assert (np.abs(own[:, 0] - own[:, 0].round()) <= 0.38).all()
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["1", "2", "3"]


def test_of_many_nuclei_some_are_drawn_and_it_is_said():
    sheet = SampleSheet(("condition",), {"a": ("x",), "b": ("y",)})
    measured = gathered(nuclei("ab", {"GFP": np.arange(3000.0)}), sheet)
    figures = [superplot(measured, "GFP", "mean") for _ in range(2)]
    dots = [np.concatenate([c.get_offsets() for c in dots_of(f.axes[0], 7)]) for f in figures]
    assert len(dots[0]) == MOST_DOTS and (dots[0] == dots[1]).all()
    assert "2,000 of 6,000, a random sample" in figures[0].texts[1].get_text()
    assert labels(figures[0].axes[0])[0] == "x\n1 image\n3,000 nuclei"


def test_some_far_above_all_others_make_nothing_flat():
    means = [*np.linspace(90, 110, 999), 1e6]
    sheet = SampleSheet(("condition",), {"a": ("x",), "b": ("x",), "c": ("x",)})
    table = nuclei("abc", {"GFP": means})
    table.loc[table["GFP_mean"] == 1e6, "GFP_mean"] = 3000
    figure = superplot(gathered(table, sheet), "GFP", "mean")
    assert figure.axes[0].get_ylim()[1] < 200
    assert "3 nuclei above the axis" in figure.texts[1].get_text()


def test_many_conditions_are_rows_and_the_first_ones():
    names = [f"im{n}" for n in range(45)]
    sheet = SampleSheet(("drug",), {name: (f"{'a long name ' * 5}{name}",) for name in names})
    figure = superplot(gathered(nuclei(names, {"GFP": [1.0, 2.0]}), sheet), "GFP", "mean")
    (axes,) = figure.axes
    rows = [label.get_text() for label in axes.get_yticklabels()]
    assert len(rows) == 40 and rows[0].endswith("im0   1 / 2") and len(rows[0]) < 50
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the first one at the top
    assert "the first 40 of 45 are drawn" in figure.texts[1].get_text()


def test_dots_lie_aside_where_they_are_many():
    values = np.random.default_rng(0).normal(0, 1, 1000)
    aside = spread(values, 0.4)
    assert (np.abs(aside) <= 0.4).all()
    dense, thin = np.abs(values) < 0.3, np.abs(values) > 2
    assert np.abs(aside[dense]).max() > 0.35 and np.abs(aside[thin]).max() < 0.1
    assert (spread(values, 0.4) == aside).all()
    assert spread(np.array([]), 0.4).tolist() == [] and spread(np.ones(1), 0.4).tolist() == [0]
    assert len(set(spread(np.ones(5), 0.4))) == 5


def test_a_channel_that_no_compared_image_has_gives_no_plot(table):
    silent = pd.concat([table.assign(GFP_mean=table["GFP_mean"].where(table["image"] == "alone"))])
    sheet = SampleSheet(("condition",), {"t1a": ("x",)})
    assert superplot(gathered(silent, sheet), "GFP", "mean") is None
