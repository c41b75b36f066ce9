"""The folder of plots: which there are, that any name and any number of nuclei can be drawn."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib import cbook
from matplotlib.colors import to_rgb
from matplotlib.text import Text
from PIL import Image
from plotted_nuclei import gathered, nuclei

from immunostain.plots.style import COLOURS, save_both
from immunostain.plots.write import plots, write_plots
from immunostain.samples.sample_sheet import SampleSheet

IMAGES = ["a", "b", "c", "d"]
SHEET = SampleSheet(
    ("condition", "day"), {"a": ("x", "1"), "b": ("x", "2"), "c": ("y", "1"), "d": ("y", "2")}
)
SIZE = re.compile(r"font(?:-size)?: ([\d.]+)px")
STAINS = {"DAPI": np.linspace(90, 110, 12), "GFP": np.geomspace(1, 1000, 12)}


def written(measured, folder, processes=1):
    folder.mkdir()
    names = list(write_plots(measured, folder, processes))
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert files == {f"{name}.{ending}" for name in names for ending in ("png", "svg")}
    assert len(names) == len(set(names))
    for name in names:
        with Image.open(folder / f"{name}.png") as picture:
            picture.load()
            assert picture.width == 880
        svg = ElementTree.parse(folder / f"{name}.svg").getroot()
        texts = svg.findall(".//{http://www.w3.org/2000/svg}text")
        sizes = [float(SIZE.search(text.attrib["style"])[1]) for text in texts]
        assert sizes and min(sizes) >= 9  # points, as the drawing has 72 units in an inch
    return names


def test_with_a_sample_sheet_conditions_are_compared(tmp_path):
    names = written(gathered(nuclei(IMAGES, STAINS), SHEET, replicate="day"), tmp_path / "plots")
    assert names == [
        "superplot_DAPI_mean",
        "superplot_DAPI_sum",
        "superplot_GFP_mean",
        "superplot_GFP_sum",
        "channels_GFP_against_DAPI",
        "dna_content",
        *(f"nuclei/nuclei_{image}" for image in IMAGES),
    ]


def test_without_one_images_are():
    table = nuclei(IMAGES, STAINS, frames=3, ring=True, corrected=True)
    names = [name for name, _ in plots(gathered(table))]
    assert names[:6] == [
        "distribution_DAPI_mean",
        "stain_over_time_DAPI",
        "perinuclear_DAPI",
        "distribution_GFP_mean",
        "stain_over_time_GFP",
        "perinuclear_GFP",
    ]


def test_the_same_nuclei_give_the_same_bytes(tmp_path):
    # So many images that two processes share them.
    table = nuclei([f"{n}" for n in range(30)], {"DAPI": STAINS["DAPI"]}, frames=2)
    measured = gathered(table, SampleSheet(("drug",), {"1": ("x",)}))
    for folder, processes in (("one", 1), ("two", 2)):
        written(measured, tmp_path / folder, processes)
    for path in sorted((tmp_path / "one").rglob("*.*")):
        assert (
            path.read_bytes()
            == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()
        )


ODD = "cost $5 and $6", r"\alpha_b", "<b>&\"'", "ü + %", "_hidden", "\x01 bell", "a" * 100


def test_any_name_can_be_drawn_and_stands_in_the_svg(tmp_path):
    table = nuclei(ODD, {ODD[0]: STAINS["DAPI"], ODD[2]: STAINS["GFP"]}, frames=2)
    sheet = SampleSheet((ODD[0],), {name: (name,) for name in ODD})
    shown = set()
    for folder, measured in {"by": gathered(table, sheet), "no": gathered(table)}.items():
        for name, make in plots(measured):
            figure = make()
            if figure is not None:
                (tmp_path / folder).mkdir(exist_ok=True)
                save_both(figure, tmp_path / folder, name)
                texts = [text.get_text() for text in figure.findobj(Text)]
                assert not any(cbook.is_math_text(text) for text in texts)
    for path in tmp_path.rglob("*.svg"):
        shown |= {text.strip() for text in ElementTree.parse(path).getroot().itertext()}
    for name in ODD:
        expected = {"\x01 bell": r"\x01 bell", "a" * 100: "a" * 22 + "…" + "a" * 9}.get(name, name)
        assert any(text.startswith(expected) for text in shown), name


@pytest.mark.parametrize(
    "stains",
    [
        {"DAPI": [5.0]},
        {"DAPI": [0.0, 0.0]},
        {"DAPI": [1e300, 1e301]},
        {"DAPI": [7.0] * 50, "GFP": [-3.0] * 50},
        {"DAPI": [np.nan] * 3, "GFP": [1.0, np.nan, 2.0]},
        {"DAPI": [1.0, 2.0], "GFP": [np.nan, np.nan]},
    ],
)
@pytest.mark.filterwarnings("error")
def test_few_and_empty_and_constant_values_break_nothing(stains, tmp_path):
    table = nuclei("ab", stains, frames=2, ring=True)
    sheets = [SampleSheet(("condition",), {image: ("x",)}) for image in ("a", "of no image")]
    for by in (None, *sheets):
        figures = {name: make() for name, make in plots(gathered(table, by))}
        assert any(figures.values())
        for figure in figures.values():
            if figure is not None:
                figure.draw_without_rendering()


def test_no_nuclei_and_no_images_give_an_empty_folder(tmp_path):
    table = nuclei("a", {"DAPI": []})
    measured = gathered(
        table[["image", "scene", "frame", "time_s", "nucleus_id"]].assign(perinuclear_area_px=None),
        images=["x"],
    )
    assert written(measured, tmp_path / "plots") == []


def test_three_hundred_images_are_bands_without_names():
    names = [f"image {n}" for n in range(300)]
    table = nuclei(names, {"GFP": lambda image: np.array([1.0, 2, 3]) * (1 + int(image[6:]))})
    by_name = dict(plots(gathered(table)))
    figure = by_name["distribution_GFP_mean"]()
    (axes,) = figure.axes
    assert len(axes.get_xticks()) < 12
    (line,) = axes.lines
    assert line.get_ydata().tolist() == [2.0 * n for n in range(1, 301)]
    assert "lowest: image 0; highest: image 299" in figure.texts[1].get_text()


def test_forty_images_have_a_box_and_a_name_each():
    names = [f"image {n}" for n in range(40)]
    (axes,) = dict(plots(gathered(nuclei(names, {"GFP": [1.0, 2, 3, 4, 5]}))))[
        "distribution_GFP_mean"
    ]().axes
    rows = [label.get_text() for label in axes.get_yticklabels()]
    assert rows == [f"{name}   5" for name in names]
    boxes = [(box.get_x(), box.get_width()) for box in axes.patches]
    assert boxes == [(2, 2)] * 40


def test_channels_are_paired_where_both_were_measured_and_wide_ranges_are_logarithmic():
    table = nuclei(
        "ab", STAINS | {"Cy5": lambda image: STAINS["DAPI"] * (1 if image == "a" else np.nan)}
    )
    table.loc[table["image"] == "a", "GFP_mean"] = np.nan
    found = dict(plots(gathered(table)))
    assert [name for name in found if name.startswith("channels")] == [
        "channels_GFP_against_DAPI",
        "channels_Cy5_against_DAPI",
    ]
    (axes,) = found["channels_GFP_against_DAPI"]().axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("linear", "log")
    dots = axes.collections[0].get_offsets()
    expected = np.array([STAINS["DAPI"], STAINS["GFP"]]).T
    np.testing.assert_allclose(dots[np.argsort(dots[:, 0])], expected)


def test_many_nuclei_are_counted_in_hexagons():
    rng = np.random.default_rng(0)
    table = nuclei("a", {"DAPI": rng.normal(100, 5, 5000), "GFP": rng.normal(100, 5, 5000)})
    axes, bar = dict(plots(gathered(table)))["channels_GFP_against_DAPI"]().axes
    assert axes.collections[0].get_array().sum() == 5000
    assert bar.get_ylabel() == "Nuclei in a hexagon"


def test_conditions_of_pairs_have_a_colour_each_and_other_images_are_grey():
    sheet = SampleSheet(("condition",), {"a": ("x",), "b": ("y",)})
    table = nuclei("abc", {"DAPI": [1.0, 2.0], "GFP": [1.0, 2.0]})
    (axes,) = dict(plots(gathered(table, sheet)))["channels_GFP_against_DAPI"]().axes
    colours = {tuple(colour[:3].round(3)) for colour in axes.collections[0].get_facecolors()}
    expected = {tuple(np.round(to_rgb(c), 3)) for c in (*COLOURS[:2], "#7f7f7f")}
    assert colours == expected
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["x", "y"]


def test_a_ring_is_compared_by_its_mean():
    (axes,) = dict(plots(gathered(nuclei("a", {"DAPI": [10.0, 30.0]}, ring=True))))[
        "perinuclear_DAPI"
    ]().axes
    # The ring's sum is ten times the nucleus's mean, over 50 pixels.
    assert sorted(map(tuple, axes.collections[0].get_offsets())) == [(2, 10), (6, 30)]
