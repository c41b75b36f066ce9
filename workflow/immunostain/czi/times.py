"""When the frames of a .czi file were taken, by the best of the places that may tell."""

import math
import re
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from xml.etree import ElementTree

from aicspylibczi import CziFile

from immunostain.czi.libczi import DamagedError, read
from immunostain.czi.zisraw import SubBlock, time_stamps

BACKWARDS = "time stamps that run backwards were not believed"


def times_of_frames(
    path: str,
    reader: CziFile,
    tiles: list[SubBlock],
    metadata: ElementTree.Element,
    times: list[int],
) -> tuple[dict[int, float], list[str]]:
    """Give when each T was taken.

    Each sub-block may tell when it was taken; else the file may have a table of time stamps, or
    only say what interval was asked for, or nothing. Where a place doesn't put every frame behind
    the one before it, the next place is asked.

    Parameters
    ----------
    path, reader
        The .czi file, and it opened.
    tiles
        As `zisraw.directory` gives them.
    metadata
        The file's.
    times
        Every T, sorted.

    Returns
    -------
    seconds : dict
        Since the first of them, by T; empty where no place tells.
    notes : list of str
        What a user should know about it.
    """
    if len(times) < 2:
        return dict.fromkeys(times, 0.0), []
    notes: list[str] = []
    for seconds in _places(path, reader, tiles, metadata, times):
        if not set(times) <= set(seconds):
            continue
        stamps = [seconds[t] for t in times]
        steps = list(pairwise(stamps))
        if all(before < after for before, after in steps) and math.isfinite(stamps[-1]):
            return {t: round(seconds[t] - stamps[0], 6) for t in times}, notes
        if any(before > after for before, after in steps):
            notes = [BACKWARDS]
    return {}, notes


def _places(
    path: str,
    reader: CziFile,
    tiles: list[SubBlock],
    metadata: ElementTree.Element,
    times: list[int],
) -> Iterable[dict[int, float]]:
    """Ask one place after the other, so that the later ones are not read for nothing."""
    yield _acquisition_times(path, reader, tiles)
    yield dict(enumerate(time_stamps(path)))
    interval = _interval(metadata)
    if interval is not None:
        yield {t: t * interval for t in times}


def _acquisition_times(path: str, reader: CziFile, tiles: list[SubBlock]) -> dict[int, float]:
    """Read from the sub-blocks when the first plane of each T was taken."""
    first = min(tiles, key=lambda tile: (tile.at("S"), tile.at("C")))
    one = {name: first.at(name) for name in "SCZ" if name in first.start and name in reader.dims}
    try:
        blocks = read(path, reader, lambda opened: opened.read_subblock_metadata(**one))
    except DamagedError:
        return {}  # another place may have the times
    seconds: dict[int, float] = {}
    for place, text in blocks:
        match = re.search(r"<AcquisitionTime>([^<]+)</AcquisitionTime>", text)
        if match:
            try:
                moment = datetime.fromisoformat(_microseconds(match[1])).timestamp()
            except (ValueError, OverflowError):
                continue
            t = place.get("T", 0)
            seconds[t] = min(moment, seconds.get(t, moment))
    return seconds


def _microseconds(moment: str) -> str:
    """Cut a time that Zeiss gives to 100 ns down to what Python reads."""
    return re.sub(r"(\.\d{6})\d+", r"\1", moment.strip())


def _interval(metadata: ElementTree.Element) -> float | None:
    """Give the seconds from frame to frame that were asked for, if they are told."""
    for place in ("Positions/Interval/Increment", "Interval/Increment"):
        text = metadata.findtext(f"./Metadata/Information/Image/Dimensions/T/{place}")
        try:
            seconds = float(text or "nan")
        except ValueError:
            continue
        if 0 < seconds < math.inf:
            return seconds
    return None
