"""Above which mean intensity a nucleus is positive for a stain."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

PERCENTILE = 99.0  # of the control, where the settings don't say another


@dataclass(frozen=True)
class PositiveLevel:
    """The level of a channel.

    Attributes
    ----------
    channel
        Its name in the tables; what the settings say where there is no such channel.
    level
        Nuclei are positive whose mean intensity is above it, in grey values of the file; None
        where it can't be told.
    how
        Where it came from, or why it can't be told.
    nuclei
        From how many nuclei it came; None where the settings give it.
    """

    channel: str
    level: float | None
    how: str
    nuclei: int | None = None


def find_channels(wanted: Sequence[str], channels: Sequence[str]) -> dict[str, str | None]:
    """Find the channels that the settings name.

    Parameters
    ----------
    wanted
        Each part of a channel's name, case ignored. A channel whose whole name it is goes before
        those that contain it.
    channels
        Those of all images.

    Returns
    -------
    dict
        For each of `wanted` the channel, or None: no channel has that in its name, several have, or
        another one of `wanted` means the same and is nearer to its whole name, or stands before.

    Examples
    --------
    >>> find_channels(["488", "AF", "dapi"], ["DAPI", "AF488", "AF568"])
    {'488': 'AF488', 'AF': None, 'dapi': 'DAPI'}
    """
    whole = {name.casefold() for name in channels}
    found: dict[str, str | None] = {}
    for text in sorted(wanted, key=lambda t: (t not in channels, t.casefold() not in whole)):
        fitting = _fitting(text, channels)
        only = fitting[0] if len(fitting) == 1 else None
        found[text] = None if only in found.values() else only
    return {text: found[text] for text in wanted}


def _fitting(text: str, channels: Sequence[str]) -> list[str]:
    """List the channels that a text may mean."""
    exact = [name for name in channels if name == text]
    whole = [name for name in channels if name.casefold() == text.casefold()]
    return exact or whole or [name for name in channels if text.casefold() in name.casefold()]


def why_not_found(text: str, channels: Sequence[str]) -> str:
    """Say why `find_channels` gave None."""
    fitting = _fitting(text, channels)
    if not fitting:
        return f"no channel has this in its name; there are: {', '.join(channels) or 'none'}"
    if len(fitting) > 1:
        return f"it may be {' or '.join(fitting)}; write more of the name"
    return f"{fitting[0]} has another level already"


def positive_level(
    channel: str,
    how: float | str | Mapping[str, Any],
    means: Callable[[], np.ndarray],
    control_means: Callable[[], np.ndarray],
) -> PositiveLevel:
    """Find the level of a channel.

    Parameters
    ----------
    channel
        Its name in the tables.
    how
        As in the settings: the level, ``otsu`` (Otsu, IEEE Trans. Syst. Man Cybern. 9, 62, 1979, by
        scikit-image), or a map with ``control`` and perhaps ``percentile``.
    means, control_means
        Give the mean intensities of all nuclei, and of those of the control: float (nuclei,), no
        NaN. They are asked only where they count.
    """
    if how == "otsu":
        return _otsu(channel, means())
    if isinstance(how, Mapping):
        return _percentile(channel, how, control_means())
    return PositiveLevel(channel, float(how), "given in the settings")


def _otsu(channel: str, values: np.ndarray) -> PositiveLevel:
    if not len(values):
        return PositiveLevel(channel, None, "Otsu's threshold can't be told: no nuclei", 0)
    if values.min() == values.max():
        reason = "Otsu's threshold can't be told: all nuclei have the same mean intensity"
        return PositiveLevel(channel, None, reason, len(values))
    from skimage.filters import threshold_otsu  # 0.3 seconds, so only where it is used

    level = float(threshold_otsu(values))
    return PositiveLevel(channel, level, "Otsu's threshold of all nuclei", len(values))


def _percentile(channel: str, how: Mapping[str, Any], values: np.ndarray) -> PositiveLevel:
    percentile = how.get("percentile", PERCENTILE)
    where = ", ".join(f"{column}: {value}" for column, value in how["control"].items())
    told = f"percentile {percentile:g} of the control ({where})"
    if not len(values):
        return PositiveLevel(channel, None, f"{told} can't be told: no nuclei there", 0)
    return PositiveLevel(channel, float(np.percentile(values, percentile)), told, len(values))


def as_table(levels: Sequence[PositiveLevel]) -> pd.DataFrame:
    """Give positive_levels.csv: ``channel, level, how, nuclei``."""
    columns = [field.name for field in fields(PositiveLevel)]
    return pd.DataFrame(map(asdict, levels), columns=columns).astype({"nuclei": "Int64"})


def in_words(level: PositiveLevel) -> str:
    """Say what the level is, for the log and the console.

    Examples
    --------
    >>> in_words(PositiveLevel("GFP", 512.5, "Otsu's threshold of all nuclei", 40))
    "GFP: nuclei are positive above 512.5 (Otsu's threshold of all nuclei, 40 nuclei)"
    """
    nuclei = "" if level.nuclei is None else f", {level.nuclei} nuclei"
    if level.level is None:
        return f'quantification.positive: "{level.channel}" is left out: {level.how}{nuclei}'
    return f"{level.channel}: nuclei are positive above {level.level:.6g} ({level.how}{nuclei})"
