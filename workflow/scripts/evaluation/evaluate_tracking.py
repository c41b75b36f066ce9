"""Tell how well nuclei are followed, beside two other trackers on the same nuclei."""

from typing import Any

from immunostain.evaluation.of_tracks import nuclei_with_tracks, score_trackers, scores_as_text
from immunostain.images.facts import read_image
from immunostain.images.frames import label_reader
from immunostain.shared.logs import job_log
from immunostain.tracking.settings import LinkingSettings, search_range_in_pixels

snakemake: Any

with job_log(snakemake.log[0], "evaluate_tracking") as log:
    facts, params = read_image(snakemake.input.facts), snakemake.params
    search_range = search_range_in_pixels(params.search_range, facts.pixel_size_um)
    linked = nuclei_with_tracks(snakemake.input.nuclei, snakemake.input.tracks)
    scene = facts.scenes[0]
    table = score_trackers(
        params.truth,
        linked[linked["scene"] == 0],
        LinkingSettings(search_range, params.memory),
        1 + max(frame.frame for frame in facts.frames if frame.scene == 0),
        (scene.height_px, scene.width_px),
        label_reader(snakemake.input.labels, 0),
    )
    print(scores_as_text(table), flush=True)
    log.info("%s", scores_as_text(table))
