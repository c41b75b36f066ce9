"""Measure a chunk of a file: from its label images and the .czi file to a table.

A chunk's measurements are two files: a CSV table with a row per nucleus, and a JSON file with what
is known of the file and of each frame, so that a frame without nuclei counts too.
"""

import csv
import logging
from dataclasses import replace
from typing import Any

import numpy as np

from immunostain.czi.channels import Channel, find_channel
from immunostain.czi.image import CziImage, Frame, open_czi
from immunostain.czi.planes import read_frame, uncovered_pixels
from immunostain.images.facts import (
    FileFacts,
    MeasuredFile,
    MeasuredFrame,
    Signal,
    write_facts,
)
from immunostain.images.frames import read_dropped, read_picture
from immunostain.images.runs import Runs, areas, runs_of
from immunostain.measuring.columns import nucleus_columns
from immunostain.measuring.focus import focus
from immunostain.measuring.rings import perinuclear_ring
from immunostain.measuring.saturation import saturated_pixels, saturation_level
from immunostain.measuring.shapes import measure_shapes
from immunostain.measuring.stains import background_level, sum_per_label
from immunostain.shared.files import whole_file
from immunostain.shared.left_out import left_out
from immunostain.shared.units import length_in_pixels


def measure_chunk(
    path: str,
    label_folder: str,
    facts: FileFacts,
    z_projection: str | int,
    perinuclear_width: float | str,
    background: str,
    log: logging.Logger,
) -> tuple[list[dict[str, Any]], MeasuredFile]:
    """Measure the nuclei and the frames of a chunk.

    Parameters
    ----------
    path
        The .czi file.
    label_folder
        The chunk's label images.
    facts
        What is known of that folder.
    z_projection, perinuclear_width, background
        As in config.yaml.
    log
        Told the number of nuclei in each frame.

    Returns
    -------
    rows : list of dict
        One per nucleus, by the names that `columns.nucleus_columns` gives.
    facts : MeasuredFile
        `facts` with what was measured of each frame.

    Raises
    ------
    ImageError
        A plane is damaged, or a width in micrometres is asked for and the file has no pixel size.
    """
    image = open_czi(path)
    nuclear = image.channels[find_channel(image.channels, facts.nuclear_channel)]
    nucleus_columns(facts.channels)  # raises before the work where two columns have one name
    width = length_in_pixels(perinuclear_width, image.pixel_size_um)
    refs = {(frame.scene, frame.frame): frame for frame in image.frames}
    rows: list[dict[str, Any]] = []
    frames = []
    for frame in facts.frames:
        ref = refs[frame.scene, frame.frame]
        labels = read_picture(label_folder, ref.scene, ref.frame)
        nuclei = runs_of(labels)
        columns = measure_shapes(labels, nuclei)
        ring = None
        if width > 0:
            dropped = read_dropped(label_folder, ref.scene, ref.frame)
            beyond = uncovered_pixels(image, ref, nuclear, z_projection)
            taken = [mask for mask in (dropped, beyond) if mask is not None]
            ring = perinuclear_ring(labels, width, np.logical_or.reduce(taken) if taken else None)
            columns["perinuclear_area_px"] = areas(ring)
            del dropped, beyond, taken
        del labels  # a large picture and its labels need not be in memory together
        signal, no_number, sharpness, covered = {}, {}, None, 0
        for channel in image.channels:
            picture = read_frame(image, ref, channel, z_projection)
            if count := _pixels_without_number(picture, image, ref, channel, z_projection):
                no_number[channel.name] = count
            of_channel, signal[channel.name] = _measure_channel(
                picture, nuclei, columns["area_px"], ring, background
            )
            if channel == nuclear:
                sharpness, covered = focus(picture), np.ma.count(picture)
            if z_projection == "mean" and len(image.scenes[ref.scene].planes[channel.number]) > 1:
                del picture  # a mean hides pixels that are saturated in some of the planes
                picture = read_frame(image, ref, channel, "max")
            of_channel["saturated_px"], signal[channel.name] = _saturation(
                picture, nuclei, channel.bits, signal[channel.name]
            )
            columns |= {f"{channel.name}_{name}": part for name, part in of_channel.items()}
            del picture
        if image.pixel_size_um:
            pixel_area = image.pixel_size_um[0] * image.pixel_size_um[1]
            columns["area_um2"] = columns["area_px"] * pixel_area
        count = len(columns["area_px"])
        lists = {name: values.tolist() for name, values in columns.items()}
        rows += [
            {**vars(frame), "nucleus_id": number, **{name: lists[name][number] for name in lists}}
            for number in range(count)
        ]
        frames.append(
            MeasuredFrame(
                **vars(frame),
                nuclei=count,
                nuclear_area_px=int(columns["area_px"].sum()),
                signal=signal,
                no_number_px=no_number,
                covered_px=int(covered),
                focus=sharpness,
            )
        )
        log.info("scene %d, frame %d: %d nuclei", ref.scene, ref.frame, count)
    return rows, MeasuredFile(**vars(facts) | {"frames": tuple(frames)})


def _measure_channel(
    picture: np.ndarray,
    nuclei: Runs,
    area: np.ndarray,
    ring: Runs | None,
    background: str,
) -> tuple[dict[str, np.ndarray], Signal]:
    """Measure one channel: columns with a value per nucleus, and the signal of the picture.

    A nucleus that holds a masked pixel has no sum, as it would be too small.
    """
    everywhere = sum_per_label(nuclei, picture)
    sums = _known(everywhere[1:], nuclei, picture)
    columns = {"sum": sums, "mean": sums / area}
    level = None
    if background == "median":
        level = background_level(nuclei, picture)
        columns["background_corrected_sum"] = sums - level * area
    if ring is not None:
        columns["perinuclear_sum"] = _known(sum_per_label(ring, picture)[1:], ring, picture)
    return columns, Signal(everywhere.sum().item(), everywhere[1:].sum().item(), level)


def _saturation(
    picture: np.ndarray, nuclei: Runs, bits: int | None, signal: Signal
) -> tuple[np.ndarray, Signal]:
    """Give the saturated pixels of each nucleus, and the picture's signal with those of all."""
    level = saturation_level(picture, bits)
    everywhere = saturated_pixels(nuclei, picture, level)
    inside = everywhere[1:]
    return inside, replace(
        signal,
        saturated_px=int(everywhere.sum()),
        nuclear_saturated_px=int(inside.sum()),
        saturation_level=level,
    )


def _known(sums: np.ndarray, parts: Runs, picture: np.ndarray) -> np.ndarray:
    """Mask the sums of those parts that hold a masked pixel of the picture."""
    masked = left_out(picture)
    if masked is None:
        return sums
    return np.ma.MaskedArray(sums, sum_per_label(parts, masked.view(np.uint8))[1:] > 0)


def _pixels_without_number(
    picture: np.ndarray,
    image: CziImage,
    frame: Frame,
    channel: Channel,
    z_projection: str | int,
) -> int:
    """Count the masked pixels that tiles cover: they are no number."""
    masked = left_out(picture)
    if masked is None:
        return 0
    beyond = uncovered_pixels(image, frame, channel, z_projection)
    return int(np.count_nonzero(masked if beyond is None else masked & ~beyond))


def write_chunk(table: str, facts_file: str, rows: list[dict[str, Any]], facts: FileFacts) -> None:
    """Write a chunk's measurements; what was not measured is left blank."""
    with whole_file(table) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, nucleus_columns(facts.channels), restval="")
        writer.writeheader()
        writer.writerows(rows)
    with whole_file(facts_file) as partial:
        write_facts(partial, facts)
