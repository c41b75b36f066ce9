"""Bars per nucleus of an image: how much of each stain each of its nuclei has.

There is one of these for each image, so they are drawn on one figure over and over, with as few
artists as can be: axes of matplotlib take four times as long.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path as MatplotlibPath
from matplotlib.text import Text
from PIL import Image

from immunostain.plots.style import COLOURS, INK, RC, counted, short_number, shown

MOST_CHANNELS = 8
_DPI = 110
_WIDTH, _LEFT, _RIGHT, _TOP, _BOTTOM = 8.0, 1.05, 0.2, 0.45, 0.55  # inches
_PANEL, _BETWEEN = 0.8, 0.42


@dataclass(frozen=True)
class Bars:
    """What is drawn of one image.

    Attributes
    ----------
    image
        Its name.
    ids
        The nuclei's ids.
    scenes
        Their scenes.
    channels
        The stains' names and what is measured of them.
    values
        An array (channels, nuclei), grey values; NaN where there is none.
    """

    image: str
    ids: np.ndarray
    scenes: np.ndarray
    channels: tuple[str, ...]
    values: np.ndarray


class BarPlot:
    """A figure on which the bars of one image after the other are drawn.

    The stains' names, most of the letters, are drawn once. The ids are written anew only where
    they change, so draw images with as many nuclei one after the other.
    """

    def __init__(self, channels: tuple[str, ...]) -> None:
        """Make a figure for images with these channels, at most eight."""
        self.height = _TOP + len(channels) * (_PANEL + _BETWEEN) + _BOTTOM - _BETWEEN / 2
        self.figure = Figure(figsize=(_WIDTH, self.height), dpi=_DPI)
        self.canvas = FigureCanvasAgg(self.figure)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set_axis_off()
        self.axes.set_xlim(0, _WIDTH)
        self.axes.set_ylim(0, self.height)
        nothing = MatplotlibPath(np.zeros((0, 2)))
        self.bars = [
            PathPatch(nothing, color=COLOURS[index % len(COLOURS)], linewidth=0)
            for index in range(len(channels))
        ]
        self.lines = PathPatch(nothing, fill=False, edgecolor=INK, linewidth=0.8)
        for patch in (*self.bars, self.lines):
            self.axes.add_artist(patch)
        self.zeros = [
            self.height - _TOP - _BETWEEN * (index + 0.6) - _PANEL * (index + 1)
            for index in range(len(channels))
        ]
        names = [
            (_LEFT, zero + _PANEL + 0.12, shown(name, 70), "left")
            for zero, name in zip(self.zeros, channels, strict=True)
        ]
        for name in names:
            self._text(*name)
        self.below: list[Text] = []
        self.changing: list[Text] = []
        self.drawn_for: Hashable = None
        self.background: Any = None

    def draw(self, bars: Bars) -> None:
        """Put an image's bars in place of the last one's."""
        number = len(bars.ids)
        step = (_WIDTH - _LEFT - _RIGHT) / max(number, 8)
        middles = _LEFT + step * (np.arange(number) + 0.5)
        title = f"{shown(bars.image, 60)}: {counted(number, 'nucleus')}"
        numbers, lines = [], []
        for zero, values, patch in zip(self.zeros, bars.values, self.bars, strict=True):
            low, high = _round_limits(values)
            scale = _PANEL / (high - low)
            foot = zero - low * scale
            for value in sorted({low, 0.0, high}):
                at = foot + value * scale
                numbers.append((_LEFT - 0.1, at, short_number(value), "right"))
                lines.append([(_LEFT - 0.06, at), (_LEFT, at)])
            lines.append([(_LEFT, zero), (_LEFT, zero + _PANEL)])
            lines.append([(_LEFT, foot), (_WIDTH - _RIGHT, foot)])
            known = np.isfinite(values)
            tops, feet = foot + values[known] * scale, np.full(known.sum(), foot)
            left, right = middles[known] - 0.38 * step, middles[known] + 0.38 * step
            x, y = np.stack([left, left, right, right], 1), np.stack([feet, tops, tops, feet], 1)
            patch.set_path(_pieces(np.stack([x, y], 2)))
        self.lines.set_path(_pieces(np.array(lines)))
        self._write_below(bars, middles)
        for text in self.changing:
            text.remove()
        self.changing = [self._text(0.15, self.height - 0.24, title, "left", 12)]
        self.changing += [self._text(*text) for text in numbers]

    def _write_below(self, bars: Bars, middles: np.ndarray) -> None:
        """Write the ids below the bars, all or each fifth one, and what they are."""
        key = (tuple(bars.ids), tuple(bars.scenes))
        if key == self.drawn_for:
            return
        self.drawn_for = key
        for text in self.below:
            text.remove()
        every = 1 if len(bars.ids) <= 20 else 5
        self.below = [
            self._text(middle, 0.42, str(nucleus), "center")
            for middle, nucleus in zip(middles, bars.ids, strict=True)
            if nucleus % every == 0
        ]
        several = len(set(bars.scenes)) > 1
        what = "Nucleus id, scene after scene" if several else "Nucleus id"
        self.below.append(self._text((_LEFT + _WIDTH - _RIGHT) / 2, 0.16, what, "center", 10))

    def _text(self, x: float, y: float, text: str, align: str, size: float = 9) -> Text:
        return self.axes.text(x, y, text, ha=align, va="center", fontsize=size, color=INK)

    def save(self, folder: Path, name: str) -> None:
        """Save what is drawn as PNG, in some 200 fixed colours, and SVG."""
        other = [*self.bars, self.lines, *self.below, *self.changing]
        if self.background is None:
            for artist in other:
                artist.set_visible(False)
            self.canvas.draw()
            self.background = self.canvas.copy_from_bbox(self.figure.bbox)
            for artist in other:
                artist.set_visible(True)
        self.canvas.restore_region(self.background)
        for artist in other:
            self.axes.draw_artist(artist)
        size = self.canvas.get_width_height()
        pixels = self.canvas.buffer_rgba()
        picture = Image.frombuffer("RGBA", size, pixels, "raw", "RGBA", 0, 1).convert("RGB")
        # Choosing the best colours would take longer than all the rest of saving.
        flat = picture.convert("P", palette=Image.Palette.WEB, dither=Image.Dither.NONE)
        flat.save(folder / f"{name}.png", compress_level=3, dpi=(_DPI, _DPI))
        with matplotlib.rc_context(RC):
            self.figure.savefig(folder / f"{name}.svg", format="svg", metadata={"Date": None})


def _pieces(ends: np.ndarray) -> MatplotlibPath:
    """Give a path of pieces that aren't joined: an array (pieces, points, 2)."""
    codes = np.full(ends.shape[:2], MatplotlibPath.LINETO, np.uint8)
    codes[:, 0] = MatplotlibPath.MOVETO
    return MatplotlibPath(ends.reshape(-1, 2), codes.ravel())


def _round_limits(values: np.ndarray) -> tuple[float, float]:
    """Give the ends of an axis: 0 and a round number above all values, and one below if need be."""
    known = values[np.isfinite(values)]
    high = _round_up(float(known.max(initial=0.0)))
    low = -_round_up(float(-known.min(initial=0.0)))
    return low, high if high > low else 1.0


def _round_up(value: float) -> float:
    if value <= 0:
        return 0.0
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(n for n in (1, 1.5, 2, 3, 4, 5, 6, 8, 10, 20) if n * power >= value) * power)
