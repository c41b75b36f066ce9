"""What is compared of nuclei, and how it is described: mean, spread and quartiles."""

from collections.abc import Hashable, Iterable

import pandas as pd

STATISTICS = ("mean", "sd", "sem", "median", "q1", "q3")
PERCENT = "_percent"  # how the columns of shares end
_KINDS = ("sum", "mean", "background_corrected_sum")


def channels_of(columns: Iterable[Hashable]) -> list[str]:
    """List the channels of a table of nuclei: no other column ends in ``_mean``."""
    return [name.removesuffix("_mean") for name in _ending(columns, "_mean")]


def _ending(columns: Iterable[Hashable], end: str) -> list[str]:
    return [name for name in map(str, columns) if name.endswith(end)]


def measures_of(nuclei: pd.DataFrame) -> list[str]:
    """List the columns of `read_nuclei`'s table that are described by `STATISTICS`.

    Background-corrected sums are left out where no nucleus has one.
    """
    names = [f"{channel}_{kind}" for channel in channels_of(nuclei) for kind in _KINDS]
    corrected = {name for name in names if name.endswith(_KINDS[-1]) and nuclei[name].isna().all()}
    return ["area_px", "area_um2", *(name for name in names if name not in corrected)]


def read_nuclei(path: str) -> pd.DataFrame:
    """Read what is compared of all nuclei.

    Parameters
    ----------
    path
        nuclei.parquet.

    Returns
    -------
    pandas.DataFrame
        A row per nucleus: ``image``, and as floats ``frame``, ``time_s``, ``area_px``,
        ``area_um2``, of each channel what it has of ``_sum``, ``_mean``,
        ``_background_corrected_sum``, ``_saturated_px``, ``_positive`` (1 or 0).
    """
    from pyarrow import parquet

    file = parquet.ParquetFile(path)
    there = file.schema_arrow.names
    kinds = (*_KINDS, "saturated_px", "positive")
    of_channels = [f"{channel}_{kind}" for channel in channels_of(there) for kind in kinds]
    numbers = ["frame", "time_s", "area_px", "area_um2", *(n for n in of_channels if n in there)]
    table = file.read(["image", *numbers]).to_pandas()
    return table.astype(dict.fromkeys(numbers, "float64"))


def described(values: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Describe columns by groups.

    Parameters
    ----------
    values
        Numbers, NaN where not measured: these don't count.
    groups
        The group of each row; rows without one don't count.

    Returns
    -------
    pandas.DataFrame
        A row per group, in order of their keys; for each column ``<column>_mean``, ``_sd`` (of a
        sample: n - 1), ``_sem`` (sd / sqrt(n)), ``_median``, ``_q1``, ``_q3`` (linear between
        values, as numpy has it). What one value can't tell (sd, sem) is NaN.
    """
    grouped = values.groupby(groups)
    found = {
        "mean": grouped.mean(),
        "sd": grouped.std(),
        "sem": grouped.sem(),
        "median": grouped.median(),
        "q1": grouped.quantile(0.25),
        "q3": grouped.quantile(0.75),
    }
    return pd.DataFrame(
        {f"{name}_{kind}": found[kind][name] for name in values for kind in STATISTICS},
        index=found["mean"].index,
    )


def positive_percent(nuclei: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Give ``<channel>_positive_percent`` by groups: of the nuclei of which it is known."""
    asked = _ending(nuclei, "_positive")
    return 100 * nuclei[asked].groupby(groups).mean().add_suffix(PERCENT)


def saturated_percent(nuclei: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Give ``<channel>_saturated_percent`` by groups: the share of the nuclei's pixels."""
    shares = {}
    for name in _ending(nuclei, "_saturated_px"):
        area = nuclei["area_px"].where(nuclei[name].notna())
        sums = pd.DataFrame({"px": nuclei[name], "of": area}).groupby(groups).sum(min_count=1)
        shares[name.removesuffix("_px") + PERCENT] = 100 * sums["px"] / sums["of"]
    return pd.DataFrame(shares, index=pd.Index(sorted(groups.dropna().unique())))
