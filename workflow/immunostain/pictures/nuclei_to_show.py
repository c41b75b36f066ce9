"""Which nuclei are shown: the dimmest, the median and the brightest, and those near the level."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

OF_A_KIND = 6
LEAST_OF_AN_IMAGE = 2
# Sides of what is shown: so many diameters of the typical nucleus, or of the largest one if that is
# more, but no more than twice as much.
_OF_TYPICAL, _OF_LARGEST = 2.2, 1.3

KINDS = ("dimmest", "median", "brightest", "below_level", "above_level")

_COLUMNS = [
    "image",
    "scene",
    "frame",
    "nucleus_id",
    "track_id",
    "x_px",
    "y_px",
    "area_px",
    "area_um2",
]

_SHOWN = ["kind", *_COLUMNS[:4], "x_px", "y_px", "side_px", "mean"]


@dataclass(frozen=True)
class ShownNucleus:
    """A nucleus that is shown, and why.

    Attributes
    ----------
    channel
        The stain, as the tables call it.
    kind
        ``dimmest``, ``median``, ``brightest``, ``below_level`` or ``above_level``.
    image, scene, frame, nucleus_id
        Which nucleus.
    x_px, y_px
        Its centre.
    side_px
        Of the square around it that is shown.
    mean
        Its mean intensity in the channel.
    positive
        Whether it is above the channel's level; None where there is none.
    """

    channel: str
    kind: str
    image: str
    scene: int
    frame: int
    nucleus_id: int
    x_px: float
    y_px: float
    side_px: float
    mean: float
    positive: bool | None


def columns_needed(channel: str, with_level: bool) -> list[str]:
    """Give the columns of the table of nuclei by which those of a channel are chosen."""
    return [*_COLUMNS, f"{channel}_mean", *([f"{channel}_positive"] if with_level else [])]


def nuclei_to_show(nuclei: pd.DataFrame, channel: str) -> list[ShownNucleus]:
    """Choose nuclei by their mean intensity in a channel.

    Six of each kind; two of an image, so that a bad one doesn't fill all places, and more only
    where there are not enough images. Of a track one nucleus is shown. Where there are few nuclei,
    those that aren't of two kinds are shared out; only the ones near the level may be shown twice.

    Parameters
    ----------
    nuclei
        The columns of `columns_needed`, sorted as in nuclei.csv: that is the order of nuclei of one
        intensity. Those next to the level are chosen if it tells which are positive.
    channel
        As the tables call it.

    Returns
    -------
    list of ShownNucleus
        Kind by kind, each from the dimmest to the brightest.
    """
    means = nuclei[f"{channel}_mean"].astype("float64")
    nuclei = nuclei.assign(mean=means)[np.isfinite(means)]
    nuclei = nuclei.sort_values("mean", kind="stable", ignore_index=True)
    count = min(OF_A_KIND, max(1, len(nuclei) // 3))
    chosen = {"dimmest": _first(nuclei, count)}
    rest = nuclei.drop(chosen["dimmest"].index)
    chosen["brightest"] = _first(rest[::-1], count)
    rest = rest.drop(chosen["brightest"].index)
    from_median = (rest["mean"] - nuclei["mean"].median()).abs()
    chosen["median"] = _first(rest.loc[from_median.sort_values(kind="stable").index], count)
    positive = nuclei.get(f"{channel}_positive", pd.Series(pd.NA, nuclei.index)).astype("boolean")
    if positive.notna().any():
        chosen["below_level"] = _first(nuclei[~positive.fillna(True)][::-1], OF_A_KIND)
        chosen["above_level"] = _first(nuclei[positive.fillna(False)], OF_A_KIND)
    kinds = [kind for kind in KINDS if kind in chosen]
    found = pd.concat([chosen[kind].sort_index().assign(kind=kind) for kind in kinds])
    found["side_px"] = _sides(found)
    told = [None if pd.isna(value) else bool(value) for value in positive[found.index]]
    found = found[_SHOWN].assign(channel=channel, positive=pd.Series(told, found.index, "object"))
    rows = found.to_dict("records")
    return [ShownNucleus(**{str(name): value for name, value in row.items()}) for row in rows]


def _first(nuclei: pd.DataFrame, count: int) -> pd.DataFrame:
    """Give the first nuclei, few of one image as far as there are others."""
    tracked = nuclei[["image", "scene", "track_id"]].duplicated() & nuclei["track_id"].notna()
    nuclei = nuclei[~tracked]
    most = max(LEAST_OF_AN_IMAGE, math.ceil(count / max(1, nuclei["image"].nunique())))
    found = nuclei[nuclei.groupby("image").cumcount() < most].head(count)
    return pd.concat([found, nuclei.drop(found.index).head(count - len(found))])


def _sides(shown: pd.DataFrame) -> pd.Series:
    """Give how many pixels the sides of what is shown have.

    The same length in all images of which the pixel size is known, the same number of pixels in all
    others.
    """
    area, area_um2 = shown["area_px"].astype("float64"), shown["area_um2"].astype("float64")
    pixels_per_um: pd.Series = (area / area_um2) ** 0.5
    sides = pixels_per_um * _side(area_um2.dropna())
    return sides.fillna(_side(area[area_um2.isna()]))


def _side(areas: pd.Series) -> float:
    """Give the side of what is shown of nuclei of these areas."""
    diameters = 2 * (areas / math.pi) ** 0.5
    least = _OF_TYPICAL * float(diameters.median())
    return min(max(least, _OF_LARGEST * float(diameters.max())), 2 * least)
