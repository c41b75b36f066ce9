"""Plots: what stands at their axes, and that any name can be drawn."""

import io

import pandas as pd
import pytest
from matplotlib import cbook
from PIL import Image

from immunostain.results import figures

COLUMNS = ["Image name", "Scene", "Frame", "Minutes", "Number of nuclei"]


def population(*rows):
    return pd.DataFrame(rows, columns=COLUMNS)


def course(image, counts, minutes=True, scene=0):
    return [(image, scene, t, 10.0 * t if minutes else None, n) for t, n in enumerate(counts)]


def drawn(figure):
    """Draw a figure and give its size."""
    file = io.BytesIO()
    figures.save(figure, file)
    return Image.open(file).size


def test_a_time_course_over_minutes():
    figure = figures.time_course(population(*course("a", [3, 5, 4])), "a")
    (axes,) = figure.axes
    assert axes.get_xlabel() == "Time after the first frame (min)"
    assert axes.get_ylabel() == "Number of nuclei"
    assert axes.get_title() == "a"
    (line,) = axes.lines
    assert line.get_xdata().tolist() == [0, 10, 20]
    assert line.get_ydata().tolist() == [3, 5, 4]
    assert axes.get_ylim()[0] == 0
    assert axes.get_legend() is None
    assert min(drawn(figure)) > 300


def test_without_time_stamps_over_frames():
    table = population(*course("a", [3, 5], minutes=False), *course("b", [1, 2]))
    (axes,) = figures.time_course(table, "all").axes
    assert axes.get_xlabel() == "Frame"
    assert [line.get_xdata().tolist() for line in axes.lines] == [[0, 1], [0, 1]]


@pytest.mark.parametrize("minutes", [True, False])
def test_of_a_still_only_its_frame_is_marked(minutes):
    figure = figures.time_course(population(*course("a", [3], minutes)), "a")
    drawn(figure)
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0"]


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_lines_have_names_and_scenes_too():
    table = population(*course("b", [1, 2]), *course("a", [3, 5]))
    figure = figures.population(table)
    assert legend(figure.axes[0]) == ["b", "a"]
    table = population(*course("a", [1, 2]), *course("a", [3, 5], scene=1))
    assert legend(figures.population(table).axes[0]) == ["a, scene 0", "a, scene 1"]


@pytest.mark.parametrize("name", ["cost $5 and $6", "a_b^c", r"\alpha", "$x", "_hidden", "ü + %"])
def test_any_name_can_be_drawn_and_stands_in_the_legend(name):
    table = population(*course(name, [1, 2]), *course("_other", [3, 5]))
    figure = figures.time_course(table, name)
    drawn(figure)
    shown = [*legend(figure.axes[0]), figure.axes[0].get_title()]
    assert len(shown) == 3
    assert not any(cbook.is_math_text(text) for text in shown)
    drawn(figures.stills(population((name, 0, 0, 0.0, 3)), name))


def test_stills_are_bars_with_their_names():
    table = population(("a" * 80, 0, 0, 0.0, 3), ("b", 0, 0, None, 0))
    figure = figures.population(table)
    (axes,) = figure.axes
    assert [bar.get_height() for bar in axes.patches] == [3, 0]
    assert axes.get_ylabel() == "Number of nuclei"
    names = [label.get_text() for label in axes.get_xticklabels()]
    assert names[1] == "b"
    assert len(names[0]) <= 32
    drawn(figure)


def test_many_stills_are_a_histogram():
    table = population(*[(f"image {n}", 0, 0, None, n % 7) for n in range(60)])
    (axes,) = figures.population(table).axes
    assert axes.get_xlabel() == "Number of nuclei in an image"
    assert axes.get_ylabel() == "Number of images"
    assert sum(bar.get_height() for bar in axes.patches) == 60


def test_stills_and_timelapses_together():
    table = population(("still", 0, 0, 0.0, 3), *course("lapse", [1, 2]))
    (axes,) = figures.population(table).axes
    assert [len(line.get_xdata()) for line in axes.lines] == [1, 2]


def test_too_many_lines_have_no_legend():
    table = population(*[row for n in range(30) for row in course(f"i{n}", [n, n])])
    (axes,) = figures.population(table).axes
    assert len(axes.lines) == 30
    assert axes.get_legend() is None


@pytest.mark.parametrize("rows", [[], [("a", 0, 0, 0.0, 0)], course("a", [0, 0, 0])])
def test_no_nuclei(rows):
    table = population(*rows)
    drawn(figures.population(table))
    drawn(figures.time_course(table, "none"))
