"""The bars of each image that has few nuclei: which ones, and all of them as files."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import groupby, pairwise
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from immunostain.plots import words
from immunostain.plots.bars import MOST_CHANNELS, BarPlot, Bars
from immunostain.plots.measured import Measured
from immunostain.plots.words import GREY_VALUES

MOST_NUCLEI = 40
_AT_A_TIME = 25


def few_nuclei(measured: Measured) -> Iterator[Bars]:
    """Give what is drawn of each image with 1 to 40 nuclei in its first frame, all scenes together.

    Of a channel it is the sum over the nucleus, with the background taken off where that is known.
    """
    kinds = {name: words.total_kind(measured, name) for name in measured.channels}
    columns = [f"{name}_{kind}" for name, kind in kinds.items()]
    titles = [f"{name}: {words.measure(kind)} ({GREY_VALUES})" for name, kind in kinds.items()]
    rows = measured.nuclei[measured.nuclei["frame"] == 0]
    # Arrays, as taking an image's part from a table takes longer than drawing its bars.
    images = rows["image"].to_numpy()
    ids, scenes = rows["nucleus_id"].to_numpy(int), rows["scene"].to_numpy(int)
    values = rows[columns].to_numpy().T
    starts = np.flatnonzero(np.r_[True, images[1:] != images[:-1]][: len(rows)])
    for start, end in pairwise([*starts, len(rows)]):
        own = slice(start, end)
        has = np.flatnonzero(np.isfinite(values[:, own]).any(axis=1))[:MOST_CHANNELS]
        if end - start <= MOST_NUCLEI and len(has):
            channels = tuple(titles[number] for number in has)
            yield Bars(str(images[start]), ids[own], scenes[own], channels, values[has, own])


def write_bars(measured: Measured, folder: Path, processes: int) -> Iterator[str]:
    """Write ``nuclei_{image}`` .png and .svg of each image with few nuclei; give their names.

    Parameters
    ----------
    measured
        The nuclei.
    folder
        Where the files go.
    processes
        How many at a time: threads would wait for each other.
    """
    # Those alike one after the other, see `BarPlot`.
    wanted = sorted(few_nuclei(measured), key=lambda bars: (bars.channels, len(bars.ids)))
    parts = [wanted[at : at + _AT_A_TIME] for at in range(0, len(wanted), _AT_A_TIME)]
    if len(parts) < 2 or processes < 2:
        drawn = map(partial(_draw, folder), parts)
        yield from (name for names in drawn for name in names)
        return
    # Not started afresh: what Snakemake runs is no module that could be imported again.
    with ProcessPoolExecutor(processes, get_context("fork")) as pool:
        yield from (name for names in pool.map(partial(_draw, folder), parts) for name in names)


def _draw(folder: Path, part: list[Bars]) -> list[str]:
    for channels, alike in groupby(part, key=lambda bars: bars.channels):
        plot = BarPlot(channels)
        for bars in alike:
            plot.draw(bars)
            plot.save(folder, f"nuclei_{bars.image}")
    return [bars.image for bars in part]
