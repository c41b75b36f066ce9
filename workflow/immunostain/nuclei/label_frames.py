"""Label images of all frames of a chunk, by whichever method finds the nuclei."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from immunostain.images.facts import FileFacts, FrameFacts
from immunostain.images.frames import write_labels
from immunostain.nuclei.evidence import Evidence
from immunostain.nuclei.labels import Found, keep_nuclei
from immunostain.shared.units import area_in_pixels

Find = Callable[[int, int, float | None, bool], tuple[Found, str]]


@dataclass(frozen=True)
class Repaired:
    """A frame in which nuclei were made whole by what is seen of them before and after.

    Attributes
    ----------
    labels
        (Y, X) uint32, labels 1..n in the order of each nucleus's first pixel, row by row.
    joined, found_again, cut_apart
        How many nuclei were made one of pieces, how many found that had been missed, or of which
        more was found, and how many cut off from another.
    """

    labels: np.ndarray
    joined: int = 0
    found_again: int = 0
    cut_apart: int = 0


# Given a scene's number and those of its frames, their label images, and what gives the evidence of
# a frame by its number.
RepairScene = Callable[
    [int, Sequence[int], Iterable[np.ndarray], Callable[[int], Evidence]], Iterator[Repaired]
]


def label_frames(
    label_folder: Path,
    facts: FileFacts,
    how: str,
    minimum_area: float | str,
    separate_touching: bool,
    exclude_border: bool,
    find: Find,
    evidence: Callable[[int, int], Evidence],
    repair: RepairScene | None,
    log: logging.Logger,
) -> FileFacts:
    """Find the nuclei in each frame and write label images.

    Parameters
    ----------
    label_folder
        Where the label images go.
    facts
        What is known of the chunk.
    how
        What the log says of the method and its setting.
    minimum_area, separate_touching, exclude_border
        As in config.yaml; the log tells them.
    find
        Given the scene, the frame, the minimum area in pixels (None: automatic) and whether to
        drop nuclei at the edge, gives what `labels.label_nuclei` gives and what else the log says
        of it.
    evidence
        Given the scene and the frame, gives what speaks for its pixels to be nucleus.
    repair
        Repairs scenes that have several frames in the chunk, see `repair.over_time`; None: they
        stay as they are.
    log
        Told the number of nuclei in each frame, and the minimum area where it is automatic.

    Returns
    -------
    FileFacts
        `facts` with the objects that were too small, the nuclei dropped at the edge, the least and
        the most minimum area used, and the nuclei that were repaired.

    Raises
    ------
    ImageError
        The minimum area is in square micrometres and the file has no pixel size.
    """
    smallest = None if minimum_area == "auto" else area_in_pixels(minimum_area, facts.pixel_size_um)
    area = "auto" if smallest is None else f"{smallest:g} pixels"
    rest = f"separate touching: {separate_touching}, exclude border: {exclude_border}"
    log.info("%s, minimum area %s, %s", how, area, rest)

    def found_in(frames: Sequence[FrameFacts]) -> Iterator[tuple[Found, str]]:
        if repair is not None and len(frames) > 1:
            # What is at the edge is dropped when it has been repaired.
            each = (find(frame.scene, frame.frame, smallest, False) for frame in frames)
            yield from _repaired(frames, each, exclude_border, evidence, repair, repairs)
        else:
            for frame in frames:
                yield find(frame.scene, frame.frame, smallest, exclude_border)

    repairs = dict.fromkeys(("joined", "found_again", "cut_apart"), 0)
    too_small, at_edge, used = 0, 0, []
    for frames in _by_scene(facts):
        for frame, (found, more) in zip(frames, found_in(frames), strict=True):
            scene, number, size = frame.scene, frame.frame, facts.pixel_size_um
            write_labels(label_folder, scene, number, found.labels, found.dropped, size)
            chosen = "" if smallest is not None else f", minimum area {found.minimum_area:g} pixels"
            left_out = f", {found.too_small} smaller objects left out" if found.too_small else ""
            edge = f", {found.at_edge} dropped at the edge" if found.at_edge else ""
            count = found.labels.max(initial=0)
            told = chosen + left_out + edge + more
            log.info("scene %d, frame %d: %d nuclei%s", scene, number, count, told)
            too_small += found.too_small
            at_edge += found.at_edge
            used.append(float(found.minimum_area))
    if any(repairs.values()):
        log.info("by what is seen before and after: %s", _told(repairs))
    return replace(
        facts,
        too_small=too_small,
        at_edge=at_edge,
        minimum_area_px=(min(used), max(used)) if used else None,
        joined=repairs["joined"],
        found_again=repairs["found_again"],
        cut_apart=repairs["cut_apart"],
    )


def _by_scene(facts: FileFacts) -> list[list[FrameFacts]]:
    scenes: dict[int, list[FrameFacts]] = {}
    for frame in facts.frames:
        scenes.setdefault(frame.scene, []).append(frame)
    return list(scenes.values())


def _repaired(
    frames: Sequence[FrameFacts],
    each: Iterable[tuple[Found, str]],
    exclude_border: bool,
    evidence: Callable[[int, int], Evidence],
    repair: RepairScene,
    repairs: dict[str, int],
) -> Iterator[tuple[Found, str]]:
    """Give the nuclei of a scene's frames when they have been repaired, and count repairs."""
    scene, before = frames[0].scene, []

    def labels() -> Iterator[np.ndarray]:
        for found, more in each:
            before.append((found.minimum_area, found.too_small, more))
            yield found.labels

    numbers = [frame.frame for frame in frames]
    each_repaired = repair(scene, numbers, labels(), lambda frame: evidence(scene, frame))
    for index, now in enumerate(each_repaired):
        minimum_area, too_small, more = before[index]
        kept = keep_nuclei(now.labels, minimum_area, exclude_border)
        counts = {name: getattr(now, name) for name in repairs}
        for name, count in counts.items():
            repairs[name] += count
        told = f"; {_told(counts)}" if any(counts.values()) else ""
        yield kept._replace(too_small=too_small + kept.too_small), more + told


def _told(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items() if count)
