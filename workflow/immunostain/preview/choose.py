"""Which images and frames are shown: such as differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np

from immunostain.images.facts import FileFacts
from immunostain.images.frames import a_few
from immunostain.inputs.chunks import share
from immunostain.preview.folder import FolderImage
from immunostain.shared.errors import SettingsError

_LOOKED_AT = 3  # images for each that is shown

FrameId = tuple[int, int]


@dataclass(frozen=True)
class ShownFrame:
    """A frame that is shown: scene and frame, and those from which its nuclei's size is told."""

    scene: int
    frame: int
    looked_at: tuple[FrameId, ...]


def candidates(folder: Sequence[FolderImage], wanted: int | Sequence[str]) -> list[str]:
    """Choose the images that are looked at: those that were named, or some of each kind.

    Kinds differ in magnification and pixel size. Of each, images are taken evenly from the list.

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
    kinds: dict[Any, list[str]] = {}
    for image, facts in readable.items():
        kinds.setdefault((facts.magnification, facts.pixel_size_um), []).append(image)
    each = -(-_LOOKED_AT * wanted // max(1, len(kinds)))
    some = [_evenly(names, each) for names in kinds.values()]
    return [image for image in readable if any(image in names for names in some)]


def _evenly(names: Sequence[str], count: int) -> list[str]:
    if len(names) <= count:
        return list(names)
    return [names[round(n)] for n in np.linspace(0, len(names) - 1, count)]


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
    kinds: dict[Any, list[str]] = {}
    for image in sorted(looked, key=lambda image: (looked[image], image)):
        kind = (facts[image].magnification, facts[image].pixel_size_um)
        kinds.setdefault(kind, []).append(image)
    share_of = dict.fromkeys(kinds, 0)
    for _ in range(min(count, len(looked))):  # one after the other, kind by kind
        room = [kind for kind in kinds if share_of[kind] < len(kinds[kind])]
        share_of[min(room, key=lambda kind: share_of[kind])] += 1
    chosen = {image for kind, names in kinds.items() for image in _spread(names, share_of[kind])}
    return [image for image in looked if image in chosen]


def _spread(names: Sequence[str], count: int) -> list[str]:
    """Choose the middle one, or from the first to the last."""
    return [names[len(names) // 2]] if count == 1 and names else _evenly(names, count)


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
