"""Follow nuclei from frame to frame."""

import logging

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from immunostain.tracking.detections import before_each, detections
from immunostain.tracking.divisions import find_divisions
from immunostain.tracking.frame_links import estimate_search_range, link_frames
from immunostain.tracking.gaps import close_gaps
from immunostain.tracking.settings import LinkingSettings


def link_nuclei(
    nuclei: pd.DataFrame, settings: LinkingSettings, brightness: str | None
) -> pd.DataFrame:
    """Give every nucleus the id of its track, and every track that of its mother's.

    Parameters
    ----------
    nuclei
        One row per nucleus of one image, in any order, with at least the columns
        ``scene, frame, x_px, y_px, area_px``. Others are kept.
    settings
        How far nuclei may move, how long they may be missing, and whether they divide.
    brightness
        The column with the mean intensity of the nuclear stain; None: don't use any.

    Returns
    -------
    pandas.DataFrame
        `nuclei` in its order with ``track_id`` (from 1, in order of their first frames; no two
        scenes share one) and ``parent_track_id`` (of the track that divided; missing where none
        did).

    Notes
    -----
    1. Links from each frame to the next, see `frame_links`.
    2. Divisions, see `divisions`.
    3. Gaps, see `gaps`.
    4. Divisions of which a daughter was not found at first.
    """
    linked = nuclei.assign(
        track_id=pd.array([pd.NA] * len(nuclei), dtype="Int64"),
        parent_track_id=pd.array([pd.NA] * len(nuclei), dtype="Int64"),
    )
    tracks_so_far = 0
    for scene, rows in nuclei.groupby("scene"):
        ordered = rows.sort_values("frame", kind="stable")
        after, mother = _link_scene(ordered, settings, brightness)
        track, parent = _number(after, mother)
        linked.loc[ordered.index, "track_id"] = track + tracks_so_far
        has_mother = parent > 0
        daughters = ordered.index[has_mother]
        linked.loc[daughters, "parent_track_id"] = parent[has_mother] + tracks_so_far
        tracks_so_far += int(track.max())
        logging.getLogger("immunostain").info(
            "scene %s: %d nuclei in %d tracks, %d divisions",
            *(scene, len(rows), track.max(), np.unique(mother[mother >= 0]).size),
        )
    return linked


def _link_scene(
    nuclei: pd.DataFrame, settings: LinkingSettings, brightness: str | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Link the nuclei of a scene, in order of frames; see `detections`, `divisions`."""
    search_range, memory = settings.search_range_px, settings.memory_frames
    if search_range is None:
        search_range = estimate_search_range(nuclei)
        logging.getLogger("immunostain").info("search range: %.1f pixels", search_range)
    after = link_frames(nuclei, search_range, brightness)
    found = detections(nuclei, after)
    mother = np.full(len(after), -1)
    if settings.divisions:
        after, mother = find_divisions(found, after, mother, memory, search_range, late=False)
    after = close_gaps(found, after, mother, memory, search_range)
    if settings.divisions:
        after, mother = find_divisions(found, after, mother, memory, search_range, late=True)
    return after, mother


def _number(after: NDArray, mother: NDArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give each nucleus the number of its track, from 1, and that of its mother's, 0 for none."""
    before = before_each(after)
    track = np.zeros(len(after), int)
    track[before < 0] = np.arange(1, np.count_nonzero(before < 0) + 1)
    for nucleus in np.flatnonzero(before >= 0):  # those before come first
        track[nucleus] = track[before[nucleus]]
    parent_of = np.zeros(track.max(initial=0) + 1, int)
    daughters = np.flatnonzero(mother >= 0)
    parent_of[track[daughters]] = track[mother[daughters]]
    return track, parent_of[track]
