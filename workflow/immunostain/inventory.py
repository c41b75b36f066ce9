"""What became of each image: read from the measurements of its chunks.

Standard library only: the Snakefile imports this for the mail at the end of a run.
"""

import contextlib
import csv
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from immunostain.about import ABOUT, DROPPED
from immunostain.formulas import as_it_was

# What is written into a folder of label images, see `frames.frame_name`; the last is Snakemake's.
_LABEL_FILE = re.compile(rf"s\d{{3,}}_t\d{{4,}}\.tif|{re.escape(ABOUT)}|\.snakemake_timestamp")

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


def read_image(abouts: Sequence[str | Path]) -> dict[str, Any]:
    """Put together what the measurements of an image's chunks say.

    Parameters
    ----------
    abouts
        The JSON files of all chunks, in order.

    Returns
    -------
    dict
        As of one chunk, with the frames and the number of objects that were ``too_small`` of all.
        If a chunk can't be analysed, the image can't.
    """
    parts = [json.loads(Path(path).read_text(encoding="utf-8")) for path in abouts]
    for part in parts:
        if part["unreadable"]:
            return {**part, "frames": []}
    return {
        **parts[0],
        "frames": [frame for part in parts for frame in part["frames"]],
        # An earlier version didn't count them.
        "too_small": sum(part.get("too_small", 0) for part in parts),
    }


def describe(image: str, file: str, about: dict[str, Any]) -> dict[str, Any]:
    """Give an image's row of inventory.tsv, by the names in `COLUMNS`."""
    row: dict[str, Any] = dict.fromkeys(COLUMNS, "") | {"image": image, "file": file}
    if about["unreadable"]:
        return row | {"status": "skipped", "reason": about["unreadable"]}
    scenes, frames = about["scenes"], about["frames"]
    nuclei = sum(f["nuclei"] for f in frames)
    notes = list(about["notes"]) + _pixels_without_number(frames)
    if about["too_small"] > nuclei:
        notes.append(
            f"{about['too_small']} objects left out as smaller than segmentation.minimum_area"
        )
    return row | {
        "status": "ok",
        "scenes": len(scenes),
        "frames": len({f["frame"] for f in frames}),
        "z_planes": max(s["z"] for s in scenes),
        "channels": ", ".join(about["channels"]),
        "nuclear_channel": about["nuclear_channel"],
        "pixel_type": ", ".join(dict.fromkeys(about["pixel_types"])),
        "width_px": ", ".join(str(s["width"]) for s in scenes),
        "height_px": ", ".join(str(s["height"]) for s in scenes),
        "pixel_size_um": about["pixel_size_um"][0] if about["pixel_size_um"] else "",
        "magnification": about["magnification"] or "",
        "interval_s": _interval(frames),
        "nuclei": nuclei,
        "notes": "; ".join(notes),
    }


def _interval(frames: list[dict[str, Any]]) -> float | str:
    """Give the seconds from one frame to the next, whether or not those between are there."""
    known = [(f["frame"], f["time_s"]) for f in frames if f["time_s"] is not None]
    (first, start), (last, end) = min(known, default=(0, 0)), max(known, default=(0, 0))
    return (end - start) / (last - first) if last > first else ""


def _pixels_without_number(frames: list[dict[str, Any]]) -> list[str]:
    """Say how many pixels of which channel are infinite or no number, if any are."""
    counts: Counter[str] = Counter()
    for frame in frames:
        counts.update(frame.get("no_number_px", {}))
    return [
        f"pixels of {channel} that are no number: {count} (left out; a nucleus that holds one has "
        "no sum in this channel)"
        for channel, count in counts.items()
    ]


@dataclass(frozen=True)
class Fates:
    """What became of the images: ids, those left out with the reason, and the nuclei found."""

    analysed: list[str]
    skipped: list[tuple[str, str]]
    nuclei: int


def fates(results: str, chunks: dict[str, list[str]], refused: dict[str, str]) -> Fates:
    """See from the results what became of each image so far.

    Parameters
    ----------
    results
        The output folder.
    chunks
        The names of each image's chunks.
    refused
        Files that were not even planned, with the reason.
    """
    analysed, skipped, nuclei = [], list(refused.items()), 0
    for image, names in chunks.items():
        files = [Path(results, "measurements", image, f"{name}.json") for name in names]
        if not all(file.exists() for file in files):
            continue
        about = read_image(files)
        if about["unreadable"]:
            skipped.append((image, about["unreadable"]))
        else:
            analysed.append(image)
            nuclei += sum(frame["nuclei"] for frame in about["frames"])
    return Fates(analysed, skipped, nuclei)


def nothing_found(fates: Fates, method: str) -> str | None:
    """Say so if no image of a run has a nucleus: rather a wrong setting or model than the cells.

    Parameters
    ----------
    fates
        What became of the images.
    method
        `segmentation.method` of the settings.
    """
    if fates.nuclei or not fates.analysed:
        return None
    how = "segmentation.unet.model" if method == "unet" else "segmentation.threshold.level"
    return (
        f"No nucleus was found in any image ({len(fates.analysed)} analysed): look at the pictures "
        "in analysis_data/nuclei_area_verification, and check nuclear_channel, "
        f"segmentation.minimum_area and {how}"
    )


def remove_old_parts(results: str, chunks: dict[str, list[str]]) -> None:
    """Remove parts of images that are now cut otherwise, or each frame would be there twice.

    Only what the workflow wrote goes: in folders and files with the name of a part, such as
    ``2of3``, what has a name that it gives. Whatever else lies there stays, with its folder.

    Parameters
    ----------
    results
        The output folder.
    chunks
        The names of each image's chunks.
    """
    for image, names in chunks.items():
        for part in _content(Path(results, "labels", image)):
            if is_part(part.name) and part.name not in names and not part.is_symlink():
                _remove_labels(part / DROPPED)
                _remove_labels(part)
        for file in _content(Path(results, "measurements", image)):
            old = is_part(file.stem) and file.stem not in names
            if old and file.suffix in (".csv", ".json") and file.is_file():
                with contextlib.suppress(OSError):
                    file.unlink()


def _content(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # it isn't there
        return []


def is_part(name: str) -> bool:
    """Tell whether a name is one that `chunks.chunks` gives.

    Examples
    --------
    >>> is_part("1of4"), is_part("5of4"), is_part("proofread")
    (True, False, False)
    """
    match = re.fullmatch(r"([1-9][0-9]*)of([1-9][0-9]*)", name)
    return match is not None and int(match[1]) <= int(match[2])


def _remove_labels(folder: Path) -> None:
    """Remove what the workflow writes into a folder of label images; and it, where it is empty."""
    if folder.is_symlink() or not folder.is_dir():
        return
    with contextlib.suppress(OSError):  # some other thing is there, or it may not be written
        for file in folder.iterdir():
            if _LABEL_FILE.fullmatch(file.name):
                file.unlink()
        folder.rmdir()


def by_image(files: Sequence[str], chunks: dict[str, list[str]]) -> dict[str, list[str]]:
    """Deal a list of files, one for each chunk of each image, to the images."""
    rest = iter(files)
    return {image: [next(rest) for _ in names] for image, names in chunks.items()}


def read_table(path: str, delimiter: str) -> list[dict[str, str]]:
    """Read a table as text, each row by the names of its columns."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter=delimiter)
        return [{name: as_it_was(text) for name, text in row.items()} for row in rows]
