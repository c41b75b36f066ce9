"""The inventory: a row for each file, what it is and what became of it."""

import csv
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from immunostain.images.facts import FileFacts, FrameFacts, MeasuredFile, MeasuredFrame
from immunostain.results.doubts import doubts_of, like_nuclei_percent
from immunostain.results.formulas import as_it_was, defused
from immunostain.results.saturation import saturated
from immunostain.shared.files import whole_file

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
    "minimum_area_px",
    "coverage_percent",
    "at_edge",
    "at_edge_percent",
    "too_small",
    "focus",
    "nucleus_diameter_px",
    "coarse_diameter_px",
    "like_nuclei_percent",
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
    notes += [
        f"{channel}: {100 * share:.1f} % of the nuclear pixels are saturated, so sums are lower "
        "bounds"
        for channel, share in saturated(facts).items()
    ]
    if facts.too_small > nuclei:
        what = "object" if facts.too_small == 1 else "objects"
        notes.append(f"{facts.too_small} {what} left out as smaller than segmentation.minimum_area")
    notes += doubts_of(facts, nuclei)
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
        "interval_s": _or_blank(interval_s(frames)),
        "nuclei": nuclei,
        "minimum_area_px": _least_to_most(facts.minimum_area_px),
        "coverage_percent": _or_blank(coverage_percent(frames)),
        "at_edge": facts.at_edge,
        "at_edge_percent": _or_blank(at_edge_percent(facts, nuclei)),
        "too_small": facts.too_small,
        "focus": _or_blank(focus(frames)),
        "nucleus_diameter_px": _rounded(facts.nucleus_diameter_px),
        "coarse_diameter_px": _rounded(facts.coarse_diameter_px),
        "like_nuclei_percent": _or_blank(like_nuclei_percent(facts)),
        "notes": "; ".join(notes),
    }


def inventory_rows(
    images: Mapping[str, str], measured: Mapping[str, MeasuredFile], refused: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Give the rows of inventory.tsv, images that were refused at the end.

    Parameters
    ----------
    images
        The path of each image, by its id.
    measured
        What is known of each image.
    refused
        Why a file was not even planned, by its path below the input folder.
    """
    rows = [inventory_row(image, path, measured[image]) for image, path in images.items()]
    return rows + [
        inventory_row("", file, MeasuredFile(unreadable=reason)) for file, reason in refused.items()
    ]


def write_inventory(path: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write inventory.tsv, in which no spreadsheet finds a formula; `read_table` reads it."""
    with whole_file(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({name: defused(value) for name, value in row.items()})


def coverage_percent(frames: Sequence[MeasuredFrame]) -> float | None:
    """Give how much of what was looked at is nucleus, in all frames; None: nothing was."""
    covered = sum(frame.covered_px for frame in frames)
    nuclear = sum(frame.nuclear_area_px for frame in frames)
    return round(100 * nuclear / covered, 2) if covered else None


def at_edge_percent(facts: FileFacts, nuclei: int) -> float | None:
    """Give how many of the nuclei were dropped at the edge; None: there are none at all."""
    found = nuclei + facts.at_edge
    return round(100 * facts.at_edge / found, 2) if found else None


def focus(frames: Sequence[MeasuredFrame]) -> float | None:
    """Give the median focus of the frames that have one; None: none has."""
    known = [frame.focus for frame in frames if frame.focus is not None]
    return round(statistics.median(known), 4) if known else None


def _or_blank(number: float | None) -> float | str:
    return "" if number is None else number


def _rounded(number: float | None) -> float | str:
    return "" if number is None else round(number, 1)


def _least_to_most(areas: tuple[float, float] | None) -> str:
    """Write a number, or where frames differ ``50 to 62.5``."""
    return " to ".join(f"{area:g}" for area in dict.fromkeys(areas or ()))


def interval_s(frames: Sequence[FrameFacts]) -> float | None:
    """Give the seconds from one frame to the next, whether or not those between are there."""
    known = [(f.frame, f.time_s) for f in frames if f.time_s is not None]
    (first, start), (last, end) = min(known, default=(0, 0)), max(known, default=(0, 0))
    return (end - start) / (last - first) if last > first else None


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


_Row = TypeVar("_Row", bound=Mapping[str, Any])


def analysed(rows: Iterable[_Row]) -> list[_Row]:
    """Give the rows of inventory.tsv of images that were analysed."""
    return [row for row in rows if row["status"] == "ok"]


def read_table(path: str, delimiter: str) -> list[dict[str, str]]:
    """Read a table as text, each row by the names of its columns."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter=delimiter)
        return [{name: as_it_was(text) for name, text in row.items()} for row in rows]
