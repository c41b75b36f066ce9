"""Tracks as the table that users get.

Apart from linking, so that another name of a column doesn't find or repair nuclei anew.
"""

import pandas as pd

from immunostain.measuring.columns import TRACK_COLUMNS


def track_table(linked: pd.DataFrame, pixel_size_um: tuple[float, float] | None) -> pd.DataFrame:
    """Give the tracks as a table with `columns.TRACK_COLUMNS`, sorted by track and frame.

    Parameters
    ----------
    linked
        What `link_nuclei` gives, with ``time_s`` and ``nucleus_id``.
    pixel_size_um
        Width and height of a pixel; without it the places in micrometres are blank.

    Returns
    -------
    pandas.DataFrame
        One row per nucleus, numbered anew from 0.
    """
    width, height = pixel_size_um or (float("nan"), float("nan"))
    table = linked.assign(x_um=linked["x_px"] * width, y_um=linked["y_px"] * height)
    return table.sort_values(["track_id", "frame"])[TRACK_COLUMNS].reset_index(drop=True)
