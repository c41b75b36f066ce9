"""Plots of how the tracks of an image move: roses, speeds, mean squared displacements."""

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from immunostain.movement.axes import (
    LAG_LABELS,
    MSD_UNITS,
    UNITS_SHOWN,
    counted,
    draw_slopes,
    filled_column,
    ink,
    make_logarithmic,
    set_title,
)
from immunostain.movement.motility import MEASURES, fit_power_law, lag_and_msd, units

# More than so many only make a plot slower and fuller.
_ROSE_TRACKS = 500
_SINGLE_MSDS = 200


def rose(tracks: pd.DataFrame, title: str) -> Figure:
    """Plot the tracks of an image from one origin, in the directions that they have in the picture.

    Parameters
    ----------
    tracks
        What `table.track_table` gives.
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
    colours = [ink(track) for track in ids]
    width = 1 if len(ids) <= 100 else 0.6
    figure = Figure(figsize=(6, 6), layout="constrained")
    axes = figure.add_subplot()
    axes.axhline(0, color="lightgrey", linewidth=0.8, zorder=0)
    axes.axvline(0, color="lightgrey", linewidth=0.8, zorder=0)
    axes.add_collection(LineCollection(lines, colors=colours, linewidths=width), autolim=False)
    reach = 1.0
    if lines:
        ends = np.array([line[-1] for line in lines])
        axes.scatter(ends[:, 0], ends[:, 1], s=8, c=colours, zorder=3)
        reach = 1.05 * max(np.abs(line).max() for line in lines) or 1.0
    axes.set_xlim(-reach, reach)
    axes.set_ylim(reach, -reach)  # downwards, as in the picture
    axes.set_aspect("equal")
    axes.set_xlabel(f"Displacement in x ({UNITS_SHOWN[unit]})")
    axes.set_ylabel(f"Displacement in y ({UNITS_SHOWN[unit]}), downwards as in the picture")
    drawn = f"{len(ids)} of " if len(ids) < count else ""
    set_title(axes, title, f"{drawn}{counted(count, 'track')} of more than one frame")
    return figure


def speeds(motility: pd.DataFrame, title: str) -> Figure:
    """Plot how the mean speeds of the tracks of an image, from `motility_table`, are spread."""
    name, unit = filled_column(motility, "mean_speed")[0]
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
    axes.set_xlabel(f"Mean speed of a track ({UNITS_SHOWN[unit]})")
    axes.set_ylabel("Number of tracks")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    set_title(axes, title, f"{counted(len(values), 'track')} of more than one frame")
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
    handles: list[Artist] = []
    if 0 < len(starts) < _SINGLE_MSDS:
        curves = np.split(single[[lag, msd]].to_numpy(float), starts[1:])
        grey = LineCollection(curves, colors="0.75", linewidths=0.7, label="single tracks")
        handles.append(axes.add_collection(grey, autolim=False))
    handles += axes.plot(seen[lag], seen[msd], "o-", color="tab:blue", markersize=4)
    fit = fit_power_law(ensemble)
    name = "all tracks"
    if len(fit):
        unit = UNITS_SHOWN[MEASURES["diffusion"][0 if lag == "lag_min" else 1]]
        diffusion, exponent = fit.iloc[0]
        name = f"all tracks: D = {diffusion:.3g} {unit}, exponent {exponent:.2f}"
    handles[-1].set_label(name)
    shown = pd.concat([seen[msd], single[msd]]) if len(handles) > 1 else seen[msd]
    make_logarithmic(axes, seen[lag], shown)
    handles += draw_slopes(axes, seen[lag], seen[msd])
    axes.set_xlabel(LAG_LABELS[lag])
    axes.set_ylabel(f"Mean squared displacement {MSD_UNITS[msd]}")
    if len(seen):
        axes.legend(handles=handles, edgecolor="none", fontsize="small", loc="upper left")
    moving = f"{counted(len(starts), 'track')} of nuclei that move"
    set_title(axes, title, moving if len(starts) else "no nucleus moves")
    return figure
