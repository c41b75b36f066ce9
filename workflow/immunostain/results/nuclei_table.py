"""The tidy table of nuclei: a row for each, all images together."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from immunostain.images.facts import MeasuredFile
from immunostain.measuring.columns import CHANNEL_COLUMNS, nucleus_columns
from immunostain.measuring.positive import (
    PositiveLevel,
    find_channels,
    positive_level,
    why_not_found,
)
from immunostain.results.images_analysed import all_channels
from immunostain.samples.columns import add_sample_columns
from immunostain.samples.conditions import images_with
from immunostain.samples.sample_sheet import SampleSheet
from immunostain.shared.whole_numbers import all_whole, blank_where_infinite

ROWS_AT_A_TIME = 50_000
WHOLE_COLUMNS = {"scene", "frame", "nucleus_id", "track_id", "area_px", "perinuclear_area_px"}


def nuclei_tables(
    chunks: dict[str, Sequence[str]],
    track_files: dict[str, str],
    facts: Mapping[str, MeasuredFile],
    sheet: SampleSheet,
    levels: Sequence[PositiveLevel] = (),
) -> Iterator[pd.DataFrame]:
    """Gather the nuclei of all images in tidy tables, so few at a time that they fit in memory.

    Parameters
    ----------
    chunks
        The CSV tables of the chunks of each image.
    track_files
        The table of tracks of each image that was tracked.
    facts
        What is known of each image, as `images_analysed.read_analysed` gives it.
    sheet
        The sample sheet.
    levels
        What `positive_levels` gives: channels that are in it have a column ``<channel>_positive``.

    Yields
    ------
    pandas.DataFrame
        One row per nucleus, all of the same columns and types; at least one table, of no rows where
        there are no nuclei. What an image doesn't have or what is infinite is missing there; sums
        of whole numbers stay whole numbers. The nuclei of a frame are never in two tables.
    """
    above = {level.channel: level.level for level in levels if level.channel in all_channels(facts)}
    names = _with_positive(nucleus_columns(all_channels(facts)), above)
    place = names.index("nucleus_id") + 1
    order = ["image", *names[:place], "track_id", *names[place:]]
    filled, whole = _what_there_is(chunks, facts)
    samples = add_sample_columns(pd.DataFrame(columns=order), pd.Series(list(filled)), sheet)
    samples = samples[list(sheet.columns)].set_axis(pd.Index(list(filled), dtype="str"))
    keys, waiting = ["scene", "frame", "nucleus_id"], [_empty(order, whole, samples)]
    for image, files in filled.items():
        track_ids = None
        if image in track_files:
            tracks = pd.read_csv(track_files[image], usecols=[*keys, "track_id"])
            track_ids = tracks.set_index(keys)["track_id"]
        for file in files:
            nuclei = _read_chunk(file, facts[image])
            if track_ids is not None:
                nuclei = nuclei.join(track_ids, on=keys)
            for channel in {*above} & {*facts[image].channels}:
                nuclei[f"{channel}_positive"] = _is_above(nuclei[f"{channel}_mean"], above[channel])
            nuclei = _typed(nuclei.assign(image=image).reindex(columns=order), whole)
            more = samples.loc[[image] * len(nuclei)].set_axis(nuclei.index)
            waiting.append(pd.concat([nuclei, more], axis=1))
            if sum(map(len, waiting)) >= ROWS_AT_A_TIME:
                yield _together(waiting)
                waiting = []
    if waiting:
        yield _together(waiting)


def positive_levels(
    positive: Mapping[str, Any],
    chunks: Mapping[str, Sequence[str]],
    facts: Mapping[str, MeasuredFile],
    sheet: SampleSheet,
) -> list[PositiveLevel]:
    """Find above which mean intensity nuclei are positive.

    Only one number per nucleus is in memory, and only of one channel at a time.

    Parameters
    ----------
    positive
        `quantification.positive` of the settings.
    chunks, facts, sheet
        As for `nuclei_tables`.

    Returns
    -------
    list of PositiveLevel
        For each key of `positive`; with no level where it can't be told.
    """
    channels = all_channels(facts)
    found = []
    for text, channel in find_channels(list(positive), channels).items():
        if channel is None:
            found.append(PositiveLevel(text, None, why_not_found(text, channels)))
            continue
        how = positive[text]
        control = images_with(sheet, how["control"]) if isinstance(how, Mapping) else []
        means = partial(_means, channel, chunks, facts)
        found.append(positive_level(channel, how, partial(means, facts), partial(means, control)))
    return found


def _means(
    channel: str,
    chunks: Mapping[str, Sequence[str]],
    facts: Mapping[str, MeasuredFile],
    images: Collection[str],
) -> np.ndarray:
    """Give the mean intensities of the nuclei of some images in a channel, those that have one."""
    parts = [np.empty(0)]
    for image in facts:
        if image in images and channel in facts[image].channels:
            place = nucleus_columns(facts[image].channels).index(f"{channel}_mean")
            for file in chunks[image]:
                means = pd.read_csv(file, usecols=[place]).iloc[:, 0].to_numpy(dtype="float64")
                parts.append(means[np.isfinite(means)])
    return np.concatenate(parts)


def _with_positive(names: Sequence[str], channels: Collection[str]) -> list[str]:
    """Put a column behind the others of each of these channels."""
    last = {f"{channel}_{CHANNEL_COLUMNS[-1]}": f"{channel}_positive" for channel in channels}
    return [each for name in names for each in (name, last.get(name)) if each is not None]


def _is_above(means: pd.Series, level: float | None) -> pd.Series:
    """Tell which nuclei are positive; missing where that can't be told."""
    if level is None:
        return pd.Series(pd.NA, means.index, dtype="boolean")
    return (means > level).astype("boolean").where(means.notna())


def _read_chunk(file: str, facts: MeasuredFile) -> pd.DataFrame:
    """Read a chunk's nuclei; columns are named after channels as the tables name them."""
    names = nucleus_columns(facts.channels)
    return blank_where_infinite(pd.read_csv(file).set_axis(names, axis=1))


def _what_there_is(
    chunks: dict[str, Sequence[str]], facts: Mapping[str, MeasuredFile]
) -> tuple[dict[str, list[str]], set[str]]:
    """Give each image's tables that have rows, and the columns in which all numbers are whole.

    Whether sums are whole is known only when all have been seen, so these are read twice.
    """
    kinds = [kind for kind in CHANNEL_COLUMNS if kind != "mean"]
    sums = {f"{name}_{kind}" for name in all_channels(facts) for kind in kinds}
    filled: dict[str, list[str]] = {}
    fractions: set[str] = set()
    for image, files in chunks.items():
        for file in files:
            part = _read_chunk(file, facts[image])
            if len(part):
                filled.setdefault(image, []).append(file)
            for name in sums - fractions & set(part):
                if not all_whole(part[name]):
                    fractions.add(name)
    return filled, WHOLE_COLUMNS | sums - fractions


def _typed(table: pd.DataFrame, whole: set[str]) -> pd.DataFrame:
    """Give each column of measurements the type that it has in all tables."""
    kinds = dict.fromkeys(table, "float64") | {name: "Int64" for name in table if name in whole}
    kinds |= {name: "boolean" for name in table if str(name).endswith("_positive")}
    return table.astype(kinds | {"image": "str", "touches_border": "bool"})


def _empty(order: list[str], whole: set[str], samples: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([_typed(pd.DataFrame(columns=order), whole), samples[:0]], axis=1)


def _together(tables: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [table for table in tables if len(table)]
    return pd.concat(filled or tables, ignore_index=True)
