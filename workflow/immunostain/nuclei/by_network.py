"""From the maps of the neural network to label images."""

import logging
from dataclasses import replace
from pathlib import Path

from immunostain.images.facts import FileFacts
from immunostain.images.frames import read_left_out, read_maps
from immunostain.nuclei.evidence import Evidence
from immunostain.nuclei.from_maps import nuclei_of_maps
from immunostain.nuclei.label_frames import RepairScene, label_frames
from immunostain.nuclei.labels import Found
from immunostain.nuclei.likeness import LIMITS, Likeness, likeness, seen_in
from immunostain.shared.resampling import resample


def segment_by_unet(
    map_folder: str,
    label_folder: Path,
    facts: FileFacts,
    probability: float,
    minimum_area: float | str,
    separate_touching: bool,
    exclude_border: bool,
    log: logging.Logger,
    repair: RepairScene | None = None,
) -> FileFacts:
    """Find the nuclei in each frame by what the neural network said and write label images.

    Parameters
    ----------
    map_folder, label_folder
        Where the maps are and where the label images go.
    facts
        What is known of the maps.
    probability, minimum_area, separate_touching, exclude_border
        As in config.yaml.
    log
        Told the number of nuclei in each frame.
    repair
        As for `label_frames`.

    Returns
    -------
    FileFacts
        As `label_frames` gives them, with how much of what the network saw looks like nuclei.

    Raises
    ------
    ImageError
        The minimum area is in square micrometres and the file has no pixel size.
    """
    alike: list[Likeness] = []
    # What is not cut apart is as it happens to lie, and no ellipse.
    limits = LIMITS if separate_touching else LIMITS._replace(roundness=0)

    def find(
        scene: int, number: int, smallest: float | None, drop_at_edge: bool
    ) -> tuple[Found, str]:
        maps = read_maps(map_folder, scene, number)
        beyond = read_left_out(map_folder, scene, number)
        size = facts.scenes[scene]
        shape = size.height_px, size.width_px
        found = nuclei_of_maps(
            maps, shape, probability, smallest, separate_touching, drop_at_edge, beyond
        )
        seen = seen_in(maps, found.labels, found.dropped, probability)
        alike.append(likeness(seen, limits))
        return found, ""

    def evidence(scene: int, number: int) -> Evidence:
        foreground = read_maps(map_folder, scene, number)[0]
        size = facts.scenes[scene]
        shape = size.height_px, size.width_px
        return Evidence(
            lambda window: resample(foreground, shape, window),
            255 * probability,
            left_out=read_left_out(map_folder, scene, number),
        )

    settings = (minimum_area, separate_touching, exclude_border)
    how = f"probability {probability:g}"
    labelled = label_frames(label_folder, facts, how, *settings, find, evidence, repair, log)
    return replace(
        labelled,
        seen_px=sum(frame.seen_px for frame in alike),
        like_nuclei_px=sum(frame.like_nuclei_px for frame in alike),
    )
