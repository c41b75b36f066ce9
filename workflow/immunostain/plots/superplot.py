"""SuperPlots: nuclei as small dots, replicates as large ones, and what the replicates say together.

Lord, S. J., Velle, K. B., Mullins, R. D., Fritz-Laylin, L. K. (2020). SuperPlots: Communicating
reproducibility and variability in cell biology. J. Cell Biol. 219 (6), e202001064.
"""

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy import stats

from immunostain.plots import words
from immunostain.plots.measured import Measured
from immunostain.plots.places import MOST, Places, spread, with_margin, with_places
from immunostain.plots.style import (
    COLOURS,
    INK,
    MARKERS,
    counted,
    few_ticks,
    name_axis,
    name_colours,
    shown,
)

MOST_DOTS = 2000
_LEGEND = 14  # so many replicates can be named


def superplot(measured: Measured, channel: str, kind: str) -> Figure | None:
    """Compare a stain between the conditions.

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
    rows = measured.nuclei[["image", "condition", "replicate", column]].dropna()
    if rows.empty:
        return None
    means = replicate_means(rows, column)
    counts = _counts(measured, rows)
    conditions = [name for name in measured.conditions if name in counts.index]
    drawn = rows[rows["condition"].isin(conditions[:MOST])]
    dots = sampled(drawn, MOST_DOTS)
    note = "small dots: nuclei"
    if len(dots) < len(drawn):
        note += f", {len(dots):,} of {len(drawn):,}, a random sample"
    named = measured.replicate != "image"
    notes = [
        f"{note}; large dots: means of the {'replicates' if named else 'images'}, by colour; "
        "line and bar: their mean and its 95 % interval (t)" + words.nuclei_note(measured),
    ]
    colours = _colour_numbers(measured, means)
    low, high, beyond = _limits(drawn[column].to_numpy(), means, conditions[:MOST])
    if beyond:
        notes.append(f"{counted(beyond, 'nucleus')} above the axis")
    labels = [_label(name, dict(counts.loc[name]), named) for name in conditions]
    legend = named and len(set(means["replicate"])) <= _LEGEND
    heads = f"{shown(str(measured.by))}   {'replicates / ' * named}images / nuclei"
    title = f"{channel}: {words.measure(kind)}"
    places = with_places(title, notes, labels, heads, right=1.55 if legend else 0.25)
    place_of = {name: place for place, name in enumerate(conditions[:MOST])}
    _draw_nuclei(places, place_of, dots, column, colours)
    _draw_means(places, place_of, means, colours)
    places.limit(low, high)
    few_ticks(places.values, 5)
    most = max(map(abs, places.values.get_view_interval()))
    name_axis(places.values, words.axis_label(kind), words.GREY_VALUES, most)
    if legend:
        _name_replicates(places, measured, colours)
    return places.figure


def replicate_means(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Give the mean of each replicate's nuclei: ``condition``, ``replicate``, ``mean``."""
    grouped = rows.groupby(["condition", "replicate"], sort=False)[column].mean()
    return grouped.rename("mean").reset_index()


def mean_and_interval(means: np.ndarray) -> tuple[float, float]:
    """Give the mean of the replicates' means and half its 95 % interval by Student's t.

    The half is 0 where there is one replicate, which tells nothing of the others.
    """
    mean = float(np.mean(means))
    if len(means) < 2:
        return mean, 0.0
    half = stats.t.ppf(0.975, len(means) - 1) * np.std(means, ddof=1) / np.sqrt(len(means))
    return mean, float(half)


def sampled(rows: pd.DataFrame, most: int) -> pd.DataFrame:
    """Draw at most so many rows by lot, the same ones each time, and leave them in order."""
    if len(rows) <= most:
        return rows
    chosen = np.random.default_rng(0).choice(len(rows), most, replace=False)
    return rows.iloc[np.sort(chosen)]


def _counts(measured: Measured, rows: pd.DataFrame) -> pd.DataFrame:
    """Count each condition's replicates and images, with or without nuclei, and its nuclei."""
    images = measured.images
    known = images[images["condition"].isin(rows["condition"].unique())]
    with_nuclei = rows.groupby("condition")
    counts = pd.DataFrame({"replicates": with_nuclei["replicate"].nunique()})
    counts["images"] = known.groupby("condition")["image"].nunique()
    counts["nuclei"] = with_nuclei.size()
    return counts


def _label(name: str, counts: dict[Any, Any], named: bool) -> list[str]:
    nouns = [("replicates", "replicate")] * named + [("images", "image"), ("nuclei", "nucleus")]
    return [name, *(counted(int(counts[column]), noun) for column, noun in nouns)]


Numbers = dict[tuple[str, str], int]  # by condition and replicate


def _colour_numbers(measured: Measured, means: pd.DataFrame) -> Numbers:
    """Give replicates the numbers of their colours: one name one colour, images by condition."""
    pairs = list(zip(means["condition"], means["replicate"], strict=True))
    if measured.replicate != "image":
        names = list(dict.fromkeys(measured.images["replicate"]))
        return {pair: names.index(pair[1]) for pair in pairs}
    seen: Counter[str] = Counter()
    numbers = {}
    for pair in pairs:
        numbers[pair] = seen[pair[0]]
        seen[pair[0]] += 1
    return numbers


def _limits(values: np.ndarray, means: pd.DataFrame, names: list[str]) -> tuple[float, float, int]:
    """Give ends of the axis that hold nearly all nuclei and all means; count those above it."""
    ends = []
    for name in names:
        own = means.loc[means["condition"] == name, "mean"].to_numpy()
        middle, half = mean_and_interval(own)
        ends += [middle - half, middle + half, *own]
    high = max(float(np.quantile(values, 0.995)), *ends)
    near = values[values <= 1.5 * high]
    low, high = with_margin(min(values.min(), 0, *ends), near.max(initial=high))
    return low, high, int((values > high).sum())


def _draw_nuclei(
    places: Places, place_of: dict[str, int], dots: pd.DataFrame, column: str, numbers: Numbers
) -> None:
    values = dots[column].to_numpy()
    conditions = dots["condition"].to_numpy()
    at = dots["condition"].map(place_of).to_numpy(float)
    for name in place_of:
        here = conditions == name
        at[here] += spread(values[here], 0.38)
    pairs = zip(conditions, dots["replicate"], strict=True)
    colours = np.array([numbers[pair] % len(COLOURS) for pair in pairs])
    for colour in np.unique(colours):
        own = colours == colour
        style = {"s": 7, "alpha": 0.45, "linewidths": 0, "zorder": 2}
        places.dots(at[own], values[own], color=COLOURS[colour], **style)


def _draw_means(
    places: Places, place_of: dict[str, int], means: pd.DataFrame, numbers: Numbers
) -> None:
    segments: list[tuple[tuple[float, float], tuple[float, float]]] = []
    dots: dict[int, list[tuple[float, float]]] = {}  # by number, of which each has its look
    for name, place in place_of.items():
        own = means[means["condition"] == name]
        of_replicates = own["mean"].to_numpy()
        middle, half = mean_and_interval(of_replicates)
        # Longer than large dots lie aside, so that these hide neither the line nor the bar's ends.
        segments.append(((place - 0.42, middle), (place + 0.42, middle)))
        if half:
            low, high = middle - half, middle + half
            segments.append(((place, low), (place, high)))
            segments += [((place - 0.3, end), (place + 0.3, end)) for end in (low, high)]
        steps = np.linspace(-0.2, 0.2, len(own)) if len(own) > 1 else np.zeros(1)
        for step, replicate, mean in zip(steps, own["replicate"], of_replicates, strict=True):
            look = numbers[name, replicate] % (len(COLOURS) * len(MARKERS))
            dots.setdefault(look, []).append((place + step, mean))
    places.lines(np.array(segments), colors=INK, linewidths=1.6, zorder=3)
    for look, points in dots.items():
        at, values = np.array(points).T
        style = {"s": 70, "edgecolors": "white", "linewidths": 1, "zorder": 4}
        places.dots(at, values, **_look(look), **style)


def _look(number: int) -> dict[str, Any]:
    marker = MARKERS[number // len(COLOURS) % len(MARKERS)]
    return {"color": COLOURS[number % len(COLOURS)], "marker": marker}


def _name_replicates(places: Places, measured: Measured, numbers: Numbers) -> None:
    names = {number: replicate for (_, replicate), number in numbers.items()}
    handles = [Line2D([], [], ls="", ms=7, **_look(number)) for number in sorted(names)]
    texts = [shown(names[number], 14) for number in sorted(names)]
    name_colours(places.axes, handles, texts, shown(measured.replicate, 14))
