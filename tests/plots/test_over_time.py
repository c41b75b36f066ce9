"""Stain over time: means of replicates, their interval, minutes or frames."""

import numpy as np
import pandas as pd
import pytest
from plotted_nuclei import gathered, nuclei
from scipy import stats

from immunostain.plots.over_time import over_time
from immunostain.samples.sample_sheet import SampleSheet

SHEET = SampleSheet(
    ("condition",), {"a": ("x",), "b": ("x",), "c": ("x",), "d": ("y",), "still": ("y",)}
)
MEANS = {"a": [10.0, 20.0], "b": [30.0], "c": [20.0, 40.0, 60.0], "d": [5.0], "still": [900.0]}


def lapses(minutes=10.0):
    moving = nuclei("abcd", {"GFP": lambda image: MEANS[image]}, frames=4, minutes=minutes)
    moving["GFP_mean"] *= 1 + moving["frame"]
    return pd.concat([moving, nuclei(["still"], {"GFP": MEANS["still"]})], ignore_index=True)


def test_a_line_is_the_mean_of_replicates_and_a_band_its_interval():
    figure = over_time(gathered(lapses(), SHEET), "GFP")
    (axes,) = figure.axes
    x, y = axes.lines[0].get_data()
    assert x.tolist() == [0, 10, 20, 30]
    of_images = [15, 30, 40]
    np.testing.assert_allclose(y, np.mean(of_images) * np.arange(1, 5))
    (band,) = axes.collections
    low, high = band.get_paths()[0].get_extents().get_points()[:, 1]
    last = stats.ttest_1samp(4 * np.array(of_images), 0).confidence_interval(0.95)
    assert high == pytest.approx(last.high) and low <= last.low
    assert axes.lines[1].get_ydata().tolist() == [5, 10, 15, 20]  # no still, no band
    assert axes.get_xlabel() == "Time after the first frame (min)"
    assert "4 timelapses; line: mean of the images" in figure.texts[1].get_text()


def test_without_times_or_with_others_it_is_over_frames():
    (axes,) = over_time(gathered(lapses(minutes=None), SHEET), "GFP").axes
    assert axes.get_xlabel() == "Frame" and axes.lines[0].get_xdata().tolist() == [0, 1, 2, 3]
    table = lapses()
    table.loc[table["image"] == "b", "time_s"] *= 5
    assert over_time(gathered(table, SHEET), "GFP").axes[0].get_xlabel() == "Frame"


def test_without_a_sample_sheet_images_have_a_line_each():
    (axes,) = over_time(gathered(lapses()), "GFP").axes
    assert [line.get_ydata()[0] for line in axes.lines] == [15, 30, 40, 5]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == list("abcd")


def test_stills_have_no_time():
    assert over_time(gathered(nuclei("ab", {"GFP": [1.0]})), "GFP") is None
