"""Two measures of each nucleus against each other: two stains, or a nucleus and its ring."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter
from scipy import stats

from immunostain.plots import words
from immunostain.plots.measured import Measured
from immunostain.plots.style import (
    COLOURS,
    GREY,
    INK,
    counted,
    few_ticks,
    is_wide,
    make_logarithmic,
    name_axis,
    name_colours,
    new_figure,
    shown,
)

_DOTS = 2000  # beyond, nuclei are counted in hexagons
_MOST_PAIRS = 30


def channel_pairs(measured: Measured) -> Iterator[tuple[str, str]]:
    """Name the pairs of channels that are measured in the same nuclei, the nuclear one first.

    At most 30, as a folder of images with other stains each would have any number of them.
    """
    names = sorted(measured.channels, key=lambda name: name != measured.nuclear_channel)
    known = {name: measured.nuclei[f"{name}_mean"].notna().to_numpy() for name in names}
    pairs = [(a, b) for a, b in combinations(names, 2) if (known[a] & known[b]).any()]
    yield from pairs[:_MOST_PAIRS]


def channels(measured: Measured, first: str, second: str) -> Figure:
    """Plot the mean intensities of two channels against each other, `first` along x."""
    columns = [f"{first}_mean", f"{second}_mean"]
    table = measured.nuclei[["condition", *columns]].dropna(subset=columns)
    labels = (f"{shown(first, 28)}, mean", f"{shown(second, 28)}, mean")
    title = f"{second} against {first}: {words.measure('mean')}"
    return _against(measured, table, title, labels)


def has_ring(measured: Measured, channel: str) -> bool:
    """Tell whether a channel was measured around nuclei."""
    return measured.has(f"{channel}_perinuclear_sum") and measured.has(f"{channel}_mean")


def perinuclear(measured: Measured, channel: str) -> Figure | None:
    """Plot a stain in nuclei against that in the rings around them; None where there are no rings.

    A nucleus above the dashed line has more of it within than around.
    """
    nuclei = measured.nuclei
    area = nuclei["perinuclear_area_px"].astype("float64")
    ring = nuclei[f"{channel}_perinuclear_sum"] / area.where(area > 0)
    table = pd.DataFrame(
        {"condition": nuclei["condition"], "ring": ring, "nucleus": nuclei[f"{channel}_mean"]}
    ).dropna(subset=["ring", "nucleus"])
    if table.empty:
        return None
    labels = ("Mean of the perinuclear ring", "Mean of the nucleus")
    figure = _against(
        measured, table, f"{channel}: nucleus against its ring", labels, "; dashed: equal"
    )
    (axes, *_) = figure.axes
    start = max(axes.get_xlim()[0], axes.get_ylim()[0])
    end = min(axes.get_xlim()[1], axes.get_ylim()[1])
    if start < end:
        axes.plot([start, end], [start, end], ls="--", lw=1, color=INK, scalex=False, scaley=False)
    return figure


def _against(
    measured: Measured,
    table: pd.DataFrame,
    title: str,
    labels: tuple[str, str],
    more: str = "",
) -> Figure:
    """Plot the last two columns of a table: dots, in hexagons where they are many."""
    x, y = table.iloc[:, -2].to_numpy(), table.iloc[:, -1].to_numpy()
    many = len(table) > _DOTS
    present = [name for name in measured.conditions if (table["condition"] == name).any()]
    coloured = present if not many and 1 < len(present) <= len(COLOURS) else []
    note = counted(len(table), "nucleus") + words.nuclei_note(measured) + _correlation(x, y) + more
    figure, axes = new_figure(title, [note], height=5.2, right=1.75 if coloured or many else 0.3)
    if many:
        _draw_hexagons(figure, axes, x, y)
    else:
        _draw_dots(axes, x, y, table["condition"].to_numpy(), coloured)
    if coloured:
        handles = [Line2D([], [], ls="", marker="o", color=colour) for colour in COLOURS]
        names = [shown(name, 16) for name in coloured]
        name_colours(axes, handles[: len(names)], names, shown(str(measured.by), 16))
    for axis, values, label in zip((axes.xaxis, axes.yaxis), (x, y), labels, strict=True):
        if is_wide(values):
            make_logarithmic(axis, values)
        else:
            few_ticks(axis, 7)
        name_axis(axis, label, words.GREY_VALUES, float(np.abs(values).max()))
    return figure


def _draw_dots(
    axes: Axes, x: np.ndarray, y: np.ndarray, conditions: np.ndarray, coloured: list[str]
) -> None:
    """Draw a dot for each nucleus, those of conditions that aren't coloured in grey."""
    colours = np.full(len(x), GREY if coloured else COLOURS[0], dtype="<U7")
    for name, colour in zip(coloured, COLOURS, strict=False):
        colours[conditions == name] = colour
    # By lot, so that no condition lies above another one.
    order = np.random.default_rng(0).permutation(len(x))
    axes.scatter(x[order], y[order], s=14, alpha=0.6, linewidths=0, c=list(colours[order]))


def _draw_hexagons(figure: Figure, axes: Axes, x: np.ndarray, y: np.ndarray) -> None:
    """Count the nuclei in hexagons, which are as large on paper if axes are logarithmic."""
    scales: list[Any] = ["log" if is_wide(values) else "linear" for values in (x, y)]
    style: Any = {"gridsize": 45, "mincnt": 1, "bins": "log", "cmap": "cividis", "linewidths": 0.1}
    cells = axes.hexbin(x, y, xscale=scales[0], yscale=scales[1], **style)
    bar = figure.colorbar(cells, cax=figure.add_axes((0.81, 0.25, 0.02, 0.45)))
    bar.set_label("Nuclei in a hexagon")
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda count, _: f"{count:,.6g}"))


def _correlation(x: np.ndarray, y: np.ndarray) -> str:
    """Say how strongly two measures go together, where that can be said."""
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return ""
    return f"; Spearman's rank correlation {stats.spearmanr(x, y).statistic:.2f}"
