"""The sample sheet: what users say of their images.

Standard library only: the Snakefile imports this.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from immunostain.columns import CHANNEL_COLUMNS, NUCLEUS_COLUMNS, TRACK_COLUMNS
from immunostain.errors import SettingsError
from immunostain.plan import image_id

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
        A table with a column ``image`` and any others, separated by tabs, commas or semicolons.
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
        text = _decode(Path(path).read_bytes())
    except OSError as error:
        raise SettingsError(f'sample_sheet: "{path}" can\'t be read: {error.strerror}') from None
    first = text.partition("\n")[0]
    separator = max("\t;,", key=first.count)
    try:
        table = [row for row in csv.reader(io.StringIO(text), delimiter=separator) if any(row)]
    except csv.Error as error:
        raise SettingsError(f'sample_sheet: "{path}" can\'t be read: {error}') from None
    header = [name.strip() for name in table[0]] if table else []
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
    for number, row in enumerate(table[1:], 2):
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
