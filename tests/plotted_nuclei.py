"""Made tables of nuclei, to be plotted."""

import numpy as np
import pandas as pd

from immunostain.images.facts import MeasuredFile
from immunostain.plots.measured import Measured, gather
from immunostain.samples.conditions import design
from immunostain.samples.sample_sheet import SampleSheet


def nuclei(images, values, frames=1, minutes=10.0, ring=False, corrected=False):
    """Give a table as nuclei.parquet has it.

    `values`: by channel, the mean of each nucleus of an image, the same in all images and frames,
    or a function of the image. Each nucleus has 100 pixels, in its ring 50.
    """
    parts = []
    for image in images:
        means = {name: np.array(of(image) if callable(of) else of) for name, of in values.items()}
        number = len(next(iter(means.values())))
        for frame in range(frames):
            part = {
                "image": image,
                "scene": 0,
                "frame": frame,
                "time_s": None if minutes is None else 60 * minutes * frame,
                "nucleus_id": range(number),
                "perinuclear_area_px": 50 if ring else None,
            }
            for channel, mean in means.items():
                part |= {
                    f"{channel}_sum": 100 * mean,
                    f"{channel}_mean": mean,
                    f"{channel}_background_corrected_sum": 90 * mean if corrected else None,
                    f"{channel}_perinuclear_sum": 10 * mean if ring else None,
                }
            parts.append(pd.DataFrame(part))
    table = pd.concat(parts, ignore_index=True)
    whole = {"nucleus_id": "Int64", "perinuclear_area_px": "Int64"}
    real = [name for name in table if name.endswith(("_sum", "_mean")) or name == "time_s"]
    return table.astype(whole | dict.fromkeys(real, "float64"))


def gathered(table, sheet=None, images=None, by=None, replicate=None, reference=None) -> Measured:
    """Gather a table's nuclei; the first channel is the nuclear one."""
    channels = tuple(n.removesuffix("_mean") for n in table if n.endswith("_mean"))
    facts = MeasuredFile(channels=channels, nuclear_channel=channels[0] if channels else "")
    names = images or list(dict.fromkeys(table["image"]))
    sheet = sheet or SampleSheet()
    chosen = design(sheet.columns, by, replicate)
    return gather(table, dict.fromkeys(names, facts), {}, sheet, chosen, reference)
