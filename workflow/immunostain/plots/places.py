"""Axes on which groups, conditions or images, have a place each, side by side or one below another.

Few groups with short names stand side by side. Others are rows, whose names need no turning; beyond
40 rows the rest is left out, and it is said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from immunostain.plots.style import LETTER, new_figure, shown

MOST = 40
_SIDE_BY_SIDE = 8
_ROW = 0.36  # inches


@dataclass(frozen=True)
class Places:
    """Axes with a place for each group, counted from 0.

    Attributes
    ----------
    rows
        Whether groups are rows, and values go along x.
    """

    figure: Figure
    axes: Axes
    rows: bool

    @property
    def values(self) -> Axis:
        """The axis of values."""
        return self.axes.xaxis if self.rows else self.axes.yaxis

    def dots(self, places: np.ndarray, values: np.ndarray, **style: Any) -> None:
        """Draw dots."""
        at = (values, places) if self.rows else (places, values)
        self.axes.scatter(*at, **style)

    def lines(self, ends: np.ndarray, **style: Any) -> None:
        """Draw lines between pairs of (place, value); an array (lines, 2, 2)."""
        turned = ends[..., ::-1] if self.rows else ends
        self.axes.add_collection(LineCollection(list(turned), **style), autolim=False)

    def boxes(self, places: np.ndarray, low: np.ndarray, high: np.ndarray, **style: Any) -> None:
        """Draw boxes from `low` to `high`."""
        size = 0.6
        if self.rows:
            self.axes.barh(places, high - low, size, low, **style)
        else:
            self.axes.bar(places, high - low, size, low, **style)

    def limit(self, low: float, high: float) -> None:
        """Set the values at the ends of the axis."""
        (self.axes.set_xlim if self.rows else self.axes.set_ylim)(low, high)


def with_margin(low: float, high: float) -> tuple[float, float]:
    """Give ends of an axis a little beyond the lowest and the highest value; 0 stays the end."""
    margin = 0.04 * (high - low) or max(abs(high), 1.0) * 0.1
    return low - margin * (low != 0), high + margin


def with_places(
    title: str,
    notes: Sequence[str],
    labels: Sequence[Sequence[str]],
    counts: str = "",
    right: float = 0.25,
) -> Places:
    """Give axes with a place for each group.

    Parameters
    ----------
    title, notes
        What stands above; on one more line it is said if groups are left out.
    labels
        For each group its name, then what is counted of it: ``"4 replicates"``, ``"12 images"``.
        At most 40 groups are shown.
    counts
        What is counted, where rows have numbers only.
    right
        The margin at the right for a legend, inches.
    """
    lines = [[shown(label[0]), *label[1:]] for label in labels[:MOST]]
    if len(labels) > MOST:
        notes = [*notes, f"the first {MOST} of {len(labels)} are drawn"]
    room = (8 - 1.15 - right) / max(len(lines), 2) / LETTER
    longest = max((len(line) for label in lines for line in label), default=0)
    beside = 0.6 if len(lines) > 1 else 1.1
    if len(lines) <= _SIDE_BY_SIDE and longest <= room:
        below = 0.2 + 0.17 * max(map(len, lines), default=1)
        figure, axes = new_figure(title, notes, right=right, bottom=below)
        texts = ["\n".join(label) for label in lines]
        axes.set_xticks(range(len(lines)), texts, fontsize=9)
        axes.set_xlim(-beside, len(lines) - 1 + beside)
        axes.tick_params(axis="x", length=0)
        return Places(figure, axes, rows=False)
    texts = [_row(label) for label in lines]
    left = 0.25 + LETTER * max([*map(len, texts), len(counts)])
    height = max(4.5, 1.5 + _ROW * len(lines))
    figure, axes = new_figure(title, [*notes, ""], height=height, left=left, right=right)
    axes.set_yticks(range(len(lines)), texts, fontsize=9)
    axes.set_ylim(len(lines) - 1 + beside, -beside)
    axes.tick_params(axis="y", length=0)
    if counts:
        axes.text(
            -0.012, 1.005, counts, transform=axes.transAxes, ha="right", va="bottom", fontsize=9
        )
    return Places(figure, axes, rows=True)


def _row(label: Sequence[str]) -> str:
    """Write a group's name and its counts on one line, the numbers without nouns."""
    name, *counts = label
    numbers = " / ".join(count.partition(" ")[0] for count in counts)
    return f"{name}   {numbers}" if numbers else name


def spread(values: np.ndarray, width: float) -> np.ndarray:
    """Lay dots of one group aside, wider where more of them are, so that they can be told apart.

    Parameters
    ----------
    values
        Along the axis of values.
    width
        How far from the middle the outermost are.

    Returns
    -------
    numpy.ndarray
        How far aside each is. In the order of the values they follow van der Corput's sequence, so
        neighbours lie far apart and the same values always lie the same.
    """
    if len(values) < 2 or np.ptp(values) == 0:
        return np.linspace(-width, width, len(values)) if len(values) > 1 else np.zeros(len(values))
    counts, edges = np.histogram(values, bins=int(np.clip(len(values) ** 0.5, 4, 40)))
    middles = (edges[1:] + edges[:-1]) / 2
    density = np.interp(values, middles, counts / counts.max())
    ranks = np.empty(len(values), int)
    ranks[np.argsort(values, kind="stable")] = np.arange(1, len(values) + 1)
    aside = np.zeros(len(values))
    share = 0.5
    while (ranks > 0).any():
        aside += share * (ranks % 2)
        ranks //= 2
        share /= 2
    return (2 * aside - 1) * width * density
