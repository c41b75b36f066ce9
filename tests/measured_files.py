"""A .czi file taken through the steps up to its measurements, without Snakemake."""

import logging

from immunostain.images.splitting import split_frames
from immunostain.measuring.measure_chunk import measure_chunk
from immunostain.nuclei.by_threshold import segment_by_threshold

LOG = logging.getLogger("test")


def segmented(
    path, tmp_path, chunk="1of1", level=50, minimum_area=50, channel="DAPI", z_projection="max"
):
    """Split a file and find its nuclei; give the folder of labels and what is known of it."""
    folders = tmp_path / f"frames {chunk}", tmp_path / f"labels {chunk}"
    for folder in folders:
        folder.mkdir()
    facts = split_frames(path, folders[0], chunk, channel, z_projection, LOG)
    how = (level, minimum_area, True, True)
    facts = segment_by_threshold(str(folders[0]), folders[1], facts, *how, LOG)
    return folders[1], facts


def measured(path, tmp_path, width=0, background="none", chunk="1of1", z_projection="max", **how):
    folder, facts = segmented(path, tmp_path, chunk, z_projection=z_projection, **how)
    return measure_chunk(path, str(folder), facts, z_projection, width, background, LOG)
