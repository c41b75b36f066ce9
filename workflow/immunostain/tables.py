"""The tables that users open: per nucleus, per frame, per image, as CSV and for Excel."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from immunostain.columns import CHANNEL_COLUMNS, column_names, told_apart
from immunostain.errors import SettingsError
from immunostain.files import whole_file
from immunostain.formulas import FORMULA, defused
from immunostain.inventory import read_image

EXCEL_ROWS = 1_048_576
ROWS_AT_A_TIME = 50_000
FRAME_KEYS = ["image", "scene", "frame"]
WHOLE_COLUMNS = {"scene", "frame", "nucleus_id", "track_id", "area_px", "perinuclear_area_px"}
_INTEGERS_END = 2.0**63  # sums of pixels that are no whole numbers may be larger
_NUMBER = re.compile(r"-?(0|[1-9]\d*)([.,]\d+)?")
_ONE_OR_THOUSAND = re.compile(r"-?[1-9]\d{0,2}[.,]\d{3}")


def nuclei_tables(
    chunks: dict[str, Sequence[str]],
    track_files: dict[str, str],
    abouts: dict[str, dict[str, Any]],
    sheet: tuple[list[str], dict[str, list[str]]],
) -> Iterator[pd.DataFrame]:
    """Gather the nuclei of all images in tidy tables, so few at a time that they fit in memory.

    Parameters
    ----------
    chunks
        The CSV tables of the chunks of each image.
    track_files
        The table of tracks of each image that was tracked.
    abouts
        What is known of each image, as `read_abouts` gives it.
    sheet
        The sample sheet's columns and rows, as `sample_sheet.read` gives them.

    Yields
    ------
    pandas.DataFrame
        One row per nucleus, all of the same columns and types; at least one table, of no rows where
        there are no nuclei. What an image doesn't have or what is infinite is missing there; sums
        of whole numbers stay whole numbers. The nuclei of a frame are never in two tables.
    """
    names = column_names(all_channels(abouts))
    place = names.index("nucleus_id") + 1
    order = ["image", *names[:place], "track_id", *names[place:]]
    filled, whole = _what_there_is(chunks, abouts)
    samples = add_sample_columns(pd.DataFrame(columns=order), pd.Series(list(filled)), sheet)
    samples = samples[sheet[0]].set_axis(pd.Index(list(filled), dtype="str"))
    keys, waiting = ["scene", "frame", "nucleus_id"], [_empty(order, whole, samples)]
    for image, files in filled.items():
        track_ids = None
        if image in track_files:
            tracks = pd.read_csv(track_files[image], usecols=[*keys, "track_id"])
            track_ids = tracks.set_index(keys)["track_id"]
        for file in files:
            nuclei = _read_chunk(file, abouts[image])
            if track_ids is not None:
                nuclei = nuclei.join(track_ids, on=keys)
            nuclei = _typed(nuclei.assign(image=image).reindex(columns=order), whole)
            more = samples.loc[[image] * len(nuclei)].set_axis(nuclei.index)
            waiting.append(pd.concat([nuclei, more], axis=1))
            if sum(map(len, waiting)) >= ROWS_AT_A_TIME:
                yield _together(waiting)
                waiting = []
    if waiting:
        yield _together(waiting)


def _read_chunk(file: str, about: dict[str, Any]) -> pd.DataFrame:
    """Read a chunk's nuclei; columns are named after channels as the tables name them."""
    return _finite(pd.read_csv(file).set_axis(column_names(about["channels"]), axis=1))


def _what_there_is(
    chunks: dict[str, Sequence[str]], abouts: dict[str, dict[str, Any]]
) -> tuple[dict[str, list[str]], set[str]]:
    """Give each image's tables that have rows, and the columns in which all numbers are whole.

    Whether sums are whole is known only when all have been seen, so these are read twice.
    """
    kinds = [kind for kind in CHANNEL_COLUMNS if kind != "mean"]
    sums = {f"{name}_{kind}" for name in all_channels(abouts) for kind in kinds}
    filled: dict[str, list[str]] = {}
    fractions: set[str] = set()
    for image, files in chunks.items():
        for file in files:
            part = _read_chunk(file, abouts[image])
            if len(part):
                filled.setdefault(image, []).append(file)
            for name in sums - fractions & set(part):
                if not _all_whole(part[name]):
                    fractions.add(name)
    return filled, WHOLE_COLUMNS | sums - fractions


def _typed(table: pd.DataFrame, whole: set[str]) -> pd.DataFrame:
    """Give each column of measurements the type that it has in all tables."""
    kinds = dict.fromkeys(table, "float64") | {name: "Int64" for name in table if name in whole}
    return table.astype(kinds | {"image": "str", "touches_border": "bool"})


def _empty(order: list[str], whole: set[str], samples: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([_typed(pd.DataFrame(columns=order), whole), samples[:0]], axis=1)


def _together(tables: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [table for table in tables if len(table)]
    return pd.concat(filled or tables, ignore_index=True)


def _whole_numbers(column: pd.Series) -> pd.Series:
    """Turn a column of whole numbers into integers that may be missing."""
    numbers = pd.to_numeric(column)
    return numbers.astype("Int64") if _all_whole(numbers) else numbers


def _all_whole(numbers: pd.Series) -> bool:
    known = numbers.dropna()
    whole = (known == known.round()) & (known.abs() < _INTEGERS_END)
    return bool(whole.all())


def _finite(table: pd.DataFrame) -> pd.DataFrame:
    """Leave blank what is infinite: the sum of pixels of which one is no number."""
    return table.replace([np.inf, -np.inf], np.nan)


def all_channels(abouts: dict[str, dict[str, Any]]) -> list[str]:
    """List the channels of all images, each name once, in the order in which they are met."""
    return list(dict.fromkeys(name for about in abouts.values() for name in about["channels"]))


def frames_table(abouts: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """Gather the frames of all images: a row for each, with or without nuclei.

    Parameters
    ----------
    abouts
        For each image what `inventory.read_image` gives.

    Returns
    -------
    pandas.DataFrame
        ``image, scene, frame, minutes, nuclei, nuclear_area_px``, and for each channel ``(name,
        "total")`` and ``(name, "nuclear")``.
    """
    rows = []
    for image, about in abouts.items():
        for frame in about["frames"]:
            time = frame["time_s"]
            row = {
                "image": image,
                "scene": frame["scene"],
                "frame": frame["frame"],
                "minutes": None if time is None else time / 60,
                "nuclei": frame["nuclei"],
                "nuclear_area_px": frame["nuclear_area_px"],
            }
            for channel, signal in frame["signal"].items():
                row |= {(channel, kind): value for kind, value in signal.items()}
            rows.append(row)
    columns = ["image", "scene", "frame", "minutes", "nuclei", "nuclear_area_px"]
    return _finite(pd.DataFrame(rows)) if rows else pd.DataFrame(columns=columns)


def signal_quant_stat(
    nuclei: pd.DataFrame,
    channels: list[str],
    extra: list[str],
    measured: set[str],
    image_before: str | None,
) -> pd.DataFrame:
    """Give the table that users of the original program know, a blank row between images.

    Parameters
    ----------
    nuclei
        One of those that `nuclei_tables` gives.
    channels
        All channels' names.
    extra
        The sample sheet's columns.
    measured
        The columns that have a value in any of the tables.
    image_before
        The last image of the table before, None for the first one.
    """
    table = pd.DataFrame(
        {
            "Frame": nuclei["frame"],
            "Image name": nuclei["image"],
            "Cell id, #": nuclei["nucleus_id"],
            "Cell center coordinates, (x, y)": [
                f"({x:.0f}, {y:.0f})" for x, y in zip(nuclei["x_px"], nuclei["y_px"], strict=True)
            ],
            "Nucleus area, pixels": nuclei["area_px"],
        }
    )
    for channel in channels:
        table[f"{channel}, intensity"] = nuclei[f"{channel}_sum"]
    table["Scene"] = nuclei["scene"]
    table["Track id, #"] = nuclei["track_id"]
    table["Nucleus perimeter, pixels"] = nuclei["perimeter_px"].astype(float).round(2)
    for channel in channels:
        table[f"{channel}, density"] = nuclei[f"{channel}_mean"].astype(float).round(3)
    optional = {"perinuclear_area_px": "Perinuclear area, pixels"}
    for channel in channels:
        optional[f"{channel}_perinuclear_sum"] = f"{channel}, perinuclear intensity"
        optional[f"{channel}_background_corrected_sum"] = (
            f"{channel}, background-corrected intensity"
        )
    for name, title in optional.items():
        if name in measured:
            table[title] = nuclei[name]
    for name in extra:
        _refuse_if_taken(name, table)
        table[name] = nuclei[name]
    return _blank_row_between(table, nuclei["image"], image_before)


def _blank_row_between(
    table: pd.DataFrame, image: pd.Series, image_before: str | None
) -> pd.DataFrame:
    """Put a blank row where one image's rows end and the next one's begin."""
    blocks = (image != image.shift()).cumsum().to_numpy() - 1
    if image_before is not None and len(image) and image.iloc[0] != image_before:
        blocks += 1
    spread = table.set_axis(table.index + blocks)
    return spread.reindex(range(len(table) + (blocks[-1] if len(blocks) else 0)))


def mean_densities(nuclei: pd.DataFrame, channels: list[str]) -> pd.DataFrame:
    """Give the mean over a frame's nuclei of intensity per pixel, by image, scene and frame.

    Parameters
    ----------
    nuclei
        One of those that `nuclei_tables` gives.
    channels
        All channels' names, which are those of the columns.
    """
    means = [f"{channel}_mean" for channel in channels]
    return nuclei.groupby(FRAME_KEYS)[means].mean().set_axis(channels, axis=1)


def signal_avg_stat(
    frames: pd.DataFrame,
    densities: pd.DataFrame,
    channels: list[str],
    sheet: tuple[list[str], dict[str, list[str]]],
) -> pd.DataFrame:
    """Give count, density and signal per image and frame.

    Total signal is that of the whole picture, non-nuclear signal what is in no nucleus.

    Parameters
    ----------
    frames
        What `frames_table` gives.
    densities
        What `mean_densities` gives, of all nuclei.
    channels
        All channels' names.
    sheet
        The sample sheet's columns and rows, as `sample_sheet.read` gives them.
    """
    table = pd.DataFrame(
        {
            "Frame": frames["frame"],
            "Image name": frames["image"],
            "Scene": frames["scene"],
            "Minutes": frames["minutes"],
            "Number of nuclei": frames["nuclei"],
            "Total nuclear area, pixels": frames["nuclear_area_px"],
        }
    )
    places = pd.MultiIndex.from_frame(frames[FRAME_KEYS])
    for channel in channels:
        density = densities[channel].reindex(places)
        table[f"{channel}, mean density"] = density.round(3).to_numpy()
    for channel in channels:
        for kind, title in (("total", "total signal"), ("nuclear", "nuclear signal")):
            values = frames.get((channel, kind), pd.Series(pd.NA, frames.index))
            table[f"{channel}, {title}"] = _whole_numbers(values)
        outside = table[f"{channel}, total signal"] - table[f"{channel}, nuclear signal"]
        table[f"{channel}, non-nuclear signal"] = outside
        if (channel, "background") in frames:
            table[f"{channel}, median background"] = frames[channel, "background"]
    return add_sample_columns(table, frames["image"], sheet)


def population_stat(
    frames: pd.DataFrame, sheet: tuple[list[str], dict[str, list[str]]]
) -> pd.DataFrame:
    """Give the number of nuclei per image, scene and frame."""
    table = pd.DataFrame(
        {
            "Image name": frames["image"],
            "Scene": frames["scene"],
            "Frame": frames["frame"],
            "Minutes": frames["minutes"].astype(float).round(3),
            "Number of nuclei": frames["nuclei"],
        }
    )
    return add_sample_columns(table, frames["image"], sheet)


def movement_stat(tracks: pd.DataFrame) -> pd.DataFrame:
    """Give each nucleus's position per frame, for Excel, from what `tracks.track_table` gives."""
    return pd.DataFrame(
        {
            "Track id, #": tracks["track_id"],
            "Parent track id, #": tracks["parent_track_id"],
            "Scene": tracks["scene"],
            "Frame": tracks["frame"],
            "Minutes": (tracks["time_s"].astype(float) / 60).round(3),
            "Cell id, #": tracks["nucleus_id"],
            "Cell center x, pixels": tracks["x_px"].round(2),
            "Cell center y, pixels": tracks["y_px"].round(2),
            "Cell center x, um": tracks["x_um"].astype(float).round(3),
            "Cell center y, um": tracks["y_um"].astype(float).round(3),
        }
    )


def add_sample_columns(
    table: pd.DataFrame, image: pd.Series, sheet: tuple[list[str], dict[str, list[str]]]
) -> pd.DataFrame:
    """Put the sample sheet's columns behind a table's own; blank where an image isn't in it."""
    columns, rows = sheet
    joined = table.copy(deep=False)
    for index, name in enumerate(columns):
        _refuse_if_taken(name, table)
        values = {key: row[index] for key, row in rows.items() if row[index]}
        if _are_numbers(values.values()):
            numbers = {key: float(_with_point(value)) for key, value in values.items()}
            joined[name] = _whole_numbers(image.map(numbers))
        else:
            joined[name] = image.map(values)
    return joined


def _are_numbers(texts: Collection[str]) -> bool:
    """Tell whether a column of the sample sheet holds nothing but what is surely a number.

    A plate 007 is none, nor is a bar code of more digits than a float holds. 1,000 and 1.000 may be
    one or a thousand: they are numbers only where others in the column show which sign is the
    decimal one, as 0,5 does.
    """
    if not all(_NUMBER.fullmatch(text) and _is_exact(_with_point(text)) for text in texts):
        return False
    unsure = {text for text in texts if _ONE_OR_THOUSAND.fullmatch(text)}
    shown = _decimal_signs(text for text in texts if text not in unsure)
    return not unsure or (len(shown) == 1 and _decimal_signs(unsure) == shown)


def _decimal_signs(texts: Iterable[str]) -> set[str]:
    return {sign for text in texts for sign in ".," if sign in text}


def _with_point(text: str) -> str:
    return text.replace(",", ".")


def _is_exact(text: str) -> bool:
    return Decimal(repr(float(text))) == Decimal(text)


def _refuse_if_taken(name: str, table: pd.DataFrame) -> None:
    """See that a column of the sample sheet takes no measurement's place.

    Those named after channels are known only now; `sample_sheet.read` has refused all others.
    """
    if name in table:
        raise SettingsError(
            f"sample_sheet: it has a column named {name}, as the results have; rename it"
        )


# ---- writing ----


Append = Callable[[pd.DataFrame], None]


@contextmanager
def csv_file(path: str, for_programs: bool = False) -> Iterator[Append]:
    """Give a function that appends tables of the same columns to a CSV: comma, point, UTF-8.

    Unless it is for programs, which join tables by names, no spreadsheet finds a formula in it.
    """
    with whole_file(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:

        def append(table: pd.DataFrame) -> None:
            flags = table.select_dtypes("bool").columns  # as R and Excel write them
            table = table.assign(
                **{name: table[name].map({True: "TRUE", False: "FALSE"}) for name in flags}
            )
            if not for_programs:
                table = _defused(table)
            form = {"index": False, "lineterminator": "\n", "float_format": _digits}
            table.to_csv(file, header=file.tell() == 0, **form)

        yield append


def _defused(table: pd.DataFrame) -> pd.DataFrame:
    """Let no name of an image, a channel or a condition be taken for a formula."""
    table = table.copy(deep=False)
    for name, texts in table.select_dtypes(["object", "str"]).items():
        # The whole column at once is quicker by far, and hardly any has such a text.
        if texts.dtype == "object" or texts.str.match(FORMULA).any():
            table[name] = texts.map(defused)
    return table.rename(columns=defused)


def _digits(number: float) -> str:
    """Write a number with 12 digits, more than any measurement has: 94.809, not 94.80900000000001.

    Whole ones have all digits: beside sums that are none, exact ones are floats as well.
    """
    whole = 1e12 <= abs(number) <= 2**53 and number == int(number)
    return f"{number:.0f}" if whole else f"{number:.12g}"


def write_csv(path: str, table: pd.DataFrame) -> None:
    """Write a table as CSV: comma, point, UTF-8."""
    with csv_file(path) as append:
        append(table)


@contextmanager
def parquet_file(path: str) -> Iterator[Append]:
    """Give a function that appends tables of the same columns and types to a Parquet file."""
    import pyarrow  # half a second with its Parquet, so only where it is used
    from pyarrow import parquet

    with whole_file(path) as partial, ExitStack() as closing:
        opened: list[parquet.ParquetWriter] = []

        def append(table: pd.DataFrame) -> None:
            content = pyarrow.Table.from_pandas(table, preserve_index=False)
            if not opened:
                opened.append(closing.enter_context(parquet.ParquetWriter(partial, content.schema)))
            # All in one group, or a frame's nuclei would be read in two tables.
            opened[0].write_table(content, row_group_size=max(len(table), 1))

        yield append


def read_parquet(path: str) -> tuple[set[str], Iterator[pd.DataFrame]]:
    """Read the tables that were appended to a Parquet file.

    Returns
    -------
    measured : set of str
        The columns that have a value in any of them.
    tables : iterator of pandas.DataFrame
        One after the other, so that not all are in memory.
    """
    from pyarrow import parquet

    file = parquet.ParquetFile(path)
    parts = [file.metadata.row_group(number) for number in range(file.num_row_groups)]
    measured = {
        name
        for part in parts
        for index, name in enumerate(file.schema_arrow.names)
        if part.num_rows and part.column(index).statistics.null_count < part.num_rows
    }
    return measured, (file.read_row_group(number).to_pandas() for number in range(len(parts)))


@contextmanager
def xlsx_file(path: str, sheet_name: str) -> Iterator[Append]:
    """Give a function that appends tables of the same columns to a file for Excel.

    Its header is bold and kept in sight, columns are as wide as they need. What a sheet can't hold
    (1,048,576 rows) goes on the next one.
    """
    workbook = Workbook(write_only=True)
    name, room = re.sub(r"[\\/*?:\[\]]", "_", sheet_name)[:28], 0

    def append(table: pd.DataFrame) -> None:
        nonlocal room
        start = 0
        while start < len(table) or not workbook.worksheets:
            if not room:
                number = len(workbook.worksheets) + 1
                title = name + (f" {number}" if number > 1 else "")
                _begin_sheet(workbook.create_sheet(title), table.iloc[start : start + 200])
                room = EXCEL_ROWS - 1
            part = table.iloc[start : start + room]
            _append_rows(workbook.worksheets[-1], part)
            start += len(part)
            room -= len(part)

    yield append
    with whole_file(path) as partial:
        workbook.save(partial)


def write_xlsx(path: str, table: pd.DataFrame, sheet_name: str) -> None:
    """Write a table for Excel, as `xlsx_file` does."""
    with xlsx_file(path, sheet_name) as append:
        append(table)


def _begin_sheet(sheet: Any, first_rows: pd.DataFrame) -> None:
    sheet.freeze_panes = "A2"
    for index, column in enumerate(first_rows.columns, 1):
        width = max([len(str(column)), *first_rows[column].map(lambda v: len(str(v)))])
        sheet.column_dimensions[get_column_letter(index)].width = min(width, 40) + 2
    sheet.append([_heading(sheet, column) for column in first_rows.columns])


def _append_rows(sheet: Any, table: pd.DataFrame) -> None:
    columns = [table[column].astype(object).where(table[column].notna(), None) for column in table]
    for row in zip(*columns, strict=True):
        sheet.append([_cell(sheet, value) for value in row])


def _heading(sheet: Any, title: str) -> Any:
    cell = _text(sheet, str(title))
    cell.font = Font(bold=True)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _cell(sheet: Any, value: Any) -> Any:
    return _text(sheet, value) if isinstance(value, str) else value


def _text(sheet: Any, value: str) -> Any:
    """Give a text as a cell; one that begins with = is a text too, not a formula."""
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value))
    cell.data_type = "s"
    return cell


def read_abouts(
    images: dict[str, Sequence[str]],
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Read what is known of the images that could be analysed, from the files of their chunks.

    Returns
    -------
    abouts : dict
        For each image what `inventory.read_image` gives, with the channels named as in the tables.
    renamed : dict
        The names in the tables of the channels that have another one there, see
        `columns.told_apart`.
    """
    read = {image: read_image(files) for image, files in images.items()}
    abouts = {image: about for image, about in read.items() if not about["unreadable"]}
    names = told_apart(all_channels(abouts))
    for about in abouts.values():
        about["channels"] = [names[channel] for channel in about["channels"]]
        for frame in about["frames"]:
            frame["signal"] = {names[channel]: of for channel, of in frame["signal"].items()}
    return abouts, {channel: name for channel, name in names.items() if name != channel}
