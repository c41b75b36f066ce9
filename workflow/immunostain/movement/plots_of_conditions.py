"""Plots that compare how tracks move: by condition, or by image."""

import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from pandas.api.types import is_numeric_dtype

from immunostain.movement.axes import (
    LAG_LABELS,
    MSD_UNITS,
    UNITS_SHOWN,
    counted,
    distinct_colours,
    draw_slopes,
    filled_column,
    make_logarithmic,
    set_title,
)
from immunostain.movement.motility import lag_and_msd
from immunostain.results.figures import middle_cut, plain

_GROUPS = 40
_LEGEND = 20


def speeds_by(table: pd.DataFrame, by: str, title: str) -> Figure:
    """Plot the mean speeds of the tracks of all images, side by side for each condition.

    Violins show how tracks are spread, dots the mean of each image.

    Parameters
    ----------
    table
        What `by_condition.all_tracks` gives.
    by
        The column of the conditions, or ``image``.
    title
        What stands above the plot. Beyond 40 conditions only the first ones are drawn.

    Returns
    -------
    matplotlib.figure.Figure
        With a part for each unit that speeds have.
    """
    names = _group_names(table, by)
    kinds = filled_column(table, "mean_speed")
    most = max(names[table[column].notna()].nunique() for column, _ in kinds)
    places = max(2, min(most, _GROUPS))
    width = float(np.clip(2 + 0.9 * places, 8, 24))
    figure = Figure(figsize=(width, 5 * len(kinds)), layout="constrained")
    for axes, (column, unit) in zip(
        figure.subplots(len(kinds), squeeze=False)[:, 0], kinds, strict=True
    ):
        known = table[table[column].notna()]
        groups = _in_order(known, by, names)
        shown = groups[:_GROUPS]
        labels = []
        for place, group in enumerate(shown):
            rows = known[names[known.index] == group]
            values = rows[column].to_numpy(float)
            # Some thousand values in even ranks give the same outline, much faster.
            ranks = np.linspace(0, len(values) - 1, min(len(values), 1000)).astype(int)
            outlined = np.sort(values)[ranks]
            (body,) = axes.violinplot([outlined], [place], widths=0.8, showextrema=False)["bodies"]
            body.set(facecolor="tab:blue", alpha=0.35)
            means = rows.groupby("image")[column].mean().to_numpy(float)
            aside = np.linspace(-0.2, 0.2, len(means)) if len(means) > 1 else np.zeros(1)
            axes.scatter(place + aside, means, s=22, color="black", zorder=3)
            images = [counted(len(means), "image")] * (by != "image")
            labels.append([middle_cut(group), *images, counted(len(values), "track")])
        # Letters are about a twelfth of an inch wide.
        room = 12 * (width - 1) / places
        if max((len(line) for label in labels for line in label), default=0) < room:
            texts, style = ["\n".join(lines) for lines in labels], {}
        else:
            texts = [f"{first} ({', '.join(others)})" for first, *others in labels]
            style = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
        axes.set_xticks(range(len(shown)), map(plain, texts), fontsize="small", **style)
        axes.set_xlim(-0.6, places - 0.4)
        axes.set_ylim(bottom=0)
        axes.set_ylabel(f"Mean speed of a track ({UNITS_SHOWN[unit]})")
        drawn = f"; the first {len(shown)} of {len(groups)}" * (len(shown) < len(groups))
        set_title(axes, title, f"dots: mean of each image{drawn}")
    return figure


def msd_by(table: pd.DataFrame, by: str, title: str) -> Figure:
    """Plot the mean squared displacements of all images, a colour per condition.

    Thin lines are images, thick ones the mean of a condition's images over the lags that all have;
    there is none where their frames have other intervals.

    Parameters
    ----------
    table
        What `by_condition.all_msds` gives.
    by
        The column of the conditions, or ``image``.
    title
        What stands above the plot.

    Returns
    -------
    matplotlib.figure.Figure
        With a part for each unit that lags and displacements have.
    """
    names = _group_names(table, by)
    kinds = [
        (lag, msd)
        for lag, msd in (("lag_min", "msd_um2"), ("lag_frames", "msd_px2"))
        if msd in table and (table[msd] > 0).any()
    ] or [lag_and_msd(table)]
    groups = _in_order(table, by, names)
    legend = 1 < len(groups) <= _LEGEND
    width = 8 + 3 * legend
    figure = Figure(figsize=(width, 5 * len(kinds)), layout="constrained" if legend else None)
    colours = dict(zip(groups, distinct_colours(len(groups)), strict=True))
    for axes, (lag, msd) in zip(
        figure.subplots(len(kinds), squeeze=False)[:, 0], kinds, strict=True
    ):
        known, lines = table[table[msd] > 0], {}
        for group in groups:
            rows = known[names[known.index] == group]
            mean = rows if by == "image" else _mean_curve(rows, lag, msd)
            if by != "image":
                curves = [part[[lag, msd]].to_numpy(float) for _, part in rows.groupby("image")]
                thin = LineCollection(curves, colors=[colours[group]], linewidths=0.7, alpha=0.7)
                axes.add_collection(thin, autolim=False)
            (lines[group],) = axes.plot(mean[lag], mean[msd], color=colours[group], linewidth=2)
        make_logarithmic(axes, known[lag], known[msd])
        guides = draw_slopes(axes, known[lag], known[msd])
        if legend:
            present = [group for group in groups if (names[known.index] == group).any()]
            labels = [plain(middle_cut(group)) for group in present]
            labels += [str(guide.get_label()) for guide in guides]
            style = {"fontsize": "small", "frameon": False}
            handles = [*(lines[group] for group in present), *guides]
            axes.legend(handles, labels, loc="center left", bbox_to_anchor=(1, 0.5), **style)
        axes.set_xlabel(LAG_LABELS[lag])
        axes.set_ylabel(f"Mean squared displacement {MSD_UNITS[msd]}")
        set_title(axes, title, "" if by == "image" else "thin: images, thick: their mean")
    return figure


def _mean_curve(rows: pd.DataFrame, lag: str, msd: str) -> pd.DataFrame:
    """Give the mean over images at the lags that all have, none if they don't mean the same."""
    interval = rows[lag] / rows["lag_frames"]
    if len(rows) == 0 or interval.max() > 1.1 * interval.min():
        return rows.iloc[:0]
    values = rows.pivot(index="lag_frames", columns="image", values=msd).dropna()
    lags = rows.groupby("lag_frames")[lag].mean()
    return pd.DataFrame({lag: lags[values.index], msd: values.mean(axis=1)})


def _group_names(table: pd.DataFrame, by: str) -> pd.Series:
    """Name the condition of each row."""
    shown = [
        f"no {by}" if pd.isna(v) else f"{v:.12g}" if not isinstance(v, str) else v
        for v in table[by]
    ]
    return pd.Series(shown, table.index, dtype=str)


def _in_order(table: pd.DataFrame, by: str, names: pd.Series) -> list[str]:
    """List the conditions: numbers sorted, others as they are met."""
    if is_numeric_dtype(table[by]):
        table = table.sort_values(by, kind="stable")
    return list(names[table.index].unique())
