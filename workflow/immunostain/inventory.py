"""What became of each image: read from the measurements of its chunks.

Standard library only: the Snakefile imports this for the mail at the end of a run.
"""

import csv
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    times = [f["time_s"] for f in frames if f["scene"] == 0 and f["time_s"] is not None]
    nuclei = sum(f["nuclei"] for f in frames)
    notes = list(about["notes"])
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
        "interval_s": (times[-1] - times[0]) / (len(times) - 1) if len(times) > 1 else "",
        "nuclei": nuclei,
        "notes": "; ".join(notes),
    }


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

    Parameters
    ----------
    results
        The output folder.
    chunks
        The names of each image's chunks.
    """
    for image, names in chunks.items():
        for part in Path(results, "labels", image).glob("*of*"):
            if part.name not in names:
                shutil.rmtree(part, ignore_errors=True)
        for part in Path(results, "measurements", image).glob("*of*.*"):
            if part.stem not in names:
                part.unlink(missing_ok=True)


def by_image(files: Sequence[str], chunks: dict[str, list[str]]) -> dict[str, list[str]]:
    """Deal a list of files, one for each chunk of each image, to the images."""
    rest = iter(files)
    return {image: [next(rest) for _ in names] for image, names in chunks.items()}


def read_table(path: str, delimiter: str) -> list[dict[str, str]]:
    """Read a table as text, each row by the names of its columns."""
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter=delimiter))
