"""A plot of the trees of the nuclei that divide."""

import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from immunostain.movement.axes import counted, ink, set_title
from immunostain.movement.motility import units
from immunostain.tracking import lineages

_LINEAGES = 60
_LINEAGE_ROWS = 150
_NUMBERED_ROWS = 400


def family_trees(tracks: pd.DataFrame, title: str) -> Figure:
    """Plot the trees of the nuclei of an image that divide, time rightwards, a row per track.

    Parameters
    ----------
    tracks
        What `table.track_table` gives.
    title
        What stands above the plot, and below it how many lineages are drawn: up to 60, and no more
        than fit on a page, those with the most tracks.
    """
    timed = units(tracks)["duration"] == "min"
    time = tracks["time_s"].astype(float) / 60 if timed else tracks["frame"]
    of_track = time.groupby(tracks["track_id"])
    begins, ends = of_track.min().to_dict(), of_track.max().to_dict()
    mothers = lineages.mothers(lineages.nuclei_with_track(tracks))
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
    colours = [ink(track) for track in row_of]
    axes.add_collection(LineCollection(joints, colors="0.6", linewidths=0.8), autolim=False)
    axes.add_collection(LineCollection(lines, colors=colours, linewidths=2.5), autolim=False)
    # A track of one frame is no line.
    axes.scatter([line[0][0] for line in lines], list(row_of.values()), s=7, c=colours, marker="s")
    if divisions:
        x, y = np.array(divisions, float).T
        axes.scatter(x, y, s=10, color="black", zorder=3)
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
    count = counted(len(families), "lineage")
    set_title(axes, title, f"{drawn}{count} with a division" if families else "no divisions")
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
