"""Nuclei to look at: crops of the dimmest, the median and the brightest, and near the level."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from immunostain.report.embedding import data_uri

KINDS = {
    "dimmest": "dimmest",
    "median": "median",
    "brightest": "brightest",
    "below_level": "just below the positive level",
    "above_level": "just above the positive level",
}


@dataclass(frozen=True)
class Crop:
    """A nucleus in its surroundings, as a data URI, and which one it is."""

    image: str
    scene: int
    frame: int
    nucleus_id: int
    mean: str
    source: str


@dataclass(frozen=True)
class Channel:
    """The crops of a channel by what they show, and the grey values that are black and white."""

    name: str
    low: str
    high: str
    crops: list[tuple[str, list[Crop]]]


def channels(listed: Mapping[str, Any], folder: Path) -> list[Channel]:
    """Give the crops by channel and by what they show.

    Parameters
    ----------
    listed
        The content of crops.json: `channels`, the grey values of each, and `crops`.
    folder
        Where the crops are.
    """
    found = []
    for name, greys in listed.get("channels", {}).items():
        kinds: dict[str, list[Crop]] = {}
        for crop in listed["crops"]:
            if crop["channel"] == name:
                shown = Crop(
                    crop["image"],
                    crop["scene"],
                    crop["frame"],
                    crop["nucleus_id"],
                    str(crop["mean"]),
                    data_uri(folder / crop["file"]),
                )
                kinds.setdefault(KINDS[crop["kind"]], []).append(shown)
        found.append(Channel(name, str(greys["low"]), str(greys["high"]), list(kinds.items())))
    return found
