"""Plots of how many nuclei there are."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

# So many lines a legend can name before it hides the plot.
_LEGEND = 20


def time_course(table: pd.DataFrame, title: str) -> Figure:
    """Plot the number of nuclei over time, a line per image and scene.

    Parameters
    ----------
    table
        What `stat_tables.population_stat` gives, of one or several images.
    title
        What stands above the plot.

    Returns
    -------
    matplotlib.figure.Figure
        Over minutes where every frame has them, else over frames; images with one frame are points.
    """
    timed = table["Minutes"].notna().all() and len(table) > 0
    x = "Minutes" if timed else "Frame"
    lines = table.groupby(["Image name", "Scene"], sort=False)
    legend = 1 < lines.ngroups <= _LEGEND
    # Making room for a legend doubles the time, and most plots have none.
    figure = Figure(figsize=(8, 4.5), layout="constrained" if legend else None)
    axes = figure.add_subplot()
    many_scenes = table["Scene"].nunique() > 1
    labels: list[str] = []
    for (image, scene), part in lines:
        label = f"{image}, scene {scene}" if many_scenes else str(image)
        axes.plot(part[x], part["Number of nuclei"], marker=".")
        labels.append(plain(label))
    axes.set_xlabel("Time after the first frame (min)" if timed else "Frame")
    axes.set_ylabel("Number of nuclei")
    axes.set_title(plain(middle_cut(title, 80)))
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    if table[x].nunique() == 1:  # else parts of the only frame would be marked
        axes.set_xticks(table[x].unique())
    elif not timed:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if legend:
        # Named here: of its own matplotlib leaves out lines whose name begins with an underscore.
        style = {"fontsize": "small", "frameon": False}
        axes.legend(axes.lines, labels, loc="center left", bbox_to_anchor=(1, 0.5), **style)
    return figure


def stills(table: pd.DataFrame, title: str) -> Figure:
    """Plot the number of nuclei of images that have one frame: a bar each, or how they spread."""
    counts = table["Number of nuclei"]
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    if len(table) <= 2 * _LEGEND:
        many_scenes = table["Scene"].nunique() > 1
        names = [
            f"{image}, scene {scene}" if many_scenes else str(image)
            for image, scene in zip(table["Image name"], table["Scene"], strict=True)
        ]
        axes.bar(range(len(table)), counts, color="tab:blue")
        axes.set_xticks(
            range(len(table)),
            [plain(middle_cut(name)) for name in names],
            rotation=45,
            ha="right",
            fontsize="small",
        )
        axes.set_ylabel("Number of nuclei")
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    else:
        axes.hist(counts, bins="auto", color="tab:blue")
        axes.set_xlabel("Number of nuclei in an image")
        axes.set_ylabel("Number of images")
    axes.set_title(plain(middle_cut(title, 80)))
    return figure


def population(table: pd.DataFrame) -> Figure:
    """Plot all images together: lines over time if any has several frames, else bars."""
    frames = table.groupby(["Image name", "Scene"])["Frame"].transform("size")
    if (frames > 1).any():
        return time_course(table, "Nuclei over time, all images")
    return stills(table, "Nuclei per image")


def plain(text: str) -> str:
    """Keep matplotlib from reading a name as mathematics."""
    return text.replace("$", r"\$")


def middle_cut(text: str, length: int = 32) -> str:
    """Cut the middle out of a name that is longer than `length` letters."""
    return text if len(text) <= length else f"{text[: length - 10]}…{text[-9:]}"


def save(figure: Figure, path: Path) -> None:
    """Save a plot as PNG."""
    figure.savefig(path, dpi=110, format="png")
