"""Measure how long tracking takes and how much memory, on a crowd of nuclei that move and divide.

The nuclei are made as a table, without pictures: what is measured is `link.link_nuclei`.
"""

import argparse
import resource
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow"))

from immunostain.tracking.link import link_nuclei
from immunostain.tracking.settings import LinkingSettings

DIAMETER, STEP = 22.0, 2.5  # pixels
DIVIDING = 0.003  # share of the nuclei in each frame
SPACING = 1.5  # diameters between nuclei, about


def crowd(nuclei: int, frames: int, seed: int) -> pd.DataFrame:
    """Make a sheet of nuclei that walk at random, push each other little, and divide."""
    rng = np.random.default_rng(seed)
    side = SPACING * DIAMETER * np.sqrt(nuclei)
    columns = int(np.ceil(np.sqrt(nuclei)))
    grid = np.stack(np.divmod(np.arange(nuclei), columns), 1) * side / columns
    place = grid + rng.uniform(-0.2, 0.2, (nuclei, 2)) * DIAMETER
    area = np.pi * DIAMETER**2 / 4 * np.exp(rng.normal(0, 0.2, nuclei))
    tables = []
    for frame in range(frames):
        measured = area * np.exp(rng.normal(0, 0.05, area.size))
        table = pd.DataFrame({"x_px": place[:, 1], "y_px": place[:, 0], "area_px": measured})
        tables.append(table.assign(frame=frame, scene=0).sample(frac=1, random_state=1))
        place = (place + rng.normal(0, STEP / 1.4, place.shape)) % side
        area = area + 0.05 * (np.pi * DIAMETER**2 / 4 - area)
        mothers = np.flatnonzero(rng.random(len(place)) < DIVIDING)
        angle = rng.uniform(0, np.pi, mothers.size)
        aside = 0.5 * DIAMETER * np.stack([np.sin(angle), np.cos(angle)], 1)
        daughters = np.concatenate([place[mothers] + aside, place[mothers] - aside])
        place = np.concatenate([np.delete(place, mothers, 0), daughters])
        area = np.concatenate([np.delete(area, mothers), np.tile(area[mothers] / 2, 2)])
    return pd.concat(tables, ignore_index=True)


def main() -> None:
    """Print what tracking a crowd takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nuclei", type=int, default=500, help="in the first frame")
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--search-range", default="auto")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    table = crowd(asked.nuclei, asked.frames, asked.seed)
    search_range = None if asked.search_range == "auto" else float(asked.search_range)
    started = time.process_time()
    link_nuclei(table, LinkingSettings(search_range, 5), None)
    seconds = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(table)} nuclei in {asked.frames} frames: {seconds:.1f} CPU seconds, {peak:.0f} MB")


if __name__ == "__main__":
    main()
