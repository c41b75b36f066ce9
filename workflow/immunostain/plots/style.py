"""What the plots of stains have in common: size, letters, colours, numbers, and how they are saved.

Letters have 9 points or more, so that a plot can be read at half its size.
"""

import math
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from immunostain.results.figures import middle_cut, plain, save
from immunostain.shared.wording import printable

# Okabe and Ito's, which the colour-blind can tell apart; without yellow, hardly seen on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = "os^Dv"
GREY, INK = "#7f7f7f", "#222222"
# Inches of a letter of 9 points, as wide as they are on average.
LETTER = 0.078
# The same program gives the same bytes: ids in an SVG are hashes with this salt, not random.
RC: Any = {"svg.fonttype": "none", "svg.hashsalt": "immunostain"}
_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def shown(name: str, length: int = 32) -> str:
    """Give a name as it may stand in a plot: short, no mathematics, nothing an SVG can't hold."""
    return plain(middle_cut(printable(name), length))


def new_figure(
    title: str,
    notes: Sequence[str],
    width: float = 8,
    height: float = 4.5,
    left: float = 1.15,
    right: float = 0.25,
    bottom: float = 0.65,
) -> tuple[Figure, Axes]:
    """Give a figure with a title, lines of notes below it, and axes.

    Sizes and margins are in inches. They are given rather than found, as finding room for texts
    takes longer than drawing.
    """
    most = int((width - 0.3) / 0.07)
    lines = [line for note in notes for line in textwrap.wrap(note, most) or [""]]
    figure = Figure(figsize=(width, height))
    top = 0.5 + 0.18 * len(lines)
    style: dict[str, Any] = {"x": 0.15 / width, "ha": "left", "va": "top"}
    heading = shown(title, int((width - 0.3) / 0.105))
    figure.text(y=1 - 0.1 / height, s=heading, fontsize=12, **style)
    text = "\n".join(map(plain, lines))
    figure.text(y=1 - 0.36 / height, s=text, fontsize=9, color="#444444", **style)
    place = (
        left / width,
        bottom / height,
        (width - left - right) / width,
        (height - bottom - top) / height,
    )
    axes = figure.add_axes(place)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def counted(count: int, thing: str) -> str:
    """Give a number and its noun.

    Examples
    --------
    >>> counted(1, "nucleus"), counted(1200, "nucleus"), counted(2, "image")
    ('1 nucleus', '1,200 nuclei', '2 images')
    """
    several = "nuclei" if thing == "nucleus" else f"{thing}s"
    return f"{count:,} {thing if count == 1 else several}"


def power_of_ten(exponent: int) -> str:
    """Write a power of ten without mathematics.

    Examples
    --------
    >>> power_of_ten(6), power_of_ten(-3)
    ('10⁶', '10⁻³')
    """
    return "10" + str(exponent).translate(_SUPERSCRIPT)


def short_number(value: float) -> str:
    """Write a number with three digits, so that it is short.

    Examples
    --------
    >>> short_number(0), short_number(1234.5), short_number(3e8)
    ('0', '1,234', '3 × 10⁸')
    """
    if not 1e-3 <= abs(value) < 1e6:
        exponent = math.floor(math.log10(abs(value))) if value else 0
        return f"{value / 10.0**exponent:.3g} × {power_of_ten(exponent)}" if value else "0"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def name_axis(axis: Axis, what: str, unit: str, most: float) -> None:
    """Write what an axis shows and its unit, with large numbers as multiples of a power of ten.

    Parameters
    ----------
    axis
        Its x or y axis.
    what, unit
        The label and, in brackets, the unit.
    most
        The largest number, by its size, that is shown.
    """
    exponent = 3 * math.floor(math.log10(most) / 3) if most >= 1e5 or 0 < most < 1e-3 else 0
    factor = f"{power_of_ten(exponent)} " * (exponent != 0)
    # Along y there is room for some thirty letters.
    between = " " if isinstance(axis, XAxis) else "\n"
    axis.set_label_text(f"{what}{between}({factor}{unit})")
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / 10.0**exponent:,.6g}"))


def is_wide(values: np.ndarray) -> bool:
    """Tell whether values ask for a logarithmic axis: all above 0, and over more than a decade."""
    if len(values) == 0 or values.min() <= 0:
        return False
    low, high = np.quantile(values, [0.01, 0.99])
    return bool(high > 20 * low)


def make_logarithmic(axis: Axis, values: np.ndarray) -> None:
    """Make an axis logarithmic, with at most a dozen plain numbers."""
    low, high = values.min() / 1.25, values.max() * 1.25
    parts = (1, 2, 5) if high / low < 2e3 else (1,)
    if isinstance(axis, XAxis):
        axis.axes.set_xscale("log")
        axis.axes.set_xlim(low, high)
    else:
        axis.axes.set_yscale("log")
        axis.axes.set_ylim(low, high)
    axis.set_major_locator(LogLocator(subs=parts, numticks=12))
    axis.set_minor_locator(NullLocator())


def few_ticks(axis: Axis, most: int = 6, whole: bool = False) -> None:
    """Let an axis have at most so many numbers."""
    axis.set_major_locator(MaxNLocator(most, integer=whole))


def name_colours(axes: Axes, handles: list[Line2D], names: list[str], title: str) -> None:
    """Write what colours mean, at the right of the axes."""
    axes.legend(
        handles,
        names,
        title=title,
        loc="upper left",
        bbox_to_anchor=(1, 1),
        frameon=False,
        fontsize=9,
        title_fontsize=9,
    )


def save_both(figure: Figure, folder: Path, name: str) -> None:
    """Save a plot as PNG and SVG, of which the same plot has the same bytes.

    Texts of the SVG are texts, so that drawing programs can change them.
    """
    with matplotlib.rc_context(RC):
        save(figure, folder / f"{name}.png")
        figure.savefig(folder / f"{name}.svg", format="svg", metadata={"Date": None})
