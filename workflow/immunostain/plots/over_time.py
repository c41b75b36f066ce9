"""How much of a stain nuclei have over time, by condition or else by image."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from immunostain.plots import words
from immunostain.plots.measured import Measured
from immunostain.plots.style import (
    COLOURS,
    counted,
    few_ticks,
    name_axis,
    name_colours,
    new_figure,
    shown,
)

_LEGEND = 14
_KINDS = ("-", "--", ":", "-.")


def over_time(measured: Measured, channel: str) -> Figure | None:
    """Plot the mean stain of a nucleus over time.

    A line is the mean of a condition's replicates, a band its 95 % interval; without a sample sheet
    there is a line for each image.

    Returns
    -------
    matplotlib.figure.Figure
        Over minutes where all images have them at the same times, else over frames. None without
        timelapses.
    """
    column = f"{channel}_mean"
    nuclei = measured.nuclei
    last = nuclei.groupby("image")["frame"].transform("max")
    rows = nuclei.loc[last > 0, ["image", "condition", "replicate", "frame", "time_s", column]]
    rows = rows.dropna(subset=[column, "condition"])
    if rows.empty:
        return None
    group = "condition" if measured.by else "image"
    present = list(dict.fromkeys(rows[group]))
    names = sorted(present, key=measured.conditions.index) if measured.by else present
    minutes = _minutes(rows)
    replicate = "replicate" if measured.by else "image"
    of_replicates = rows.groupby(list(dict.fromkeys([group, replicate, "frame"])), sort=False)
    curves = of_replicates[column].mean().reset_index()
    legend = 1 < len(names) <= _LEGEND
    title = f"{channel}: mean intensity of a nucleus over time"
    figure, axes = new_figure(title, [_note(measured, rows)], right=1.9 if legend else 0.3)
    lines = []
    for number, name in enumerate(names):
        x, mean, half = _mean_curve(curves[curves[group] == name], replicate, column)
        x = x if minutes is None else minutes.loc[x].to_numpy()
        colour, kind = COLOURS[number % len(COLOURS)], _KINDS[number // len(COLOURS) % len(_KINDS)]
        width = 1.5 if legend or len(names) == 1 else 0.8
        marker = "." if len(x) < 3 else ""
        lines += axes.plot(x, mean, color=colour, linestyle=kind, linewidth=width, marker=marker)
        if half.any():
            axes.fill_between(x, mean - half, mean + half, color=colour, alpha=0.18, linewidth=0)
    if legend:
        labels = [shown(str(name), 17) for name in names]
        name_colours(axes, lines, labels, shown(measured.by or "image", 17))
    axes.set_xlabel("Frame" if minutes is None else "Time after the first frame (min)")
    few_ticks(axes.xaxis, 8, whole=minutes is None)
    few_ticks(axes.yaxis)
    axes.set_ylim(bottom=min(axes.get_ylim()[0], 0))
    most = float(np.abs(axes.get_ylim()).max())
    name_axis(axes.yaxis, words.axis_label("mean"), words.GREY_VALUES, most)
    return figure


def _note(measured: Measured, rows: pd.DataFrame) -> str:
    images = counted(rows["image"].nunique(), "timelapse")
    if measured.by is None:
        return f"{images}; a line is an image's mean over its nuclei"
    replicates = rows[["condition", "replicate"]].drop_duplicates()
    what = "images" if measured.replicate == "image" else "replicates"
    number = counted(len(replicates), what[:-1])
    of = f"{images}, {number}" if measured.replicate != "image" else images
    return f"{of}; line: mean of the {what} of a condition, band: its 95 % interval (t)"


def _minutes(rows: pd.DataFrame) -> pd.Series | None:
    """Give the minutes of each frame, or None where images differ or don't tell."""
    if rows["time_s"].isna().any():
        return None
    times = rows.groupby("frame")["time_s"].agg(["min", "max", "mean"]) / 60
    interval = times["mean"].diff().median()
    if not interval > 0 or ((times["max"] - times["min"]) > interval / 2).any():
        return None
    return times["mean"]


def _mean_curve(
    own: pd.DataFrame, replicate: str, column: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give frames, the mean over replicates in each, and half its 95 % interval (0 for one)."""
    values = own.pivot(index="frame", columns=replicate, values=column).sort_index()
    table = values.to_numpy()
    number = np.isfinite(table).sum(axis=1)
    mean = np.nanmean(table, axis=1)
    half = np.zeros(len(mean))
    several = number > 1
    sd = np.nanstd(table[several], axis=1, ddof=1)
    half[several] = stats.t.ppf(0.975, number[several] - 1) * sd / np.sqrt(number[several])
    return values.index.to_numpy(), mean, half
