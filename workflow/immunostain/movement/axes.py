"""What the plots of movement have in common: axes, units, colours, titles."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from immunostain.movement.motility import MEASURES, columns_of_measure
from immunostain.pictures.colours import track_colour
from immunostain.results.figures import middle_cut, plain

UNITS_SHOWN = {
    "um": "µm",
    "px": "pixels",
    "um_per_min": "µm/min",
    "px_per_frame": "pixels/frame",
    "um2_per_min": "µm²/min",
    "px2_per_frame": "pixels²/frame",
}
LAG_LABELS = {"lag_min": "Lag (min)", "lag_frames": "Lag (frames)"}
MSD_UNITS = {"msd_um2": "(µm²)", "msd_px2": "(pixels²)"}

# Numbers at logarithmic axes, of short, longer and long ones.
_PARTS = ((1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8), (1, 2, 5), (1,))


def ink(track: int) -> tuple[float, float, float]:
    """Give a track its colour, darker than on pictures as paper is white."""
    red, green, blue = (0.75 * part / 255 for part in track_colour(int(track)))
    return red, green, blue


def distinct_colours(count: int) -> list[tuple[float, float, float, float]]:
    """Give so many colours for lines."""
    if count <= 10:
        return [colormaps["tab10"](index) for index in range(count)]
    return [colormaps["turbo"](value) for value in np.linspace(0.05, 0.95, count)]


def filled_column(table: pd.DataFrame, measure: str) -> list[tuple[str, str]]:
    """List the columns of a measure with values in them and their units, else the first."""
    pairs = zip(columns_of_measure(measure), MEASURES[measure], strict=True)
    known = [(name, unit) for name, unit in pairs if name in table]
    return [pair for pair in known if table[pair[0]].notna().any()] or known[:1]


def make_logarithmic(axes: Axes, *values: Iterable[float]) -> None:
    """Make both axes logarithmic with plain numbers, as wide as the values along x and y."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    for axis, numbers in zip((axes.xaxis, axes.yaxis), values, strict=True):
        known = np.asarray(numbers, float)
        low, high = (known.min() / 1.25, known.max() * 1.25) if len(known) else (1, 10)
        (axes.set_xlim if axis is axes.xaxis else axes.set_ylim)(low, high)
        parts = _PARTS[int(high / low > 8) + int(high / low > 2000)]
        axis.set_major_locator(LogLocator(subs=parts, numticks=20))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_locator(NullLocator())
        axis.set_minor_formatter(NullFormatter())


def draw_slopes(axes: Axes, lag: pd.Series, msd: pd.Series) -> list:
    """Draw the slopes of a random walk and of a straight way."""
    if len(lag) == 0:
        return []
    ends = np.array([lag.min(), lag.max()])
    start = msd[lag == lag.min()].median()
    styles = ((1, ":", "slope 1: random walk"), (2, "--", "slope 2: straight"))
    return [
        axes.plot(ends, start * (ends / ends[0]) ** slope, "k", ls=style, lw=0.9, label=label)[0]
        for slope, style, label in styles
    ]


def counted(count: int, thing: str) -> str:
    """Give a number and its noun, such as ``2 tracks``."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def set_title(axes: Axes, title: str, note: str) -> None:
    """Write the title, no wider than the figure (8 inches if a legend is beside), and a note."""
    figure = axes.get_figure(root=True)
    letters = int(9 * min(8, figure.get_figwidth() if figure else 8))
    axes.set_title("\n".join(filter(None, [plain(middle_cut(title, letters)), note])))
