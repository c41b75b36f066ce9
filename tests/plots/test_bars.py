"""Bars per nucleus: which images have them, and what they show."""

import re

import numpy as np
from PIL import Image
from plotted_nuclei import gathered, nuclei

from immunostain.plots.bars import BarPlot, Bars
from immunostain.plots.each_image import few_nuclei


def test_images_of_1_to_40_nuclei_have_bars_of_their_first_frame():
    numbers = {"none": 0, "one": 1, "forty": 40, "more": 41}
    table = nuclei(numbers, {"GFP": lambda image: np.arange(numbers[image], dtype=float)}, frames=2)
    found = {bars.image: bars for bars in few_nuclei(gathered(table))}
    assert found.keys() == {"one", "forty"}
    assert found["forty"].values.tolist() == [[100.0 * n for n in range(40)]]
    assert found["forty"].ids.tolist() == list(range(40))
    assert found["forty"].channels == ("GFP: sum over a nucleus (grey values)",)


def test_only_stains_of_the_image_are_drawn():
    table = nuclei("ab", {"DAPI": [1.0], "GFP": lambda image: [2.0 if image == "a" else np.nan]})
    found = {bars.image: bars.channels for bars in few_nuclei(gathered(table))}
    assert [channel.split(":")[0] for channel in found["a"]] == ["DAPI", "GFP"]
    assert [channel.split(":")[0] for channel in found["b"]] == ["DAPI"]


def bars(image, values, scenes=None):
    values = np.array(values, float)
    ids = np.arange(values.shape[1])
    scenes = np.zeros(len(ids), int) if scenes is None else np.array(scenes)
    return Bars(image, ids, scenes, tuple(f"stain {n}" for n in range(len(values))), values)


def heights(plot, channel=0):
    """Give the heights of the bars of a channel by what is written at the axis, as shares of it."""
    corners = plot.bars[channel].get_path().vertices.reshape(-1, 4, 2)
    return corners[:, 1, 1] - corners[:, 0, 1], corners[:, :, 0]


def test_bars_are_as_high_as_their_values(tmp_path):
    plot = BarPlot(("stain 0", "stain 1"))
    plot.draw(bars("a", [[10, 40, 20], [3e6, np.nan, 1e6]]))
    high, places = heights(plot)
    np.testing.assert_allclose(high / high[0], [1, 4, 2])
    assert (np.diff(places[:, [0, 2]].ravel()) > 0).all()  # side by side, in order
    assert len(heights(plot, 1)[0]) == 2
    texts = [text.get_text() for text in plot.changing]
    assert texts == ["a: 3 nuclei", "0", "40", "0", "3 × 10⁶"]
    plot.draw(bars("b", [[-10, 20], [1, 1]]))
    high, _ = heights(plot)
    np.testing.assert_allclose(high[0] / high[1], -0.5)
    assert [text.get_text() for text in plot.changing][:4] == ["b: 2 nuclei", "-10", "0", "20"]


def test_a_figure_that_is_used_again_shows_nothing_of_the_image_before(tmp_path):
    several = [
        bars("first", [np.arange(30)]),
        bars("second", [np.arange(30)[::-1]]),
        bars("third", [[1, 2]]),
        bars("scenes", [[5, 6]], scenes=[0, 1]),
        bars("third", [[1, 2]]),
    ]
    plot = BarPlot(("stain 0",))
    for number, one in enumerate(several):
        plot.draw(one)
        plot.save(tmp_path, f"again {number}")
        alone = BarPlot(("stain 0",))
        alone.draw(one)
        alone.save(tmp_path, f"alone {number}")
        for ending in ("png", "svg"):
            again, expected = (tmp_path / f"{how} {number}.{ending}" for how in ("again", "alone"))
            assert again.read_bytes() == expected.read_bytes()
    svg = (tmp_path / "again 0.svg").read_text()
    shown = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    assert {"0", "5", "25", "first: 30 nuclei", "Nucleus id", "stain 0"} <= set(shown)
    assert "7" not in shown  # of more than 20 each fifth id
    assert "Nucleus id, scene after scene" in (tmp_path / "again 3.svg").read_text()


def test_a_png_has_a_bar_where_its_nucleus_is(tmp_path):
    plot = BarPlot(("stain 0",))
    plot.draw(bars("a", [[100, 0, 50]]))
    plot.save(tmp_path, "a")
    with Image.open(tmp_path / "a.png") as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    blue = (pixels[..., 2] - pixels[..., 0]) > 80
    columns = np.flatnonzero(blue.any(axis=0))
    left, right = columns[columns < columns.mean()], columns[columns > columns.mean()]
    tall, short = (blue[:, part].sum(axis=0).max() for part in (left, right))
    assert abs(tall / short - 2) < 0.1
