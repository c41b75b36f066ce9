"""Plots of how tracks move: roses, speeds, mean squared displacements, lineages."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator
from pandas.api.types import is_numeric_dtype

from immunostain import track_links
from immunostain.motility import MEASURES, column_names, fit_power_law, lag_and_msd, units
from immunostain.pictures import track_colour
from immunostain.plots import plain, shortened

_SHOWN = {
    "um": "µm",
    "px": "pixels",
    "um_per_min": "µm/min",
    "px_per_frame": "pixels/frame",
    "um2_per_min": "µm²/min",
    "px2_per_frame": "pixels²/frame",
}
_LAGS = {"lag_min": "Lag (min)", "lag_frames": "Lag (frames)"}
_MSDS = {"msd_um2": "(µm²)", "msd_px2": "(pixels²)"}

# More than so many only make a plot slower and fuller.
_ROSE_TRACKS = 500
_SINGLE_MSDS = 200
_LINEAGES = 60
_LINEAGE_ROWS = 150
_NUMBERED_ROWS = 400
_GROUPS = 40
_LEGEND = 20

# Numbers at logarithmic axes, of short, longer and long ones.
_PARTS = ((1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8), (1, 2, 5), (1,))


def rose(tracks: pd.DataFrame, title: str) -> Figure:
    """Plot the tracks of an image from one origin, in the directions that they have in the picture.

    Parameters
    ----------
    tracks
        What `tracks.track_table` gives.
    title
        What stands above the plot, and below it how many tracks are drawn: up to 500, chosen evenly
        from all of more than one frame.
    """
    unit = units(tracks)["path_length"]
    table = tracks[tracks.duplicated("track_id", keep=False)].sort_values(["track_id", "frame"])
    ids = table["track_id"].unique()
    count = len(ids)
    if count > _ROSE_TRACKS:
        ids = ids[np.linspace(0, count - 1, _ROSE_TRACKS).round().astype(int)]
        table = table[table["track_id"].isin(ids)]
    places = table[[f"x_{unit}", f"y_{unit}"]].to_numpy(float)
    starts = np.flatnonzero(~table.duplicated("track_id"))
    lines = [part - part[0] for part in np.split(places, starts[1:])] if len(ids) else []
    colours = [_ink(track) for track in ids]
    width = 1 if len(ids) <= 100 else 0.6
    figure = Figure(figsize=(6, 6), layout="constrained")
    axes = figure.add_subplot()
    axes.axhline(0, color="lightgrey", linewidth=0.8, zorder=0)
    axes.axvline(0, color="lightgrey", linewidth=0.8, zorder=0)
    axes.add_collection(LineCollection(lines, colors=colours, linewidths=width), autolim=False)
    reach = 1.0
    if lines:
        ends = np.array([line[-1] for line in lines])
        axes.scatter(*ends.T, s=8, c=colours, zorder=3)
        reach = 1.05 * max(np.abs(line).max() for line in lines) or 1.0
    axes.set_xlim(-reach, reach)
    axes.set_ylim(reach, -reach)  # downwards, as in the picture
    axes.set_aspect("equal")
    axes.set_xlabel(f"Displacement in x ({_SHOWN[unit]})")
    axes.set_ylabel(f"Displacement in y ({_SHOWN[unit]}), downwards as in the picture")
    drawn = f"{len(ids)} of " if len(ids) < count else ""
    _set_title(axes, title, f"{drawn}{_counted(count, 'track')} of more than one frame")
    return figure


def speeds(motility: pd.DataFrame, title: str) -> Figure:
    """Plot how the mean speeds of the tracks of an image, from `motility_table`, are spread."""
    name, unit = _filled(motility, "mean_speed")[0]
    values = motility[name].dropna().to_numpy(float)
    figure = Figure(figsize=(8, 4.5))
    axes = figure.add_subplot()
    bins = int(np.clip(2 * np.sqrt(len(values)), 20, 60))
    axes.hist(values, bins, range=(0, values.max(initial=0) or 1), color="tab:blue")
    if len(values):
        median = float(np.median(values))
        axes.axvline(median, color="black", linestyle="--", label=f"median {median:.3g}")
        axes.legend(frameon=False)
    else:
        axes.set_ylim(0, 1)
    axes.set_xlabel(f"Mean speed of a track ({_SHOWN[unit]})")
    axes.set_ylabel("Number of tracks")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    _set_title(axes, title, f"{_counted(len(values), 'track')} of more than one frame")
    return figure


def msd_curves(msds: pd.DataFrame, ensemble: pd.DataFrame, title: str) -> Figure:
    """Plot the mean squared displacement of the tracks of an image over the lag.

    Parameters
    ----------
    msds
        What `motility.track_msds` gives; its tracks are drawn in grey if they are fewer than 200.
    ensemble
        What `motility.ensemble_msd` gives.
    title
        What stands above the plot.
    """
    lag, msd = lag_and_msd(ensemble)
    figure = Figure(figsize=(8, 5))
    axes = figure.add_subplot()
    seen = ensemble[ensemble[msd] > 0]
    single = msds[msds[msd] > 0]
    starts = np.flatnonzero(~single.duplicated("track_id"))
    handles = []
    if 0 < len(starts) < _SINGLE_MSDS:
        curves = np.split(single[[lag, msd]].to_numpy(float), starts[1:])
        grey = LineCollection(curves, colors="0.75", linewidths=0.7, label="single tracks")
        handles.append(axes.add_collection(grey, autolim=False))
    handles += axes.plot(seen[lag], seen[msd], "o-", color="tab:blue", markersize=4)
    fit = fit_power_law(ensemble)
    name = "all tracks"
    if len(fit):
        unit = _SHOWN[MEASURES["diffusion"][0 if lag == "lag_min" else 1]]
        diffusion, exponent = fit.iloc[0]
        name = f"all tracks: D = {diffusion:.3g} {unit}, exponent {exponent:.2f}"
    handles[-1].set_label(name)
    shown = pd.concat([seen[msd], single[msd]]) if len(handles) > 1 else seen[msd]
    _logarithmic(axes, seen[lag], shown)
    handles += _guides(axes, seen[lag], seen[msd])
    axes.set_xlabel(_LAGS[lag])
    axes.set_ylabel(f"Mean squared displacement {_MSDS[msd]}")
    if len(seen):
        axes.legend(handles=handles, edgecolor="none", fontsize="small", loc="upper left")
    moving = f"{_counted(len(starts), 'track')} of nuclei that move"
    _set_title(axes, title, moving if len(starts) else "no nucleus moves")
    return figure


def lineages(tracks: pd.DataFrame, title: str) -> Figure:
    """Plot the trees of the nuclei of an image that divide, time rightwards, a row per track.

    Parameters
    ----------
    tracks
        What `tracks.track_table` gives.
    title
        What stands above the plot, and below it how many lineages are drawn: up to 60, and no more
        than fit on a page, those with the most tracks.
    """
    timed = units(tracks)["duration"] == "min"
    time = tracks["time_s"].astype(float) / 60 if timed else tracks["frame"]
    of_track = time.groupby(tracks["track_id"])
    begins, ends = of_track.min().to_dict(), of_track.max().to_dict()
    mothers = track_links.mothers(track_links.nuclei_with_track(tracks))
    families = _families(mothers)
    shown = _largest(families)
    row_of: dict[int, int] = {}
    row = 0
    for family in shown:
        row_of |= {track: row + place for place, track in enumerate(family)}
        row += len(family) + 1  # an empty one between lineages
    lines, joints, divisions = [], [], []
    for track, row in row_of.items():
        lines.append([(begins[track], row), (ends[track], row)])
        if track in mothers:
            parting = (ends[mothers[track]], row_of[mothers[track]])
            joints.append([parting, (parting[0], row), (begins[track], row)])
            divisions.append(parting)
    height = max(row_of.values(), default=0) + 1
    letters = float(np.clip(1900 / height, 4, 7.5))
    inches = float(np.clip(1.5 + 0.13 * height, 3, 30))
    figure = Figure(figsize=(8, inches))  # laying it out would draw the many ids twice
    figure.subplots_adjust(0.1, 0.55 / inches, 0.97, 1 - 0.6 / inches)
    axes = figure.add_subplot()
    colours = [_ink(track) for track in row_of]
    axes.add_collection(LineCollection(joints, colors="0.6", linewidths=0.8), autolim=False)
    axes.add_collection(LineCollection(lines, colors=colours, linewidths=2.5), autolim=False)
    # A track of one frame is no line.
    axes.scatter([line[0][0] for line in lines], list(row_of.values()), s=7, c=colours, marker="s")
    if divisions:
        axes.scatter(*np.array(divisions, float).T, s=10, color="black", zorder=3)
    begin, end = (time.min(), time.max()) if len(time) else (0, 1)
    margin = 0.01 * (end - begin) or 0.5
    axes.set_xlim(begin - margin, end + margin)
    axes.set_ylim(height, -1)
    numbered = height <= _NUMBERED_ROWS
    ticks = row_of if numbered else {}
    axes.set_yticks(list(ticks.values()), [str(track) for track in ticks], fontsize=letters)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="0.9", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set_xlabel("Time after the first frame (min)" if timed else "Frame")
    if not timed:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel("Track id" if numbered else "Tracks, too many for their ids")
    drawn = f"the {len(shown)} largest of " if len(shown) < len(families) else ""
    count = _counted(len(families), "lineage")
    _set_title(axes, title, f"{drawn}{count} with a division" if families else "no divisions")
    return figure


def _families(mothers: dict[int, int]) -> list[list[int]]:
    """List the lineages with a division, each in order of its rows: a mother amid her daughters."""
    daughters: dict[int, list[int]] = {}
    for track, mother in mothers.items():
        daughters.setdefault(mother, []).append(track)
    families = []
    for founder in sorted(set(daughters) - set(mothers)):
        family, waiting = [], [(founder, False)]
        while waiting:
            track, placed = waiting.pop()
            young = sorted(daughters.get(track, []))
            if placed or not young:
                family.append(track)
                continue
            middle = (len(young) + 1) // 2
            ordered = [(daughter, False) for daughter in young]
            waiting += reversed([*ordered[:middle], (track, True), *ordered[middle:]])
        if any(len(daughters.get(track, [])) > 1 for track in family):
            families.append(family)
    return families


def _largest(families: list[list[int]]) -> list[list[int]]:
    """Choose the lineages that are drawn, in their order: at least one, as many as fit."""
    by_size = sorted(range(len(families)), key=lambda index: -len(families[index]))[:_LINEAGES]
    rows = np.cumsum([len(families[index]) for index in by_size])
    fitting = max(1, int(np.searchsorted(rows, _LINEAGE_ROWS, side="right")))
    return [families[index] for index in sorted(by_size[:fitting])]


def speeds_by(table: pd.DataFrame, by: str, title: str) -> Figure:
    """Plot the mean speeds of the tracks of all images, side by side for each condition.

    Violins show how tracks are spread, dots the mean of each image.

    Parameters
    ----------
    table
        What `motility_summary.all_tracks` gives.
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
    kinds = _filled(table, "mean_speed")
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
            images = [_counted(len(means), "image")] * (by != "image")
            labels.append([shortened(group), *images, _counted(len(values), "track")])
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
        axes.set_ylabel(f"Mean speed of a track ({_SHOWN[unit]})")
        drawn = f"; the first {len(shown)} of {len(groups)}" * (len(shown) < len(groups))
        _set_title(axes, title, f"dots: mean of each image{drawn}")
    return figure


def msd_by(table: pd.DataFrame, by: str, title: str) -> Figure:
    """Plot the mean squared displacements of all images, a colour per condition.

    Thin lines are images, thick ones the mean of a condition's images over the lags that all have;
    there is none where their frames have other intervals.

    Parameters
    ----------
    table
        What `motility_summary.all_msds` gives.
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
    colours = dict(zip(groups, _distinct(len(groups)), strict=True))
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
        _logarithmic(axes, known[lag], known[msd])
        guides = _guides(axes, known[lag], known[msd])
        if legend:
            present = [group for group in groups if (names[known.index] == group).any()]
            labels = [plain(shortened(group)) for group in present]
            labels += [str(guide.get_label()) for guide in guides]
            style = {"fontsize": "small", "frameon": False}
            handles = [*(lines[group] for group in present), *guides]
            axes.legend(handles, labels, loc="center left", bbox_to_anchor=(1, 0.5), **style)
        axes.set_xlabel(_LAGS[lag])
        axes.set_ylabel(f"Mean squared displacement {_MSDS[msd]}")
        _set_title(axes, title, "" if by == "image" else "thin: images, thick: their mean")
    return figure


def _mean_curve(rows: pd.DataFrame, lag: str, msd: str) -> pd.DataFrame:
    """Give the mean over images at the lags that all have, none if they don't mean the same."""
    interval = rows[lag] / rows["lag_frames"]
    if len(rows) == 0 or interval.max() > 1.1 * interval.min():
        return rows.iloc[:0]
    values = rows.pivot(index="lag_frames", columns="image", values=msd).dropna()
    lags = rows.groupby("lag_frames")[lag].mean()
    return pd.DataFrame({lag: lags[values.index], msd: values.mean(axis=1)})


def _ink(track: int) -> tuple[float, float, float]:
    """Give a track its colour, darker than on pictures as paper is white."""
    red, green, blue = (0.75 * part / 255 for part in track_colour(int(track)))
    return red, green, blue


def _distinct(count: int) -> list[tuple[float, float, float, float]]:
    """Give so many colours for lines."""
    if count <= 10:
        return [colormaps["tab10"](index) for index in range(count)]
    return [colormaps["turbo"](value) for value in np.linspace(0.05, 0.95, count)]


def _filled(table: pd.DataFrame, measure: str) -> list[tuple[str, str]]:
    """List the columns of a measure with values in them and their units, else the first."""
    pairs = zip(column_names(measure), MEASURES[measure], strict=True)
    known = [(name, unit) for name, unit in pairs if name in table]
    return [pair for pair in known if table[pair[0]].notna().any()] or known[:1]


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


def _logarithmic(axes: Axes, *values: Iterable[float]) -> None:
    """Make both axes logarithmic with plain numbers, as wide as the values along x and y."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    limits = (axes.set_xlim, axes.set_ylim)
    for axis, numbers, set_limits in zip((axes.xaxis, axes.yaxis), values, limits, strict=True):
        known = np.asarray(numbers, float)
        low, high = (known.min() / 1.25, known.max() * 1.25) if len(known) else (1, 10)
        set_limits(low, high)
        parts = _PARTS[int(high / low > 8) + int(high / low > 2000)]
        axis.set_major_locator(LogLocator(subs=parts, numticks=20))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_locator(NullLocator())
        axis.set_minor_formatter(NullFormatter())


def _guides(axes: Axes, lag: pd.Series, msd: pd.Series) -> list:
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


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _set_title(axes: Axes, title: str, note: str) -> None:
    """Write the title, no wider than the figure (8 inches if a legend is beside), and a note."""
    letters = int(9 * min(8, axes.get_figure(root=True).get_figwidth()))
    axes.set_title("\n".join(filter(None, [plain(shortened(title, letters)), note])))
