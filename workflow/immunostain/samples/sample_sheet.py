"""The sample sheet: what users say of their images.

Standard library only: the Snakefile imports this.
"""

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from immunostain.inputs.image_files import image_id
from immunostain.samples import text_rows, xlsx_rows
from immunostain.samples.taken_names import is_taken
from immunostain.shared.errors import SettingsError
from immunostain.shared.wording import listed


@dataclass(frozen=True)
class SampleSheet:
    """What the user says of the images.

    Attributes
    ----------
    columns
        The names of the sheet's columns, besides ``image``.
    rows
        Their values, as text and in that order, by image id.
    """

    columns: tuple[str, ...] = ()
    rows: dict[str, tuple[str, ...]] = field(default_factory=dict)


def read(path: str, images: Iterable[str]) -> SampleSheet:
    """Read what the user says of each image.

    Parameters
    ----------
    path
        A table with a column ``image`` and any others: an .xlsx file, of which the first sheet
        counts, or text, separated by tabs, commas or semicolons.
    images
        The ids of the images that are analysed.

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
    of_excel = content.startswith((xlsx_rows.XLSX, xlsx_rows.OLD))
    table = (xlsx_rows if of_excel else text_rows).rows(path, content)
    header = [name.strip() for name in table[0][1]] if table else []
    if "image" not in header:
        raise SettingsError(f'sample_sheet: "{path}" has no column named image')
    if len(set(header)) < len(header) or "" in header:
        raise SettingsError(f'sample_sheet: "{path}" has two columns of one name, or one of none')
    taken = [name for name in header if is_taken(name)]
    if taken:
        raise SettingsError(
            f'sample_sheet: "{path}" has a column named {taken[0]}, as the results have; rename it'
        )
    place = header.index("image")
    columns = header[:place] + header[place + 1 :]
    known = {_composed(image): image for image in images}
    rows: dict[str, tuple[str, ...]] = {}
    for number, row in table[1:]:
        if len(row) > len(header) and any(row[len(header) :]):
            raise SettingsError(f'sample_sheet: row {number} of "{path}" has too many fields')
        values = [value.strip() for value in row + [""] * len(header)][: len(header)]
        name = image_id(values.pop(place).replace("\\", "/"))
        name = known.get(_composed(name), name)
        if name in rows:
            raise SettingsError(f'sample_sheet: "{name}" stands in "{path}" twice')
        rows[name] = tuple(values)
    if not set(rows) & set(known.values()):
        raise SettingsError(
            f'sample_sheet: none of the images in "{path}" is in the input folder; '
            "the column image holds file names, with the sub-folder where there is one"
        )
    return SampleSheet(tuple(columns), rows)


def _composed(name: str) -> str:
    """Write letters with their dots as one character: some systems keep them as two."""
    return unicodedata.normalize("NFC", name)


def read_if_any(paths: Sequence[str], images: Iterable[str]) -> SampleSheet:
    """Read the sample sheet where there is one: `paths` holds it, or nothing."""
    return read(paths[0], images) if paths else SampleSheet()


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
