"""The sample sheet: what users say of their images.

Standard library only: the Snakefile imports this.
"""

import contextlib
import csv
import io
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from immunostain import xlsx_sheet
from immunostain.columns import CHANNEL_COLUMNS, NUCLEUS_COLUMNS, TRACK_COLUMNS
from immunostain.errors import SettingsError
from immunostain.plan import image_id
from immunostain.wording import listed

# Columns of the tables that a sample sheet is joined to.
TAKEN = {
    *NUCLEUS_COLUMNS,
    *TRACK_COLUMNS,
    *("scenes", "tracks", "divisions", "images", "first_frame", "last_frame", "frames_seen"),
    *("lag_frames", "lag_min", "pairs", "msd_um2", "msd_px2"),
    "Frame",
    "Image name",
    "Scene",
    "Minutes",
    "Number of nuclei",
    "Total nuclear area, pixels",
    "Cell id, #",
    "Cell center coordinates, (x, y)",
    "Nucleus area, pixels",
    "Track id, #",
    "Nucleus perimeter, pixels",
    "Perinuclear area, pixels",
}


_CHANNEL_COLUMN = re.compile(
    rf"_({'|'.join(CHANNEL_COLUMNS)})$|, (.* )?(intensity|density|signal|median background)$"
)
_MOTILITY_COLUMN = re.compile(
    "(duration|path_length|net_displacement|straightness|mean_speed|max_speed|diffusion"
    "|msd_exponent)(_.*)?"
)


def read(path: str, images: Iterable[str]) -> tuple[list[str], dict[str, list[str]]]:
    """Read what the user says of each image.

    Parameters
    ----------
    path
        A table with a column ``image`` and any others: an .xlsx file, of which the first sheet
        counts, or text, separated by tabs, commas or semicolons.
    images
        The ids of the images that are analysed.

    Returns
    -------
    columns : list of str
        The names of the further columns.
    rows : dict
        Their values, as text, by image id.

    Raises
    ------
    SettingsError
        The file can't be read, has no column ``image``, two columns of one name or one that the
        results have already, names an image twice, or none of its images is there.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise SettingsError(f'sample_sheet: "{path}" can\'t be read: {error.strerror}') from None
    if content.startswith((xlsx_sheet.XLSX, xlsx_sheet.OLD)):
        table = xlsx_sheet.rows(path, content)
    else:
        table = _rows_of_text(path, _decode(content))
    header = [name.strip() for name in table[0][1]] if table else []
    if "image" not in header:
        raise SettingsError(f'sample_sheet: "{path}" has no column named image')
    if len(set(header)) < len(header) or "" in header:
        raise SettingsError(f'sample_sheet: "{path}" has two columns of one name, or one of none')
    taken = [name for name in header if _is_taken(name)]
    if taken:
        raise SettingsError(
            f'sample_sheet: "{path}" has a column named {taken[0]}, as the results have; rename it'
        )
    place = header.index("image")
    columns = header[:place] + header[place + 1 :]
    known = {_composed(image): image for image in images}
    rows: dict[str, list[str]] = {}
    for number, row in table[1:]:
        if len(row) > len(header) and any(row[len(header) :]):
            raise SettingsError(f'sample_sheet: row {number} of "{path}" has too many fields')
        values = [value.strip() for value in row + [""] * len(header)][: len(header)]
        name = image_id(values.pop(place).replace("\\", "/"))
        name = known.get(_composed(name), name)
        if name in rows:
            raise SettingsError(f'sample_sheet: "{name}" stands in "{path}" twice')
        rows[name] = values
    if not set(rows) & set(known.values()):
        raise SettingsError(
            f'sample_sheet: none of the images in "{path}" is in the input folder; '
            "the column image holds file names, with the sub-folder where there is one"
        )
    return columns, rows


def _rows_of_text(path: str, text: str) -> list[tuple[int, list[str]]]:
    """Give the rows that aren't empty, each with its number in the file."""
    separator = max("\t;,", key=lambda each: _fits(text, each))
    reader = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
    rows, number = [], 1
    try:
        for row in reader:
            if any(_swallows_rows(field, separator, len(row)) for field in row):
                raise csv.Error("a field goes on in the next line")
            if any(row):
                rows.append((number, row))
            number = reader.line_num + 1
    except csv.Error as error:
        raise SettingsError(
            f'sample_sheet: row {number} of "{path}" can\'t be read ({error}): see that each '
            'quotation mark (") in it is closed, and that no field is on several lines'
        ) from None
    return rows


def _fits(text: str, separator: str) -> tuple[bool, int]:
    """Tell how well a separator fits: whether there is a column ``image``, and how many columns."""
    rows = csv.reader(io.StringIO(text), delimiter=separator)
    with contextlib.suppress(csv.Error):
        header = next(filter(any, rows), [])
        return "image" in [name.strip() for name in header], len(header)
    return False, 0


def _swallows_rows(field: str, separator: str, fields: int) -> bool:
    """Tell whether a field may be several rows, as one of them has a quotation mark too many."""
    others = field.split("\n")[1:]
    return bool(others) and (fields == 1 or any(separator in line for line in others))


def _is_taken(name: str) -> bool:
    """Tell whether a table of results has a column of that name."""
    named_after_others = _CHANNEL_COLUMN.search(name) or _MOTILITY_COLUMN.fullmatch(name)
    return name in TAKEN or bool(named_after_others)


def _composed(name: str) -> str:
    """Write letters with their dots as one character: some systems keep them as two."""
    return unicodedata.normalize("NFC", name)


def _decode(content: bytes) -> str:
    """Read text as spreadsheets save it: UTF-8 with or without a mark, or Windows' Latin.

    Line ends may be those of any system, of the old Macintosh too.
    """
    try:
        utf_16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))  # Excel's "Unicode text"
        text = content.decode("utf-16" if utf_16 else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_if_any(
    paths: Sequence[str], images: Iterable[str]
) -> tuple[list[str], dict[str, list[str]]]:
    """Read the sample sheet where there is one: `paths` holds it, or nothing."""
    return read(paths[0], images) if paths else ([], {})


def unmatched(images: Collection[str], described: Collection[str]) -> list[str]:
    """Say which images the sample sheet lacks, and which the input folder; nothing without a sheet.

    Examples
    --------
    >>> unmatched(["a", "b"], ["b", "c"])
    ['Not in the sample sheet: a', 'In the sample sheet but not in the input folder: c']
    """
    if not described:
        return []
    lacking = {
        "Not in the sample sheet": set(images) - set(described),
        "In the sample sheet but not in the input folder": set(described) - set(images),
    }
    return [f"{where}: {listed(sorted(names))}" for where, names in lacking.items() if names]
