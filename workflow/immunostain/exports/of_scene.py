"""Tracks in the formats of other programs."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from immunostain.exports.ctc import write_ctc
from immunostain.exports.geff import write_geff
from immunostain.exports.label_stack import track_masks, write_track_masks
from immunostain.exports.trackmate import write_trackmate
from immunostain.shared.errors import ImageError
from immunostain.tracking.lineages import frame_interval
from immunostain.tracking.scene import TrackedScene

log = logging.getLogger("immunostain")


def export_scene(
    folder: Path,
    name: str,
    scene: TrackedScene,
    linked: pd.DataFrame,
    formats: Sequence[str],
    czi_file: Path,
) -> None:
    """Write the tracks of a scene in each format that is asked for.

    A format that can't hold them is left out, with a note in the log.

    Parameters
    ----------
    folder
        Where files go.
    name
        With which their names begin.
    scene
        Its frames.
    linked
        Its nuclei, as `link.link_nuclei` gives them.
    formats
        Of ``labels, ctc, geff, trackmate``.
    czi_file
        The image.
    """
    frames, size = scene.frames[-1] + 1, scene.pixel_size_um

    def write_labels() -> None:
        masks = track_masks(linked, frames, scene.shape, scene.labels)
        path = folder / f"{name}_tracks.ome.tif"
        write_track_masks(path, masks, frames, scene.shape, size, frame_interval(linked))

    writers: dict[str, Callable[[], None]] = {
        "labels": write_labels,
        "ctc": lambda: write_ctc(folder / f"{name}_ctc", linked, frames, scene.shape, scene.labels),
        "geff": lambda: write_geff(folder / f"{name}.geff", linked, size),
        "trackmate": lambda: write_trackmate(
            folder / f"{name}_trackmate.xml",
            linked,
            czi_file.absolute(),
            frames,
            scene.shape,
            size,
        ),
    }
    for wanted in formats:
        try:
            writers[wanted]()
        except ImageError as error:
            log.exception("%s: %s was left out: %s", name, wanted, error)
