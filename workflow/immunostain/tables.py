"""The tables that users open: per nucleus, per frame, per image, as CSV and for Excel."""

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from immunostain.columns import CHANNEL_COLUMNS, column_names
from immunostain.errors import SettingsError
from immunostain.files import whole_file
from immunostain.inventory import read_image

EXCEL_ROWS = 1_048_576


def nuclei_table(
    chunks: dict[str, Sequence[str]],
    track_files: dict[str, str],
    channels: list[str],
    sheet: tuple[list[str], dict[str, list[str]]],
) -> pd.DataFrame:
    """Gather the nuclei of all images in one tidy table.

    Parameters
    ----------
    chunks
        The CSV tables of the chunks of each image.
    track_files
        The table of tracks of each image that was tracked.
    channels
        All channels' names, as `all_channels` gives them.
    sheet
        The sample sheet's columns and rows, as `sample_sheet.read` gives them.

    Returns
    -------
    pandas.DataFrame
        One row per nucleus. What an image doesn't have is missing there; sums of whole numbers stay
        whole numbers.
    """
    names = column_names(channels)
    place = names.index("nucleus_id") + 1
    order = ["image", *names[:place], "track_id", *names[place:]]
    parts = []  # tables without rows are left out, or else pandas guesses types from them
    keys = ["scene", "frame", "nucleus_id"]
    for image, files in chunks.items():
        read = [pd.read_csv(file) for file in files]
        filled = [part for part in read if len(part)]
        if not filled:
            continue
        nuclei = pd.concat(filled, ignore_index=True)
        if image in track_files:
            tracks = pd.read_csv(track_files[image])
            nuclei = nuclei.merge(tracks[[*keys, "track_id"]], "left", on=keys)
        parts.append(nuclei.assign(image=image))
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=order)
    table = table.reindex(columns=order)
    whole = ["scene", "frame", "nucleus_id", "track_id", "area_px", "perinuclear_area_px"]
    sums = [kind for kind in CHANNEL_COLUMNS if kind != "mean"]
    whole += [f"{name}_{kind}" for name in channels for kind in sums]
    for name in whole:
        table[name] = _whole_numbers(table[name])
    return add_sample_columns(table, table["image"], sheet)


def _whole_numbers(column: pd.Series) -> pd.Series:
    """Turn a column of whole numbers into integers that may be missing."""
    numbers = pd.to_numeric(column)
    known = numbers.dropna()
    return numbers.astype("Int64") if (known == known.round()).all() else numbers


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
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=columns)


def signal_quant_stat(nuclei: pd.DataFrame, channels: list[str], extra: list[str]) -> pd.DataFrame:
    """Give the table that users of the original program know, a blank row between images.

    Parameters
    ----------
    nuclei
        What `nuclei_table` gives.
    channels
        All channels' names.
    extra
        The sample sheet's columns.
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
        if nuclei[name].notna().any():
            table[title] = nuclei[name]
    for name in extra:
        _refuse_if_taken(name, table)
        table[name] = nuclei[name]
    return _blank_row_between(table, nuclei["image"])


def _blank_row_between(table: pd.DataFrame, image: pd.Series) -> pd.DataFrame:
    """Put a blank row where one image's rows end and the next one's begin."""
    blocks = (image != image.shift()).cumsum().to_numpy() - 1
    spread = table.set_axis(table.index + blocks)
    return spread.reindex(range(len(table) + (blocks[-1] if len(blocks) else 0)))


def signal_avg_stat(
    frames: pd.DataFrame,
    nuclei: pd.DataFrame,
    channels: list[str],
    sheet: tuple[list[str], dict[str, list[str]]],
) -> pd.DataFrame:
    """Give count, density and signal per image and frame.

    Mean density is the mean over the frame's nuclei of intensity per pixel; total signal is that of
    the whole picture, non-nuclear signal what is in no nucleus.
    """
    keys = ["image", "scene", "frame"]
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
    places = pd.MultiIndex.from_frame(frames[keys])
    for channel in channels:
        density = nuclei.assign(d=nuclei[f"{channel}_mean"].astype(float)).groupby(keys)["d"].mean()
        table[f"{channel}, mean density"] = density.reindex(places).round(3).to_numpy()
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
    added = {}
    for index, name in enumerate(columns):
        _refuse_if_taken(name, table)
        values = {key: row[index] for key, row in rows.items() if row[index]}
        # A plate 007 stays a text; some spreadsheets write 0,5.
        if all(re.fullmatch(r"-?(0|[1-9]\d*)([.,]\d+)?", value) for value in values.values()):
            values = {key: float(value.replace(",", ".")) for key, value in values.items()}
            added[name] = _whole_numbers(image.map(values))
        else:
            added[name] = image.map(values)
    return table.assign(**added)


def _refuse_if_taken(name: str, table: pd.DataFrame) -> None:
    """See that a column of the sample sheet takes no measurement's place.

    Those named after channels are known only now; `sample_sheet.read` has refused all others.
    """
    if name in table:
        raise SettingsError(
            f"sample_sheet: it has a column named {name}, as the results have; rename it"
        )


# ---- writing ----


def write_csv(path: str, table: pd.DataFrame) -> None:
    """Write a table as CSV: comma, point, UTF-8."""
    flags = table.select_dtypes("bool").columns  # as R and Excel write them
    table = table.assign(
        **{name: table[name].map({True: "TRUE", False: "FALSE"}) for name in flags}
    )
    with whole_file(path) as partial:
        # 12 digits: more than any measurement has, and 94.809 instead of 94.80900000000001.
        table.to_csv(partial, index=False, lineterminator="\n", float_format="%.12g")


def write_parquet(path: str, table: pd.DataFrame) -> None:
    """Write a table as Parquet."""
    with whole_file(path) as partial:
        table.to_parquet(partial, index=False)


def write_xlsx(path: str, table: pd.DataFrame, sheet_name: str) -> None:
    """Write a table for Excel: header in bold and kept in sight, columns as wide as they need.

    What a sheet can't hold (1,048,576 rows) goes on the next one.
    """
    workbook = Workbook(write_only=True)
    rows_per_sheet = EXCEL_ROWS - 1
    for start in range(0, max(1, len(table)), rows_per_sheet):
        number = start // rows_per_sheet + 1
        name = re.sub(r"[\\/*?:\[\]]", "_", sheet_name)[:28] + (f" {number}" if number > 1 else "")
        part = table.iloc[start : start + rows_per_sheet]
        sheet = workbook.create_sheet(name)
        sheet.freeze_panes = "A2"
        for index, column in enumerate(part.columns, 1):
            width = max([len(str(column)), *part[column].head(200).map(lambda v: len(str(v)))])
            sheet.column_dimensions[get_column_letter(index)].width = min(width, 40) + 2
        sheet.append([_heading(sheet, column) for column in part.columns])
        columns = [part[column].astype(object).where(part[column].notna(), None) for column in part]
        for row in zip(*columns, strict=True):
            sheet.append([_cell(sheet, value) for value in row])
    with whole_file(path) as partial:
        workbook.save(partial)


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


def read_abouts(images: dict[str, Sequence[str]]) -> dict[str, dict[str, Any]]:
    """Read what is known of the images that could be analysed, from the files of their chunks."""
    abouts = {image: read_image(files) for image, files in images.items()}
    return {image: about for image, about in abouts.items() if not about["unreadable"]}
