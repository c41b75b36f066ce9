"""Tables as the page shows them: numbers short, with the whole number at hand."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

# Columns of summaries that the page shows; the files have all.
_SUMMARY = {"image", "images", "replicates", "frames", "nuclei", "coverage_percent"}
_SUMMARY |= {"at_edge_percent", "focus", "area_px_median", "area_um2_median"}
_SUMMARY |= {"area_px_mean", "area_um2_mean"}
_ENDINGS = (
    *("_mean_mean", "_mean_sd", "_sum_mean", "_positive_percent", "_saturated_percent"),
    *("_positive_percent_mean", "_positive_percent_sd"),
)


# Columns of the workflow's own tables that hold names and sentences, even such as 1.50.
TEXTS = {"image", "file", "status", "reason", "notes", "channels", "nuclear_channel"}
TEXTS |= {"measure", "condition", "reference"}


@dataclass(frozen=True)
class Cell:
    """A field: the text that is shown, and that of the table."""

    shown: str
    text: str
    is_number: bool


@dataclass(frozen=True)
class Table:
    """A table of the page, under a heading and with a name of its own for addresses."""

    name: str
    heading: str
    file: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def table(
    name: str,
    heading: str,
    file: str,
    rows: Sequence[Mapping[str, str]],
    columns: Sequence[str] | None = None,
    texts: Collection[str] = (),
) -> Table | None:
    """Give a table for the page; None where there are no rows.

    Parameters
    ----------
    name, heading
        Of the table.
    file
        Where all of it is found.
    rows
        By the names of their columns.
    columns
        Those that are shown, in their order; all where it is None. Those that are blank in all rows
        are left out.
    texts
        Columns of names, such as the sample sheet's: they are never rounded.
    """
    if not rows:
        return None
    wanted = rows[0] if columns is None else [name for name in columns if name in rows[0]]
    filled = tuple(column for column in wanted if any(row[column] for row in rows))
    cells = tuple(
        tuple(
            Cell(row[column], row[column], False)
            if column in TEXTS or column in texts
            else Cell(shown(row[column]), row[column], number(row[column]) is not None)
            for column in filled
        )
        for row in rows
    )
    return Table(name, heading, file, filled, cells)


def summary_columns(rows: Sequence[Mapping[str, str]], sample_columns: Sequence[str]) -> list[str]:
    """Choose of a summary's columns those that the page shows.

    Of areas those in µm² where there are any, and of sums those that are not corrected.
    """
    names = list(rows[0]) if rows else []
    known = _SUMMARY | {*sample_columns}
    if any(row.get("area_um2_mean") for row in rows):
        known -= {"area_px_mean", "area_px_median"}
    return [
        name
        for name in names
        if name in known
        or (name.endswith(_ENDINGS) and not name.endswith("_background_corrected_sum_mean"))
    ]


def number(text: str) -> float | None:
    """Read a field of a table; None where it is blank or no finite number."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def shown(text: str) -> str:
    """Round a field that is a number with a fraction to four digits; others stay as they are.

    Examples
    --------
    >>> [shown(text) for text in ("506.984285231", "3000333", "0.00012345", "12345.67", "still_1")]
    ['507', '3000333', '0.0001234', '12346', 'still_1']
    """
    value = number(text)
    if value is None or text.lstrip("+-").isdigit() or "_" in text:
        return text
    if value == 0 or abs(value) >= 1000:
        return f"{value:.0f}"
    return f"{value:.4g}"
