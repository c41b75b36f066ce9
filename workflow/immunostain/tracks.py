"""Follow nuclei from frame to frame."""

import logging

import pandas as pd
import trackpy

from immunostain.columns import TRACK_COLUMNS

trackpy.quiet()

# Where so many nuclei are within reach that trackpy can't try all pairings, it shortens the search
# range for that group in steps, down to this share of it.
_SHORTEST = 0.05
_STEP = 0.9


def link_nuclei(nuclei: pd.DataFrame, settings: dict[str, float]) -> pd.DataFrame:
    """Give every nucleus the id of its track.

    Parameters
    ----------
    nuclei
        One row per nucleus of one image, with at least the columns ``scene, frame, x_px, y_px``.
    settings
        ``search_range``: how far a nucleus may move from one frame to the next, in pixels.
        ``memory``: for how many frames it may be missing.

    Returns
    -------
    pandas.DataFrame
        `nuclei` in its order with ``track_id`` (from 0; no two scenes share one) and
        ``parent_track_id`` (empty: divisions are not looked for).

    Notes
    -----
    The linker is trackpy's: J. C. Crocker and D. G. Grier, Methods of digital video microscopy for
    colloidal studies, J. Colloid Interface Sci. 179, 298 (1996).
    """
    log = logging.getLogger("immunostain")
    linked = nuclei.assign(track_id=pd.array([pd.NA] * len(nuclei), dtype="Int64"))
    linked["parent_track_id"] = pd.array([pd.NA] * len(nuclei), dtype="Int64")
    first = 0
    for scene, rows in nuclei.groupby("scene"):
        particle = _link_scene(rows, settings["search_range"], int(settings["memory"]), log)
        linked.loc[rows.index, "track_id"] = particle + first
        count = int(particle.max()) + 1
        log.info("scene %s: %d nuclei in %d tracks", scene, len(rows), count)
        first += count
    return linked


def _link_scene(
    rows: pd.DataFrame, search_range: float, memory: int, log: logging.Logger
) -> pd.Series:
    """Give trackpy's number of the track of each row."""
    places = rows[["frame", "x_px", "y_px"]].sort_values("frame", kind="stable")
    while True:
        try:
            linked = trackpy.link(
                places,
                search_range,
                pos_columns=["x_px", "y_px"],
                memory=memory,
                adaptive_stop=search_range * _SHORTEST,
                adaptive_step=_STEP,
            )
            return linked["particle"].astype(int)
        except trackpy.SubnetOversizeException:
            search_range /= 2
            log.info("too many nuclei within reach: search range reduced to %g px", search_range)


def track_table(linked: pd.DataFrame, pixel_size_um: tuple[float, float] | None) -> pd.DataFrame:
    """Give the tracks as a table with `columns.TRACK_COLUMNS`, sorted by track and frame.

    Parameters
    ----------
    linked
        What `link_nuclei` gives, with ``time_s`` and ``nucleus_id``.
    pixel_size_um
        Width and height of a pixel; without it the places in micrometres are blank.
    """
    width, height = pixel_size_um or (float("nan"), float("nan"))
    table = linked.assign(x_um=linked["x_px"] * width, y_um=linked["y_px"] * height)
    return table.sort_values(["track_id", "frame"])[TRACK_COLUMNS].reset_index(drop=True)
