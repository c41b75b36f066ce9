"""How much of a stain is in the nuclei over time, by condition."""

import pandas as pd

from immunostain.comparison.by_condition import NUMBER
from immunostain.comparison.measures import channels_of

_CONDITION = " condition"  # see `NUMBER`


def stain_over_time(nuclei: pd.DataFrame, grouped: pd.DataFrame) -> pd.DataFrame:
    """Give the mean stain of a nucleus in each frame of the timelapses of each condition.

    Parameters
    ----------
    nuclei
        What `measures.read_nuclei` gives, of timelapses only.
    grouped
        What `by_condition.grouped_images` gives.

    Returns
    -------
    pandas.DataFrame
        A row per condition and frame in which one of its images has nuclei: the condition,
        ``frame``, ``minutes`` (mean over images), ``replicates``, ``images`` and ``nuclei`` that
        there are in the frame; for each channel ``<channel>_mean_mean`` and ``<channel>_mean_sd``,
        mean and standard deviation over replicates of the mean over their nuclei. Minutes are
        missing where an image has none, or where images of the condition are more than half an
        interval apart: their frames don't belong together then.
    """
    condition = grouped.columns[1]
    means = [f"{channel}_mean" for channel in channels_of(nuclei)]
    of_images = grouped.assign(**{_CONDITION: pd.factorize(grouped[condition])[0]})
    table = nuclei[["image", "frame", "time_s", *means]].merge(
        of_images[["image", NUMBER, _CONDITION]], on="image"
    )
    keys = [_CONDITION, "frame"]
    frames = table.groupby(keys)
    counts = frames.agg(
        replicates=(NUMBER, "nunique"),
        images=("image", "nunique"),
        nuclei=("image", "size"),
    )
    counts.insert(0, "minutes", _minutes(table, keys))
    of_replicates = table.groupby([*keys, NUMBER])[means].mean().groupby(keys)
    mean, sd = of_replicates.mean(), of_replicates.std()
    for name in means:
        counts[f"{name}_mean"], counts[f"{name}_sd"] = mean[name], sd[name]
    counts = counts.reset_index().astype({"frame": "int64"})
    names = of_images.drop_duplicates(_CONDITION).set_index(_CONDITION)[condition]
    counts.insert(0, condition, counts.pop(_CONDITION).map(names))
    return counts


def _minutes(table: pd.DataFrame, keys: list[str]) -> pd.Series:
    """Give the mean over images of the minutes of a frame, where they are of about one time."""
    of_images = table.groupby([*keys, "image"])["time_s"].first()
    minutes = (of_images / 60).groupby(keys)
    mean, range_ = minutes.mean(), minutes.max() - minutes.min()
    frame = mean.index.get_level_values("frame").to_numpy()
    together = range_ <= mean.abs() / pd.Series(frame, mean.index).clip(lower=1) / 2
    return mean.where(together & (minutes.count() == minutes.size()))
