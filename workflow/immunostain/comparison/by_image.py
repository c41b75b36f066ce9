"""Each image in a row: how many nuclei it has, and what they are like."""

from collections.abc import Mapping, Sequence

import pandas as pd

from immunostain.comparison.measures import (
    described,
    measures_of,
    positive_percent,
    saturated_percent,
)
from immunostain.results.inventory import analysed
from immunostain.samples.columns import add_sample_columns
from immunostain.samples.sample_sheet import SampleSheet
from immunostain.shared.whole_numbers import as_whole_numbers

# Taken from the inventory as they stand there.
_OF_THE_INVENTORY = ["frames", "nuclei", "at_edge_percent", "coverage_percent", "focus"]


def summary_by_image(
    nuclei: pd.DataFrame, inventory: Sequence[Mapping[str, str]], sheet: SampleSheet
) -> pd.DataFrame:
    """Summarise the nuclei of each image.

    Parameters
    ----------
    nuclei
        What `measures.read_nuclei` gives.
    inventory
        The rows of inventory.tsv.
    sheet
        The sample sheet.

    Returns
    -------
    pandas.DataFrame
        A row per image that was analysed, with or without nuclei: ``image, frames, nuclei,
        at_edge_percent, coverage_percent, focus`` as in the inventory; of each measure
        `measures.STATISTICS` over its nuclei; ``<channel>_positive_percent`` where asked for,
        ``<channel>_saturated_percent``; the sheet's columns.

    Raises
    ------
    SettingsError
        The sheet has a column that the table has too.
    """
    rows = analysed(inventory)
    table = pd.DataFrame({"image": pd.Series([row["image"] for row in rows], dtype="str")})
    for name in _OF_THE_INVENTORY:
        texts = pd.Series([row.get(name) or None for row in rows], dtype="object")
        table[name] = as_whole_numbers(texts)
    images = nuclei["image"]
    of_nuclei = [
        described(nuclei[measures_of(nuclei)], images),
        positive_percent(nuclei, images),
        saturated_percent(nuclei, images),
    ]
    found = pd.concat([part.reindex(table["image"]) for part in of_nuclei], axis=1)
    table = pd.concat([table, found.reset_index(drop=True)], axis=1)
    return add_sample_columns(table, table["image"], sheet)
