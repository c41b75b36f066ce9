"""How a stain is spread in each image, where no sample sheet says which images belong together."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from immunostain.plots import words
from immunostain.plots.measured import Measured
from immunostain.plots.places import MOST, Places, spread, with_margin, with_places
from immunostain.plots.style import (
    COLOURS,
    INK,
    counted,
    few_ticks,
    name_axis,
    new_figure,
    shown,
)
from immunostain.plots.superplot import MOST_DOTS, sampled

_QUANTILES = np.array([0.05, 0.25, 0.5, 0.75, 0.95])


def distribution(measured: Measured, channel: str, kind: str) -> Figure | None:
    """Plot how a stain is spread in each image: a box each, beyond 40 images bands over all.

    Parameters
    ----------
    measured
        The nuclei.
    channel, kind
        Which stain, and what of it: ``mean``, ``sum`` or ``background_corrected_sum``.

    Returns
    -------
    matplotlib.figure.Figure
        None where no nucleus has a value.
    """
    column = f"{channel}_{kind}"
    rows = measured.nuclei[["image", column]].dropna()
    if rows.empty:
        return None
    spreads = rows.groupby("image", sort=False)[column].quantile(_QUANTILES).unstack()
    title = f"{channel}: {words.measure(kind)}, by image"
    what = words.axis_label(kind)
    several = words.nuclei_note(measured)
    if len(spreads) > MOST:
        return _bands(spreads, len(rows), title, what, several)
    return _boxes(rows, spreads, column, title, what, several)


def _boxes(
    rows: pd.DataFrame, spreads: pd.DataFrame, column: str, title: str, what: str, several: str
) -> Figure:
    dots = sampled(rows, MOST_DOTS)
    note = "dots: nuclei"
    if len(dots) < len(rows):
        note += f", {len(dots):,} of {len(rows):,}, a random sample"
    note += "; box and line: the middle half and the median; thin line: 5 to 95 %"
    sizes = rows.groupby("image", sort=False).size()
    labels = [[str(image), counted(int(sizes[image]), "nucleus")] for image in spreads.index]
    places = with_places(title, [note + several], labels, "image   nuclei")
    numbers = np.arange(len(spreads))
    low, quarter, median, three_quarters, high = spreads.to_numpy().T
    places.boxes(numbers, quarter, three_quarters, color=COLOURS[0], alpha=0.25, zorder=1)
    _lines(places, numbers, numbers, low, high, linewidths=1, colors=INK, zorder=3)
    _lines(places, numbers - 0.3, numbers + 0.3, median, median, linewidths=2, colors=INK, zorder=4)
    for place, image in enumerate(spreads.index):
        values = dots.loc[dots["image"] == image, column].to_numpy()
        style = {"s": 7, "alpha": 0.5, "linewidths": 0, "color": COLOURS[0], "zorder": 2}
        places.dots(place + spread(values, 0.28), values, **style)
    drawn = dots[column]
    places.limit(*with_margin(min(drawn.min(), low.min(), 0), max(drawn.max(), high.max())))
    few_ticks(places.values, 5)
    most = max(map(abs, places.values.get_view_interval()))
    name_axis(places.values, what, words.GREY_VALUES, most)
    return places.figure


def _lines(
    places: Places,
    left: np.ndarray,
    right: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    **style: Any,
) -> None:
    """Draw a line from left and low to right and high in each place."""
    ends = np.stack([np.stack([left, low], 1), np.stack([right, high], 1)], 1)
    places.lines(ends, **style)


def _bands(spreads: pd.DataFrame, nuclei: int, title: str, what: str, several: str) -> Figure:
    """Plot the images' medians in order, and bands in which their nuclei lie."""
    spreads = spreads.iloc[np.argsort(spreads[0.5].to_numpy(), kind="stable")]
    low, quarter, median, three_quarters, high = spreads.to_numpy().T
    first, last = (shown(str(name), 30) for name in (spreads.index[0], spreads.index[-1]))
    notes = [
        f"{counted(len(spreads), 'image')}, {counted(nuclei, 'nucleus')}; line: the median of each "
        f"image, bands: the middle half and 5 to 95 % of its nuclei{several}",
        f"lowest: {first}; highest: {last}".replace(r"\$", "$"),
    ]
    figure, axes = new_figure(title, notes)
    ranks = np.arange(1, len(spreads) + 1)
    axes.fill_between(ranks, low, high, color=COLOURS[5], alpha=0.3, linewidth=0, step="mid")
    axes.fill_between(
        ranks, quarter, three_quarters, color=COLOURS[0], alpha=0.4, linewidth=0, step="mid"
    )
    axes.plot(ranks, median, color=INK, linewidth=1.5, drawstyle="steps-mid")
    axes.set_xlim(0.5, len(spreads) + 0.5)
    axes.set_ylim(min(low.min(), 0), high.max() * 1.05 or 1)
    axes.set_xlabel("Image, from the lowest to the highest median")
    few_ticks(axes.xaxis, 8, whole=True)
    few_ticks(axes.yaxis)
    name_axis(axes.yaxis, what, words.GREY_VALUES, float(np.abs(axes.get_ylim()).max()))
    return figure
