"""Images of one experiment are one replicate; replicates of one treatment are one condition."""

from collections.abc import Collection

import pandas as pd
from pandas.api.types import is_numeric_dtype

from immunostain.comparison.measures import (
    PERCENT,
    described,
    measures_of,
    positive_percent,
)
from immunostain.samples.columns import add_sample_columns
from immunostain.samples.conditions import Design
from immunostain.samples.sample_sheet import SampleSheet

NUMBER = " replicate"  # no column of a sample sheet is named so: theirs don't begin with a blank


def grouped_images(images: Collection[str], sheet: SampleSheet, design: Design) -> pd.DataFrame:
    """Say of which condition and of which replicate each image is.

    Parameters
    ----------
    images
        The ids of those that were analysed.
    sheet
        The sample sheet.
    design
        Its columns that count; that of the conditions is one of them.

    Returns
    -------
    pandas.DataFrame
        ``image``, the column of the conditions, that of the replicates (``image`` is it where there
        is none), `NUMBER`, which counts pairs of both from 0. Conditions and, within
        them, replicates are sorted if they are numbers; texts stand in the order of the sheet.
        Images of which the sheet doesn't tell both are left out.
    """
    described_images = [image for image in sheet.rows if image in images]
    table = pd.DataFrame({"image": pd.Series(described_images, dtype="str")})
    table = add_sample_columns(table, table["image"], sheet)
    keys = [str(design.condition), design.replicate or "image"]
    table = table[list(dict.fromkeys(["image", *keys]))].dropna(ignore_index=True)
    ranks = pd.DataFrame({key: _rank(table[key]) for key in keys}).sort_values(keys, kind="stable")
    table = table.loc[ranks.index].reset_index(drop=True)
    return table.assign(**{NUMBER: table.groupby(keys, sort=False).ngroup()})


def _rank(column: pd.Series) -> pd.Series:
    """Give each value's place in the order of their kind."""
    numbers = is_numeric_dtype(column)
    return column if numbers else pd.Series(pd.factorize(column)[0], column.index)


def summary_by_replicate(nuclei: pd.DataFrame, grouped: pd.DataFrame) -> pd.DataFrame:
    """Summarise the nuclei of each replicate, all of its images together.

    Parameters
    ----------
    nuclei
        What `measures.read_nuclei` gives.
    grouped
        What `grouped_images` gives.

    Returns
    -------
    pandas.DataFrame
        A row per replicate, with or without nuclei: its condition and its own name (in the columns
        of `grouped`), ``images``, ``nuclei``, of each measure `measures.STATISTICS` over its
        nuclei, ``<channel>_positive_percent`` where asked for.
    """
    groups = grouped.groupby(NUMBER)
    keys = _keys(grouped)
    table = groups[keys].first().assign(images=groups.size())
    of_nuclei = nuclei["image"].map(grouped.set_index("image")[NUMBER])
    table["nuclei"] = of_nuclei.value_counts().reindex(table.index, fill_value=0)
    found = [
        described(nuclei[measures_of(nuclei)], of_nuclei),
        positive_percent(nuclei, of_nuclei),
    ]
    columns = [table, *(part.reindex(table.index) for part in found)]
    return pd.concat(columns, axis=1).reset_index(drop=True)


def _keys(grouped: pd.DataFrame) -> list[str]:
    """Name the columns of condition and replicate of what `grouped_images` gives."""
    names = [str(name) for name in grouped if name not in ("image", NUMBER)]
    return [*names, "image"][:2]


def means_over_replicates(replicates: pd.DataFrame) -> dict[str, str]:
    """Name the columns of a table of replicates that conditions are compared by.

    Parameters
    ----------
    replicates
        What `summary_by_replicate` gives.

    Returns
    -------
    dict
        By the measure's name: the means over nuclei, and the percentages of positive nuclei.
    """
    columns = replicates.columns[2:]  # behind condition and replicate
    means = [name.removesuffix("_sd") for name in columns if name.endswith("_sd")]
    shares = [name for name in columns if name.endswith(f"_positive{PERCENT}")]
    return {name: f"{name}_mean" for name in means} | {name: name for name in shares}


def summary_by_condition(replicates: pd.DataFrame) -> pd.DataFrame:
    """Summarise the replicates of each condition: each of them counts once, whatever its size.

    Parameters
    ----------
    replicates
        What `summary_by_replicate` gives.

    Returns
    -------
    pandas.DataFrame
        A row per condition, in the order of `replicates`: its name, ``replicates``, ``images``,
        ``nuclei``; of each measure, and of the percentages of positive nuclei,
        `measures.STATISTICS` over the replicates' means (of those that have one).
    """
    condition = replicates.columns[0]
    number, _ = pd.factorize(replicates[condition])
    groups = replicates.groupby(number)
    counts = groups[["images", "nuclei"]].sum()
    counts.insert(0, "replicates", groups.size())
    counts.insert(0, condition, groups[condition].first())
    means = means_over_replicates(replicates)
    values = replicates[list(means.values())].set_axis(list(means), axis=1)
    return pd.concat([counts, described(values, pd.Series(number))], axis=1)
