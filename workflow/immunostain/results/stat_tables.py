"""The tables that users open: per nucleus, per frame, per image."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

import pandas as pd

from immunostain.images.facts import MeasuredFile
from immunostain.samples.columns import add_sample_columns, refuse_if_taken
from immunostain.samples.sample_sheet import SampleSheet
from immunostain.shared.whole_numbers import as_whole_numbers, blank_where_infinite

FRAME_KEYS = ["image", "scene", "frame"]


def frames_table(facts: Mapping[str, MeasuredFile]) -> pd.DataFrame:
    """Gather the frames of all images: a row for each, with or without nuclei.

    Parameters
    ----------
    facts
        For each image what `images_analysed.read_analysed` gives.

    Returns
    -------
    pandas.DataFrame
        ``image, scene, frame, minutes, nuclei, nuclear_area_px``, and for each channel ``(name,
        "total")`` and ``(name, "nuclear")``.
    """
    rows = []
    for image, known in facts.items():
        for frame in known.frames:
            row: dict[Hashable, object] = {
                "image": image,
                "scene": frame.scene,
                "frame": frame.frame,
                "minutes": None if frame.time_s is None else frame.time_s / 60,
                "nuclei": frame.nuclei,
                "nuclear_area_px": frame.nuclear_area_px,
            }
            for channel, signal in frame.signal.items():
                row |= {(channel, "total"): signal.total, (channel, "nuclear"): signal.nuclear}
                if signal.background is not None:
                    row[channel, "background"] = signal.background
            rows.append(row)
    columns = ["image", "scene", "frame", "minutes", "nuclei", "nuclear_area_px"]
    return blank_where_infinite(pd.DataFrame(rows)) if rows else pd.DataFrame(columns=columns)


def signal_quant_stat(
    nuclei: pd.DataFrame,
    channels: list[str],
    extra: Sequence[str],
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
        optional[f"{channel}_positive"] = f"{channel}, positive"
    for name, title in optional.items():
        if name in measured:
            table[title] = nuclei[name]
    for name in extra:
        refuse_if_taken(name, table)
        table[name] = nuclei[name]
    return _blank_row_between(table, nuclei["image"], image_before)


def signal_by_parts(
    parts: Iterable[pd.DataFrame], channels: list[str], extra: Sequence[str], measured: set[str]
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Give what `signal_quant_stat` and `mean_densities` give, table by table.

    Parameters
    ----------
    parts
        What `nuclei_tables` gives.
    channels, extra, measured
        As for `signal_quant_stat`.
    """
    last = None
    for nuclei in parts:
        yield (
            signal_quant_stat(nuclei, channels, extra, measured, last),
            mean_densities(nuclei, channels),
        )
        last = nuclei["image"].iloc[-1] if len(nuclei) else None


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
    sheet: SampleSheet,
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
        The sample sheet.
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
            table[f"{channel}, {title}"] = as_whole_numbers(values)
        outside = table[f"{channel}, total signal"] - table[f"{channel}, nuclear signal"]
        table[f"{channel}, non-nuclear signal"] = outside
        if (channel, "background") in frames:
            table[f"{channel}, median background"] = frames[channel, "background"]
    return add_sample_columns(table, frames["image"], sheet)


def population_stat(frames: pd.DataFrame, sheet: SampleSheet) -> pd.DataFrame:
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
    """Give each nucleus's position per frame, for Excel, from what `table.track_table` gives."""
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
