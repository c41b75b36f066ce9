"""Tables of nuclei of which only the numbers count, as nuclei.parquet has them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from immunostain.results import writers

CHANNELS = ("DAPI", "GFP")


def many_nuclei(
    seed: int, images: Sequence[str], channels: Sequence[str] = CHANNELS, frames: int = 1
) -> pd.DataFrame:
    """Make 1 to 12 nuclei in each frame of each image, some positive in the second channel.

    Some have no area in micrometres or no sum, as in real tables.
    """
    rng = np.random.default_rng(seed)
    places = [(i, f) for i in images for f in range(frames) for _ in range(rng.integers(1, 13))]
    count = len(places)
    area = rng.integers(50, 500, count)
    table = pd.DataFrame(
        {
            "image": pd.Series([image for image, _ in places], dtype="str"),
            "frame": pd.Series([frame for _, frame in places], dtype="Int64"),
            "time_s": [60.0 * frame for _, frame in places],
            "area_px": pd.Series(area, dtype="Int64"),
            "area_um2": np.where(rng.random(count) < 0.1, np.nan, area * 0.25),
        }
    )
    for channel in channels:
        lacking = rng.random(count) < 0.1
        sums = pd.Series(rng.integers(0, 10**6, count), dtype="Int64").mask(lacking)
        table[f"{channel}_sum"] = sums
        table[f"{channel}_mean"] = (sums / area).astype("float64")
        table[f"{channel}_background_corrected_sum"] = table[f"{channel}_sum"] - 10.5 * area
        table[f"{channel}_saturated_px"] = pd.Series(rng.integers(0, 50, count), dtype="Int64")
    known = table[f"{channels[1]}_mean"]
    table[f"{channels[1]}_positive"] = (known > 1500).astype("boolean").where(known.notna())
    table["condition"] = "a column of the sample sheet"
    return table.astype({f"{channel}_background_corrected_sum": "float64" for channel in channels})


def written(folder: Path, nuclei: pd.DataFrame) -> str:
    """Write a table as the workflow does."""
    path = str(folder / "nuclei.parquet")
    with writers.parquet_file(path) as append:
        append(nuclei)
    return path
