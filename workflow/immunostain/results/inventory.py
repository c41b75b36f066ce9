"""The inventory: a row for each file, what it is and what became of it."""

import csv
from collections import Counter
from collections.abc import Sequence
from typing import Any

from immunostain.images.facts import MeasuredFile, MeasuredFrame
from immunostain.results.formulas import as_it_was

COLUMNS = [
    "image",
    "file",
    "status",
    "reason",
    "scenes",
    "frames",
    "z_planes",
    "channels",
    "nuclear_channel",
    "pixel_type",
    "width_px",
    "height_px",
    "pixel_size_um",
    "magnification",
    "interval_s",
    "nuclei",
    "notes",
    "aicsimageio",
]


def inventory_row(image: str, file: str, facts: MeasuredFile) -> dict[str, Any]:
    """Give an image's row of inventory.tsv, by the names in `COLUMNS`."""
    row: dict[str, Any] = dict.fromkeys(COLUMNS, "") | {"image": image, "file": file}
    if facts.unreadable:
        return row | {"status": "skipped", "reason": facts.unreadable}
    scenes, frames = facts.scenes, facts.frames
    nuclei = sum(f.nuclei for f in frames)
    notes = [*facts.notes, *_pixels_without_number(frames)]
    if facts.too_small > nuclei:
        notes.append(
            f"{facts.too_small} objects left out as smaller than segmentation.minimum_area"
        )
    return row | {
        "status": "ok",
        "scenes": len(scenes),
        "frames": len({f.frame for f in frames}),
        "z_planes": max(s.z_planes for s in scenes),
        "channels": ", ".join(facts.channels),
        "nuclear_channel": facts.nuclear_channel,
        "pixel_type": ", ".join(dict.fromkeys(facts.pixel_types)),
        "width_px": ", ".join(str(s.width_px) for s in scenes),
        "height_px": ", ".join(str(s.height_px) for s in scenes),
        "pixel_size_um": facts.pixel_size_um[0] if facts.pixel_size_um else "",
        "magnification": facts.magnification or "",
        "interval_s": _interval(frames),
        "nuclei": nuclei,
        "notes": "; ".join(notes),
    }


def _interval(frames: Sequence[MeasuredFrame]) -> float | str:
    """Give the seconds from one frame to the next, whether or not those between are there."""
    known = [(f.frame, f.time_s) for f in frames if f.time_s is not None]
    (first, start), (last, end) = min(known, default=(0, 0)), max(known, default=(0, 0))
    return (end - start) / (last - first) if last > first else ""


def _pixels_without_number(frames: Sequence[MeasuredFrame]) -> list[str]:
    """Say how many pixels of which channel are infinite or no number, if any are."""
    counts: Counter[str] = Counter()
    for frame in frames:
        counts.update(frame.no_number_px)
    return [
        f"pixels of {channel} that are no number: {count} (left out; a nucleus that holds one has "
        "no sum in this channel)"
        for channel, count in counts.items()
    ]


def read_table(path: str, delimiter: str) -> list[dict[str, str]]:
    """Read a table as text, each row by the names of its columns."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter=delimiter)
        return [{name: as_it_was(text) for name, text in row.items()} for row in rows]
