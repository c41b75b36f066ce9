"""The rows of a sample sheet that is a text file: tabs, commas or semicolons between its fields.

Standard library only: the Snakefile imports this.
"""

import contextlib
import csv
import io

from immunostain.shared.errors import SettingsError


def rows(path: str, content: bytes) -> list[tuple[int, list[str]]]:
    """Give the rows that aren't empty.

    Parameters
    ----------
    path
        For messages.
    content
        Of the file.

    Returns
    -------
    list of (int, list of str)
        Each row's number in the file and its fields.

    Raises
    ------
    SettingsError
        A quotation mark isn't closed, or a field is on several lines.
    """
    text = _decode(content)
    separator = max("\t;,", key=lambda each: _fits(text, each))
    reader = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
    found, number = [], 1
    try:
        for row in reader:
            if any(_swallows_rows(field, separator, len(row)) for field in row):
                raise csv.Error("a field goes on in the next line")
            if any(row):
                found.append((number, row))
            number = reader.line_num + 1
    except csv.Error as error:
        raise SettingsError(
            f'sample_sheet: row {number} of "{path}" can\'t be read ({error}): see that each '
            'quotation mark (") in it is closed, and that no field is on several lines'
        ) from None
    return found


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
