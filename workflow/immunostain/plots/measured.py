"""What plots are made of: nuclei with their condition and replicate."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from immunostain.comparison.by_condition import grouped_images
from immunostain.images.facts import MeasuredFile
from immunostain.results.images_analysed import all_channels
from immunostain.samples.conditions import Design, images_with
from immunostain.samples.sample_sheet import SampleSheet

_KINDS = ("sum", "mean")
_KINDS_IF_ASKED_FOR = ("background_corrected_sum", "perinuclear_sum")
_PLACE = ["image", "scene", "frame", "time_s", "nucleus_id", "perinuclear_area_px"]


@dataclass(frozen=True)
class Measured:
    """The nuclei of all images, and which images belong together.

    Attributes
    ----------
    nuclei
        A row per nucleus: ``image``, ``scene``, ``frame``, ``time_s``, ``nucleus_id``,
        ``perinuclear_area_px``, ``condition``, ``replicate`` (texts, missing where the sample sheet
        doesn't tell both), and per channel ``<channel>_sum``, ``_mean`` and those of
        ``_background_corrected_sum`` and ``_perinuclear_sum`` that were measured anywhere, as real
        numbers.
    images
        A row per image that is compared, with or without nuclei: ``image``, ``condition``,
        ``replicate``. Without conditions all that were analysed.
    channels
        Those of which a nucleus has a mean.
    nuclear_channel
        The one in which nuclei were found, of most images if they differ.
    by
        The sample sheet's column of conditions; None where there is none.
    conditions
        In order: the reference first, numbers sorted, others as in the sample sheet.
    replicate
        What the replicates are: a column of the sheet, or ``image``.
    """

    nuclei: pd.DataFrame
    images: pd.DataFrame
    channels: tuple[str, ...]
    nuclear_channel: str | None
    by: str | None
    conditions: tuple[str, ...]
    replicate: str

    @property
    def timelapses(self) -> bool:
        """Whether any nuclei are of a later time point."""
        return bool((self.nuclei["frame"] > 0).any())

    def has(self, column: str) -> bool:
        """Tell whether a column was measured anywhere."""
        return column in self.nuclei


def gather(
    nuclei: pd.DataFrame,
    facts: Mapping[str, MeasuredFile],
    renamed: Mapping[str, str],
    sheet: SampleSheet,
    design: Design,
    reference: str | float | None = None,
) -> Measured:
    """Tell of each nucleus which condition and replicate it is of.

    Parameters
    ----------
    nuclei
        What `read_nuclei` gives.
    facts, renamed
        What `images_analysed.read_analysed` gives.
    sheet
        The sample sheet.
    design
        Its columns that count.
    reference
        The condition with which others are compared, as in the settings.
    """
    images, conditions = _images(list(facts), sheet, design, reference)
    channels = all_channels(facts)
    there = {name for name in nuclei if nuclei[name].notna().any()}
    measured = tuple(name for name in channels if f"{name}_mean" in there)
    always = [f"{channel}_{kind}" for channel in measured for kind in _KINDS]
    if_asked_for = [f"{channel}_{kind}" for channel in measured for kind in _KINDS_IF_ASKED_FOR]
    filled = [*always, *(name for name in if_asked_for if name in there)]
    table = nuclei[_PLACE].copy()
    table[filled] = nuclei[filled].astype("float64")
    groups = images.set_index("image")
    for name in ("condition", "replicate"):
        table[name] = table["image"].map(groups[name])
    found_in = Counter(renamed.get(f.nuclear_channel, f.nuclear_channel) for f in facts.values())
    nuclear = next((name for name, _ in found_in.most_common() if name in measured), None)
    replicate = design.replicate or "image"
    return Measured(table, images, measured, nuclear, design.condition, conditions, replicate)


def read_nuclei(path: str | Path) -> pd.DataFrame:
    """Read of the Parquet table of nuclei what plots need: not the places and shapes."""
    from pyarrow import parquet  # half a second, so only where it is used

    names = parquet.read_schema(path).names
    kinds = tuple(f"_{kind}" for kind in (*_KINDS, *_KINDS_IF_ASKED_FOR))
    return pd.read_parquet(path, columns=[n for n in names if n in _PLACE or n.endswith(kinds)])


def _images(
    names: list[str], sheet: SampleSheet, design: Design, reference: str | float | None
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Give the images' conditions and replicates, and the conditions in order."""
    if design.condition is None:
        table = pd.DataFrame({"image": names}, dtype="str")
        return table.assign(condition="", replicate=table["image"]), ()
    grouped = grouped_images(names, sheet, design)
    table = pd.DataFrame(
        {
            "image": grouped["image"],
            "condition": _texts(grouped[design.condition]),
            "replicate": _texts(grouped[design.replicate or "image"]),
        },
        dtype="str",
    )
    first = [] if reference is None else images_with(sheet, {design.condition: reference})
    of_reference = set(table.loc[table["image"].isin(first), "condition"])
    order = sorted(table["condition"].unique(), key=lambda name: name not in of_reference)
    return table, tuple(order)


def _texts(values: pd.Series) -> list[str]:
    """Write the values of a column of the sample sheet as they stand there."""
    return [value if isinstance(value, str) else f"{value:.12g}" for value in values]
