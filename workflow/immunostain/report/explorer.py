"""The nuclei for the page's plot that answers to a click: columns of nuclei.csv, as they are."""

import csv
import random
from array import array
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from immunostain.report.gallery import Picture
from immunostain.report.tables import number
from immunostain.results.inventory import analysed

# So many points a browser draws at once, and a mail can carry.
MOST = 20_000
_NO_AXES = {"scene", "frame", "nucleus_id", "track_id"}


def chosen(images: Sequence[int], most: int = MOST) -> list[int]:
    """Choose rows at random, always the same ones, at least one of each image.

    Parameters
    ----------
    images
        The image of each row, as a number.
    most
        How many rows are chosen where there are more.

    Returns
    -------
    list of int
        Rows, in order; all where there are no more than `most`.
    """
    if len(images) <= most:
        return list(range(len(images)))
    order = list(range(len(images)))
    random.Random(1).shuffle(order)
    first: dict[int, int] = {}
    for row in order:
        first.setdefault(images[row], row)
    sure = set(first.values())
    others = (row for row in order if row not in sure)
    return sorted([*sure, *(row for row, _ in zip(others, range(most - len(sure)), strict=False))])


def nuclei(
    path: Path,
    inventory: Sequence[Mapping[str, str]],
    pictures: Sequence[Picture],
    sample_columns: Sequence[str],
    condition: str | None,
    conditions: Sequence[str] = (),
) -> dict[str, Any]:
    """Give what the page needs of the nuclei.

    Parameters
    ----------
    path
        nuclei.csv.
    inventory
        The rows of inventory.tsv.
    pictures
        Those of the gallery, in its order.
    sample_columns
        The sample sheet's columns.
    condition
        The one of them that tells the condition, None where there is none.
    conditions
        Its values in the order in which they are shown.

    Returns
    -------
    dict
        ``total``, how many nuclei there are; ``columns``, by name: each with ``values``, texts as
        in the table, or with ``levels``, the texts that occur, and ``codes``, which of them; the
        names of those that can be ``axes`` and ``colours``, and of the ``condition``; ``scenes``
        and ``sizes`` (width and height in pixels of each scene) of each image; ``pictures``, image,
        scene and frame of those in the gallery. Columns that are blank in all rows are left out.
    """
    numbers: dict[str, int] = {}
    images = array("I", (numbers.setdefault(row[0], len(numbers)) for row in _rows(path)))
    kept = set(chosen(images))
    with path.open(newline="", encoding="utf-8") as file:
        names = next(csv.reader(file))
    rows = [row for place, row in enumerate(_rows(path)) if place in kept]
    columns: dict[str, dict[str, Any]] = {}
    axes, colours = [], []
    for name, values in zip(names, zip(*rows, strict=True), strict=False):
        if not any(values):
            continue
        is_class = name == "image" or name in sample_columns or name.endswith("_positive")
        if is_class:
            there = set(values) if name == condition else set()
            first = [text for text in conditions if text in there]
            levels = {text: code for code, text in enumerate(dict.fromkeys([*first, *values]))}
            columns[name] = {"levels": list(levels), "codes": [levels[text] for text in values]}
            colours.append(name)
        else:
            columns[name] = {"values": values}
        if name not in _NO_AXES and all(number(text) is not None for text in set(values) - {""}):
            axes.append(name)
    known = analysed(inventory)
    return {
        "total": len(images),
        "columns": columns,
        "axes": axes,
        "colours": colours,
        "condition": condition,
        "scenes": {row["image"]: int(row["scenes"]) for row in known},
        "sizes": {row["image"]: _sizes(row) for row in known},
        "pictures": [[shown.image, shown.scene, shown.frame] for shown in pictures],
    }


def _rows(path: Path) -> Iterator[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        next(rows)
        yield from rows


def _sizes(row: Mapping[str, str]) -> list[list[int]]:
    widths, heights = (row[name].split(", ") for name in ("width_px", "height_px"))
    return [
        [int(number(width) or 0), int(number(height) or 0)]
        for width, height in zip(widths, heights, strict=True)
    ]
