"""The example's nuclei, found and true."""

import numpy as np
import pandas as pd
from project import Project

STILLS = ["still_1", "still_2", "still_3"]
CHANNELS = ["DAPI", "AF488", "mCher"]


def nuclei_of(finished: Project, image: str) -> pd.DataFrame:
    table = pd.read_csv(finished.results / "analysis_data" / "general_stats" / "nuclei.csv")
    return table[table["image"] == image].reset_index(drop=True)


def matched(truth: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Pair each true nucleus with the found one that is nearest."""
    distance = np.hypot(
        truth["x_px"].to_numpy()[:, None] - found["x_px"].to_numpy(),
        truth["y_px"].to_numpy()[:, None] - found["y_px"].to_numpy(),
    )
    assert distance.min(axis=1).max() < 5
    nearest = distance.argmin(axis=1)
    assert len(set(nearest)) == len(truth)
    return found.iloc[nearest].reset_index(drop=True)
