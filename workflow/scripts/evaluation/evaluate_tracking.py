"""Tell how well nuclei are followed, beside two other trackers on the same nuclei."""

from typing import Any

import pandas as pd

from immunostain.evaluation.of_tracks import compare, report
from immunostain.images.facts import read_image
from immunostain.images.frames import label_reader
from immunostain.shared.logs import job_log
from immunostain.shared.units import length_in_pixels

snakemake: Any

with job_log(snakemake.log[0], "evaluate_tracking") as log:
    about, search_range = read_image(snakemake.input.about), snakemake.params.search_range
    if search_range != "auto":
        search_range = length_in_pixels(search_range, about["pixel_size_um"])
    nuclei = pd.concat(map(pd.read_csv, snakemake.input.nuclei), ignore_index=True)
    keys = ["scene", "frame", "nucleus_id"]
    tracks = pd.read_csv(snakemake.input.tracks)[[*keys, "track_id", "parent_track_id"]]
    linked = nuclei.merge(tracks.astype({"parent_track_id": "Int64"}), "left", on=keys)
    scene = about["scenes"][0]
    table = compare(
        snakemake.params.truth,
        linked[linked["scene"] == 0],
        {"search_range": search_range, "memory": snakemake.params.memory},
        1 + max(frame["frame"] for frame in about["frames"] if frame["scene"] == 0),
        (scene["height"], scene["width"]),
        label_reader(snakemake.input.labels, 0),
    )
    print(report(table), flush=True)
    log.info("%s", report(table))
