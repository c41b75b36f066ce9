"""The columns of tables of nuclei and tracks."""

import csv
import itertools
from collections import Counter
from collections.abc import Iterable

from immunostain.shared.errors import ImageError
from immunostain.shared.files import whole_file

NUCLEUS_COLUMNS = [
    "scene",
    "frame",
    "time_s",
    "nucleus_id",
    "x_px",
    "y_px",
    "area_px",
    "area_um2",
    "perimeter_px",
    "eccentricity",
    "touches_border",
    "perinuclear_area_px",
]
CHANNEL_COLUMNS = ["sum", "mean", "background_corrected_sum", "perinuclear_sum", "saturated_px"]

TRACK_COLUMNS = [
    "scene",
    "track_id",
    "parent_track_id",
    "frame",
    "time_s",
    "x_px",
    "y_px",
    "x_um",
    "y_um",
    "nucleus_id",
]


def nucleus_columns(channels: Iterable[str]) -> list[str]:
    """Give the columns of a table of nuclei with these channels.

    Raises
    ------
    ImageError
        Two would have one name, as with channels ``DAPI`` and ``DAPI_perinuclear``.
    """
    names = NUCLEUS_COLUMNS + [column for name in channels for column in _channel_columns(name)]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ImageError(f"two channels would have a column {twice[0]}; rename one of them in ZEN")
    return names


def told_apart(channels: list[str]) -> dict[str, str]:
    """Name the channels of several images so that no two have a column of one name.

    Where one image has a channel ``GFP`` and another one ``GFP_perinuclear``, the sum in the ring
    around a nucleus of the first and that in a nucleus of the second would share a column. So the
    longer name gets a number. Channels of one image never clash, see `nucleus_columns`.

    Parameters
    ----------
    channels
        All images' channels, each once.

    Returns
    -------
    dict
        The name in the tables by the name in the files.

    Examples
    --------
    >>> told_apart(["GFP_perinuclear", "DAPI", "GFP"])
    {'GFP_perinuclear': 'GFP_perinuclear (2)', 'DAPI': 'DAPI', 'GFP': 'GFP'}
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for channel in sorted(channels, key=len):
        name, number = channel, itertools.count(2)
        while not taken.isdisjoint(_channel_columns(name)) or name in {*channels} - {channel}:
            name = f"{channel} ({next(number)})"
        names[channel] = name
        taken.update(_channel_columns(name))
    return {channel: names[channel] for channel in channels}


def _channel_columns(channel: str) -> list[str]:
    return [f"{channel}_{part}" for part in CHANNEL_COLUMNS]


def read_track_ids(path: str) -> dict[tuple[int, int], dict[int, int]]:
    """Read the track of each nucleus: by scene and frame, then by the nucleus's id."""
    tracks: dict[tuple[int, int], dict[int, int]] = {}
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            frame = tracks.setdefault((int(row["scene"]), int(row["frame"])), {})
            frame[int(row["nucleus_id"])] = int(row["track_id"])
    return tracks


def write_no_tracks(path: str) -> None:
    """Write a table of tracks without rows."""
    with whole_file(path) as partial:
        partial.write_text(",".join(TRACK_COLUMNS) + "\n", encoding="utf-8")
