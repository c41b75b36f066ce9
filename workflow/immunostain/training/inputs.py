"""The annotated pictures that a network is taught with, by the settings.

Standard library only: the Snakefile imports this.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from immunostain.evaluation.annotated_folders import (
    Pair,
    find_pairs,
    read_names,
    with_ignored,
    without_named,
)
from immunostain.network import model_files
from immunostain.shared.errors import SettingsError

START = "training.start_from"
_OF_ONE_SET = ("labels", "ignore", "held_back")


@dataclass(frozen=True)
class AnnotatedSet:
    """Annotated pictures of one origin.

    Attributes
    ----------
    name
        Of the set; empty for the only one, which needs none.
    pairs
        Its pictures, less those that are held back.
    weight
        How often its pictures are seen, as a share of all sets' weights.
    held_back
        How many pictures are used for nothing.
    minimum_area_px
        Annotated objects with fewer pixels are not learnt from.
    description
        Origin, authors and licence, in the user's words.
    """

    name: str
    pairs: list[Pair]
    weight: float
    held_back: int
    minimum_area_px: float
    description: str


def training_sets(settings: Mapping[str, Any]) -> list[AnnotatedSet]:
    """Find the annotated pictures to train with.

    Parameters
    ----------
    settings
        The group ``training``.

    Raises
    ------
    SettingsError
        The folders or the lists of pictures to hold back don't fit.
    """
    if not isinstance(settings["images"], Mapping):
        return [_found("", "training", settings)]
    given = [key for key in _OF_ONE_SET if settings[key] is not None]
    if given:
        raise SettingsError(
            f"config: training.{given[0]} belongs to a single folder, but training.images names "
            f"several sets; give each set its own {given[0]}"
        )
    return [
        _found(name, f"training.images.{name}", one) for name, one in settings["images"].items()
    ]


def training_start(start_from: str | None) -> dict[str, str] | None:
    """Name the network to learn on from, and what it is.

    Parameters
    ----------
    start_from
        Setting of the group ``training``.

    Raises
    ------
    SettingsError
        It can't be used.
    """
    if start_from is None:
        return None
    path = str(model_files.find_model(start_from))
    model_files.check_model_file(path, START)
    return {"path": path, "sha256": model_files.sha256(path)}


def _found(name: str, section: str, settings: Mapping[str, Any]) -> AnnotatedSet:
    pairs = find_pairs(section, settings["images"], settings["labels"])
    if settings.get("ignore") is not None:
        pairs = with_ignored(section, pairs, settings["ignore"])
    used = pairs
    if settings.get("held_back") is not None:
        used = without_named(pairs, read_names(f"{section}.held_back", settings["held_back"]))
    return AnnotatedSet(
        name,
        used,
        settings.get("weight", 1),
        len(pairs) - len(used),
        settings.get("minimum_area", 0),
        settings.get("description", ""),
    )
