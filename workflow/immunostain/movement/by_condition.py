"""How tracks move, gathered over images and over the conditions of the sample sheet."""

from collections.abc import Mapping

import pandas as pd
from pandas.api.types import is_numeric_dtype

from immunostain.movement.motility import COLUMNS, MEASURES, columns_of_measure, fit_power_law
from immunostain.samples.columns import add_sample_columns
from immunostain.samples.sample_sheet import SampleSheet
from immunostain.shared.errors import SettingsError

# Measured for each track; the two of the MSD are those of all tracks of an image together.
_OF_ALL = [*columns_of_measure("diffusion"), "msd_exponent"]
_PER_TRACK = [
    name for measure in MEASURES for name in columns_of_measure(measure) if name not in _OF_ALL
]
_MSD_COLUMNS = ["lag_frames", "lag_min", "tracks", "pairs", "msd_um2", "msd_px2"]


def all_tracks(tables: Mapping[str, pd.DataFrame], sheet: SampleSheet) -> pd.DataFrame:
    """Gather the tracks of all images in one tidy table.

    Parameters
    ----------
    tables
        What `motility.motility_table` gives for each image.
    sheet
        The sample sheet.

    Returns
    -------
    pandas.DataFrame
        ``image``, the images' columns and then the sheet's. Where some images are measured in
        micrometres and others in pixels, there are columns for both, each blank where the other is
        filled.

    Raises
    ------
    SettingsError
        The sheet has a column that the table has too.
    """
    # A table read from CSV has its ids as real numbers where some are blank.
    table = _gathered(tables, COLUMNS, sheet)
    return table.astype({"parent_track_id": "Int64"})


def all_msds(tables: Mapping[str, pd.DataFrame], sheet: SampleSheet) -> pd.DataFrame:
    """Gather what `motility.ensemble_msd` gives for each image, as `all_tracks` does."""
    return _gathered(tables, _MSD_COLUMNS, sheet)


def _gathered(
    tables: Mapping[str, pd.DataFrame],
    order: list[str],
    sheet: SampleSheet,
) -> pd.DataFrame:
    """Put tables below each other, with what `_present` names of `order`."""
    parts = [table.assign(image=image) for image, table in tables.items() if len(table)]
    columns = ["image", *_present(tables, order)]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    return add_sample_columns(table[columns], table["image"], sheet)


def _present(tables: Mapping[str, pd.DataFrame], order: list[str]) -> list[str]:
    """Name the columns that the tables have, in order.

    One without rows doesn't count, as nothing is measured in its units, unless all are so.
    """
    counted = [table for table in tables.values() if len(table)] or list(tables.values())
    names = {name for table in counted for name in table}
    return [name for name in order if name in names] if counted else order


def image_summary(
    tables: Mapping[str, pd.DataFrame],
    msds: Mapping[str, pd.DataFrame],
    sheet: SampleSheet,
) -> pd.DataFrame:
    """Summarise the tracks of each image.

    Parameters
    ----------
    tables
        What `motility.motility_table` gives for each image.
    msds
        What `motility.ensemble_msd` gives for each image.
    sheet
        The sample sheet.

    Returns
    -------
    pandas.DataFrame
        One row per image: ``image``, ``scenes`` (those with tracks), ``tracks``, ``divisions``
        (tracks that are the mother of two), then of each measure of a track ``<measure>_mean`` and
        ``<measure>_median`` over tracks, and ``diffusion_<unit>`` and ``msd_exponent`` of all
        tracks together; then the sheet's columns. What can't be told is blank.

    Raises
    ------
    SettingsError
        The sheet has a column that the table has too.
    """
    rows = [_summary(image, tables[image], msds[image]) for image in tables]
    present = _present(tables, COLUMNS)
    columns = ["image", "scenes", "tracks", "divisions"]
    for name in present:
        if name in _PER_TRACK:
            columns += [f"{name}_mean", f"{name}_median"]
        elif name in _OF_ALL:
            columns.append(name)
    table = pd.DataFrame(rows, columns=columns)
    return add_sample_columns(table, table["image"], sheet)


def _summary(image: str, table: pd.DataFrame, msd: pd.DataFrame) -> dict[str, object]:
    """Give the row of one image."""
    daughters = table["parent_track_id"].dropna().value_counts()
    row: dict[str, object] = {
        "image": image,
        "scenes": table["scene"].nunique(),
        "tracks": len(table),
        "divisions": int((daughters >= 2).sum()),
    }
    fit = fit_power_law(msd)
    for name in table:
        if name in _PER_TRACK:
            values = table[name].astype(float)
            row |= {f"{name}_mean": values.mean(), f"{name}_median": values.median()}
        elif name in _OF_ALL and len(fit):
            row[name] = fit["msd_exponent" if name == "msd_exponent" else "diffusion"].iloc[0]
    return row


def condition_summary(summary: pd.DataFrame, column: str) -> pd.DataFrame:
    """Summarise the images of each condition.

    Images, not tracks, are what an experiment repeats: nuclei of one image share its medium, its
    temperature and its staining. So each image counts as one.

    Parameters
    ----------
    summary
        What `image_summary` gives.
    column
        That of the conditions, see `conditions.design`. Images without one are a group, too.

    Returns
    -------
    pandas.DataFrame
        One row per condition: `column`, ``images``, ``tracks`` and ``divisions`` (sums), then of
        each measure ``<measure>`` (mean over the images of their means over tracks, or of what all
        tracks of an image give together), ``<measure>_sd`` (standard deviation over images) and
        ``<measure>_images`` (how many these are: others lack it or have it in another unit).
        Conditions that are numbers are sorted, others stand in the order in which they are met.

    Raises
    ------
    SettingsError
        The column is named as one of these.
    """
    groups = summary.groupby(column, sort=is_numeric_dtype(summary[column]), dropna=False)
    found = {
        "images": groups.size(),
        "tracks": groups["tracks"].sum(),
        "divisions": groups["divisions"].sum(),
    }
    means = {f"{name}_mean": name for name in _PER_TRACK} | {name: name for name in _OF_ALL}
    for name, short in means.items():
        if name in summary:
            found[short] = groups[name].mean()
            found[f"{short}_sd"] = groups[name].std()
            found[f"{short}_images"] = groups[name].count()
    if column in found:
        raise SettingsError(
            f"sample_sheet: it has a column named {column}, as the results have; rename it"
        )
    return pd.DataFrame(found).reset_index()
