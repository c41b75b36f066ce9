"""How many nuclei there are in each image: a table and a plot of each."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pandas as pd

from immunostain.excel.of_stains import EXPLAINED
from immunostain.results import figures, writers


def write_images(
    population: pd.DataFrame, sample_columns: Sequence[str], folder: Path, processes: int
) -> Iterator[tuple[str, int]]:
    """Write ``{image}_time_point_stat`` .csv, .xlsx and .png for each image.

    Parameters
    ----------
    population
        What `stat_tables.population_stat` gives.
    sample_columns
        The columns of the sample sheet, which these tables leave out.
    folder
        Where the files go.
    processes
        How many at a time: plots take the longest, and threads would wait for each other.

    Yields
    ------
    image : str
    nuclei : int
        In all of its frames.
    """
    parts = [(str(image), part) for image, part in population.groupby("Image name", sort=False)]
    write = partial(_write_image, sample_columns, folder)
    # Not started afresh: what Snakemake runs is no module that could be imported again.
    with ProcessPoolExecutor(processes, get_context("fork")) as pool:
        yield from pool.map(write, parts, chunksize=10)


def _write_image(
    sample_columns: Sequence[str], folder: Path, part: tuple[str, pd.DataFrame]
) -> tuple[str, int]:
    image, counts = part
    name = folder / f"{image}_time_point_stat"
    table = counts.drop(columns=["Image name", *sample_columns])
    writers.write_csv(f"{name}.csv", table)
    writers.write_xlsx(f"{name}.xlsx", table, "time_point_stat", EXPLAINED["time_point_stat"])
    figures.save(figures.time_course(counts, image), Path(f"{name}.png"))
    return image, int(table["Number of nuclei"].sum())
