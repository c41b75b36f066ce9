"""From frames to the maps of the neural network."""

import logging
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from immunostain.images.facts import FileFacts
from immunostain.images.frames import (
    a_few,
    read_frame,
    read_left_out,
    write_left_out,
    write_maps,
)
from immunostain.network.diameter import Estimate, estimate
from immunostain.network.input import DARK
from immunostain.network.predictor import NUCLEUS_DIAMETER, Predictor
from immunostain.network.tiles import Tile, cut_tiles, run_network
from immunostain.shared.errors import SettingsError
from immunostain.shared.left_out import left_out, pixels_that_count
from immunostain.shared.pace import reporter
from immunostain.shared.resampling import zoomed
from immunostain.shared.units import length_in_pixels

LARGEST_ZOOM = 4.0  # nuclei so small that they'd need more have too few pixels to be told apart


def network_shape(shape: tuple[int, int], diameter: float | None) -> tuple[int, int]:
    """Give the (Y, X) at which a picture's nuclei have the diameter the network is meant for.

    Parameters
    ----------
    shape
        The picture's (Y, X).
    diameter
        Of its nuclei, pixels; None: unknown, the picture keeps its size.
    """
    zoom = min(LARGEST_ZOOM, NUCLEUS_DIAMETER / diameter) if diameter else 1.0
    return zoomed(shape, zoom)


def predict(
    network: Predictor,
    pictures: Iterable[np.ndarray],
    diameter: float | None,
    on_tile: Callable[[float], None] = lambda frames: None,
    brightness: tuple[float, float] | None = None,
) -> Iterator[np.ndarray]:
    """Give the foreground and depth of each picture, (2, Y, X) uint8, 255 is 1.

    Parameters
    ----------
    network
        The network.
    pictures
        (Y, X) each. They are asked for as they are needed; tiles of several may go through the
        network together.
    diameter
        Of their nuclei in pixels, None: unknown.
    on_tile
        Called with the number of pictures done, parts of them too.
    brightness
        The intensities that the network sees as 0 and 1, of a frame of which the pictures are
        parts. None: those of each picture.

    Raises
    ------
    SettingsError
        The network's answer is no number, so its weights are wrong.
    """
    waiting: dict[int, tuple[np.ndarray, int]] = {}  # the maps of a picture, and pixels to come

    def tiles() -> Iterator[Tile]:
        for number, picture in enumerate(pictures):
            shape = network_shape(picture.shape, diameter)
            waiting[number] = (np.empty((2, *shape), np.uint8), shape[0] * shape[1])
            yield from cut_tiles(picture, shape, number, network.multiple, brightness)

    done = 0.0
    for tile, part in run_network(network, tiles()):
        _check_answer(network, tile, part)
        maps, missing = waiting.pop(tile.number)
        maps[(slice(None), *tile.kept)] = np.rint(part[:2] * 255)
        missing -= part[0].size
        done += part[0].size / maps[0].size
        on_tile(done)
        if missing:
            waiting[tile.number] = (maps, missing)
        else:
            yield maps


def _check_answer(network: Predictor, tile: Tile, maps: np.ndarray) -> None:
    """See that the network answers with numbers, if numbers were what it was asked about."""
    if np.isnan(maps).any() and np.isfinite(tile.input).all():
        raise SettingsError(
            f'segmentation.unet.model: "{network.file}" is damaged, what it gives for a picture '
            "are no numbers; copy or train it again"
        )


def maps_of(network: Predictor, picture: np.ndarray, diameter: float | None) -> np.ndarray:
    """Give the foreground and depth of one picture, see `predict`."""
    return next(predict(network, [picture], diameter))


def predict_chunk(
    network: Predictor,
    frame_folder: str,
    map_folder: Path,
    facts: FileFacts,
    nucleus_diameter: float | str,
    log: logging.Logger,
) -> FileFacts:
    """Write the maps of all frames of a chunk.

    The next frame is read and the last maps are written while the network works.

    Parameters
    ----------
    network
        The network.
    frame_folder, map_folder
        Where the frames are and where the maps go.
    facts
        What is known of the frames.
    nucleus_diameter
        As in config.yaml.
    log
        Told the diameter.

    Returns
    -------
    FileFacts
        `facts`, with the diameter of nuclei, and that of a coarse look where the two disagree.

    Raises
    ------
    ImageError
        The diameter is in micrometres and the file has no pixel size.
    """
    frames = [(frame.scene, frame.frame) for frame in facts.frames]
    if nucleus_diameter == "auto":
        pictures = (_shown(frame_folder, frames[index]) for index in a_few(len(frames)))
        estimated = estimate(network, pictures)
    else:
        estimated = Estimate(length_in_pixels(nucleus_diameter, facts.pixel_size_um))
    diameter = estimated.diameter_px
    if diameter:
        log.info("diameter of nuclei: %.1f pixels (asked for: %s)", diameter, nucleus_diameter)
    else:
        log.info("no nuclei seen to estimate their diameter by; the picture keeps its size")
    if estimated.coarse_px:
        log.info("a coarse look says %.1f pixels: the size is uncertain", estimated.coarse_px)
    pictures = (_shown(frame_folder, frame) for frame in frames)
    report = reporter(len(frames), "frames", log)
    predicted = predict(network, pictures, diameter, report)
    with ThreadPoolExecutor(1) as writer:
        writing: list[Future] = []
        for frame, maps in zip(frames, predicted, strict=True):
            for written in writing:
                written.result()  # raises what went wrong
            writing = [
                writer.submit(write_maps, map_folder, *frame, maps),
                writer.submit(_carry_left_out, frame_folder, map_folder, frame),
            ]
        for written in writing:
            written.result()
    return replace(facts, nucleus_diameter_px=diameter, coarse_diameter_px=estimated.coarse_px)


def _shown(frame_folder: str, frame: tuple[int, int]) -> np.ndarray:
    return as_shown(read_frame(frame_folder, *frame))


def as_shown(picture: np.ndarray) -> np.ndarray:
    """Make masked pixels of a frame, (Y, X), as dark as its background, in place."""
    masked = left_out(picture)
    if masked is not None and not masked.all():
        picture.data[masked] = np.percentile(pixels_that_count(picture), DARK)
    return picture


def _carry_left_out(frame_folder: str, map_folder: Path, frame: tuple[int, int]) -> None:
    write_left_out(map_folder, *frame, read_left_out(frame_folder, *frame))
