"""Which images and frames are shown: such as differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeVar

import numpy as np

from immunostain.images.facts import FileFacts
from immunostain.images.frames import a_few
from immunostain.inputs.chunks import share
from immunostain.preview.folder import FolderImage
from immunostain.shared.errors import SettingsError

_LOOKED_AT = 3  # images for each that is shown

FrameId = tuple[int, int]
_Item = TypeVar("_Item")
_Kind = tuple[float | None, float | None]


@dataclass(frozen=True)
class ShownFrame:
    """A frame that is shown: scene and frame, and those from which its nuclei's size is told."""

    scene: int
    frame: int
    looked_at: tuple[FrameId, ...]


def candidates(folder: Sequence[FolderImage], wanted: int | Sequence[str]) -> list[str]:
    """Choose the images that are looked at: those that were named, or some of each kind.

    Kinds differ in magnification and pixel size. Of each, images are taken evenly from the list; of
    the kinds, too, where they are so many that all images would be looked at.

    Raises
    ------
    SettingsError
        A named image isn't there, or can't be analysed.
    """
    readable = {one.image: one.facts for one in folder if not one.facts.unreadable}
    if not isinstance(wanted, int):
        known = {one.image: one for one in folder}
        for name in wanted:
            if name not in known:
                similar = ", ".join(get_close_matches(name, list(known), cutoff=0)) or "none"
                raise SettingsError(
                    f'config: preview.images: there is no image "{name}"; '
                    f"the most similar that there are: {similar}"
                )
            if reason := known[name].facts.unreadable:
                raise SettingsError(f'config: preview.images: "{name}" is skipped: {reason}')
        return list(wanted)
    kinds: dict[_Kind, list[str]] = {}
    for image, facts in readable.items():
        kinds.setdefault(_kind(facts), []).append(image)
    some = _evenly(list(kinds.values()), _LOOKED_AT * wanted)
    each = -(-_LOOKED_AT * wanted // max(1, len(some)))
    chosen = {image for names in some for image in _evenly(names, each)}
    return [image for image in readable if image in chosen]


def _kind(facts: FileFacts) -> _Kind:
    """Give the magnification, and the width of a pixel, of which the last digits say nothing."""
    width = facts.pixel_size_um and float(f"{facts.pixel_size_um[0]:.3g}")
    return facts.magnification, width


def _evenly(items: Sequence[_Item], count: int) -> list[_Item]:
    if len(items) <= count:
        return list(items)
    return [items[round(n)] for n in np.linspace(0, len(items) - 1, count)]


def choose(looked: Mapping[str, float], facts: Mapping[str, FileFacts], count: int) -> list[str]:
    """Choose images that differ: in magnification and pixel size first, then in brightness.

    Parameters
    ----------
    looked
        How bright each of the candidates is.
    facts
        What is known of them.
    count
        How many are wanted.

    Returns
    -------
    list of str
        Images, in the order of `looked`.
    """
    kinds: dict[_Kind, list[str]] = {}
    for image in sorted(looked, key=lambda image: (looked[image], image)):
        kinds.setdefault(_kind(facts[image]), []).append(image)
    share_of = dict.fromkeys(_evenly(list(kinds), count), 0)
    for _ in range(min(count, len(looked))):  # one after the other, kind by kind
        room = [kind for kind in share_of if share_of[kind] < len(kinds[kind])]
        share_of[min(room, key=lambda kind: share_of[kind])] += 1
    chosen = {image for kind, share in share_of.items() for image in _spread(kinds[kind], share)}
    return [image for image in looked if image in chosen]


def _spread(items: Sequence[_Item], count: int) -> list[_Item]:
    """Choose the middle one, or from the first to the last."""
    return [items[len(items) // 2]] if count == 1 and items else _evenly(items, count)


def frames_to_show(facts: FileFacts, chunks: Sequence[str]) -> list[ShownFrame]:
    """Choose the first and the last frame of an image: of the first scene, and of the last one.

    Parameters
    ----------
    facts
        What is known of all its frames.
    chunks
        The names of its chunks: by some frames of a chunk the size of its nuclei is estimated.
    """
    shown = [facts.frames[0], facts.frames[-1]]
    found = []
    for frame in dict.fromkeys(shown):
        place = facts.frames.index(frame)
        mine = next(part for part in (share(len(facts.frames), c) for c in chunks) if place in part)
        looked = [facts.frames[mine[n]] for n in a_few(len(mine))]
        found.append(
            ShownFrame(frame.scene, frame.frame, tuple((f.scene, f.frame) for f in looked))
        )
    return found
