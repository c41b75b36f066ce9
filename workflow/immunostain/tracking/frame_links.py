"""Linking nuclei from each frame to the next one, with trackpy."""

import logging

import numpy as np
import pandas as pd
import trackpy
from numpy.typing import NDArray
from scipy.spatial import KDTree

from immunostain.tracking.detections import typical_radius, typical_step

trackpy.quiet()

# Search range auto: so many radii, or so many times the step that 95 % of clear neighbours stay
# below, whichever is more. A range too large costs little, as nearer neighbours go first.
_RADII = 4.0
_STEPS = 5.0

# How much a change of area or brightness counts beside a step, each in units of its own spread.
# Chosen on sequences of the Cell Tracking Challenge, every frame, every second and every third, and
# on simulated crowds; between a half of it and twice as much scores change by less than 0.001.
_AREA = 0.25
_BRIGHTNESS = 0.5
_LEAST_SPREAD = 0.05

# Where so many nuclei are within reach that trackpy can't try all pairings, it shortens the search
# range for that group in steps, down to this share of it.
_SHORTEST = 0.05
_SHORTER = 0.7


def estimate_search_range(nuclei: pd.DataFrame) -> float:
    """Estimate how far a nucleus may move from one frame to the next, in pixels.

    Parameters
    ----------
    nuclei
        Of one scene, with ``frame, x_px, y_px, area_px``.

    Notes
    -----
    The steps are those between nuclei of successive frames that are each other's nearest
    neighbours.
    """
    frames = nuclei["frame"].to_numpy()
    at = nuclei[["x_px", "y_px"]].to_numpy()
    places = {int(frame): at[frames == frame] for frame in np.unique(frames)}
    steps = [np.zeros(0)]
    for frame, here in places.items():
        there = places.get(frame + 1)
        if there is not None:
            step, nearest = KDTree(there).query(here)
            _, back = KDTree(here).query(there)
            steps.append(step[back[nearest] == np.arange(len(here))])
    found = np.concatenate(steps)
    usual = float(np.quantile(found, 0.95)) if found.size else 0.0
    return max(_RADII * typical_radius(nuclei), _STEPS * usual)


def link_frames(
    nuclei: pd.DataFrame, search_range: float, brightness: str | None
) -> NDArray[np.int64]:
    """Link each nucleus to itself in the next frame.

    Parameters
    ----------
    nuclei
        Of one scene, in order of frames, with ``frame, x_px, y_px, area_px``.
    search_range
        How far a nucleus may move, pixels.
    brightness
        The column with the mean intensity of the nuclear stain, None: there is none.

    Returns
    -------
    numpy.ndarray
        (N,), which nucleus follows each one, -1 where none does.

    Notes
    -----
    Nuclei are linked twice: by their places alone, which tells how far they step and how much their
    areas and intensities change, and then by all of these together, as further coordinates in which
    they lie near each other. trackpy minimises the sum of squared distances: J. C. Crocker and
    D. G. Grier, J. Colloid Interface Sci. 179, 298 (1996).
    """
    points = nuclei[["frame", "x_px", "y_px"]].reset_index(drop=True)
    after = _link(points, search_range)
    step = typical_step(points[["x_px", "y_px"]].to_numpy(), after, typical_radius(nuclei))
    for column, weight in (("area_px", _AREA), (brightness, _BRIGHTNESS)):
        values = nuclei[column].to_numpy(float) if column is not None else np.full(1, np.nan)
        if np.isfinite(values).all():
            logarithm = np.log(values.clip(1e-9))
            linked = np.flatnonzero(after >= 0)
            changes = np.abs(logarithm[after[linked]] - logarithm[linked])
            spread = 1.48 * float(np.median(changes)) if changes.size else 0.0
            points[f"like {column}"] = logarithm * weight * step / max(spread, _LEAST_SPREAD)
    return _link(points, search_range)


def _link(points: pd.DataFrame, search_range: float) -> NDArray[np.int64]:
    """Link points, (N, 1 + dimensions) with their frame first, by trackpy."""
    columns = list(points.columns[1:])
    while True:
        try:
            linked = trackpy.link(
                points,
                search_range,
                pos_columns=columns,
                memory=0,
                adaptive_stop=search_range * _SHORTEST,
                adaptive_step=_SHORTER,
            )
            break
        except trackpy.SubnetOversizeException:
            search_range /= 2
            logging.getLogger("immunostain").info(
                "too many nuclei within reach: search range reduced to %g px", search_range
            )
    linked = linked.sort_values(["particle", "frame"], kind="stable")
    row, track = linked.index.to_numpy(), linked["particle"].to_numpy()
    after = np.full(len(points), -1)
    same = track[1:] == track[:-1]
    after[row[:-1][same]] = row[1:][same]
    return after
