"""Pictures of tracks, frame by frame: contours in the tracks' colours, ids, where nuclei came from.

All is drawn at the size at which it is shown: contours and letters that are drawn first and resized
afterwards are blurred.
"""

import math
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageFont

from immunostain.pictures.annotate import SMALLEST_WITH_ID, letter_size, outlines
from immunostain.pictures.colours import track_colour

# For so many frames back one sees where a nucleus comes from.
TAIL = 10

# A film's colours have half the resolution of its brightness, so those of a line one pixel wide are
# pale. In smaller nuclei than these (pixels of what is drawn) a wider line would hide too much.
_SMALLEST_WITH_WIDE_LINE = 150

# Smaller letters are not to be read in a film.
_LEAST_LETTERS = 10
# Of a digit, as a share of its letters' height.
_LETTER_WIDTH = 0.55


class Moment(NamedTuple):
    """Where the tracks of a scene are in one frame. Places are (x, y) in pixels.

    Attributes
    ----------
    nuclei
        The place of each nucleus of the frame, by track id.
    tails
        Where each track was in the last frames, in order of time, by track id.
    divisions
        Where mothers were last seen whose daughters' tails begin there.
    """

    nuclei: dict[int, tuple[float, float]]
    tails: dict[int, list[tuple[float, float]]]
    divisions: list[tuple[float, float]]


class Style(NamedTuple):
    """How thick things are drawn, the same in all frames, so that nothing flickers.

    Attributes
    ----------
    letters
        Height of the ids' letters in pixels of what is drawn; 0: no ids.
    line
        Width of the contours in pixels of what is drawn.
    """

    letters: int
    line: int


def moments(tracks: pd.DataFrame, frames: Iterable[int], length: int = TAIL) -> Iterator[Moment]:
    """Give for each frame where the tracks are and were.

    A daughter's tail begins where her mother was last seen. A tail goes straight across frames in
    which the nucleus is missing, and stays while it is missing. That of a track that has ended is
    gone, unless the nucleus has divided: then it stays behind those of its daughters.

    Parameters
    ----------
    tracks
        The rows of one scene of what `table.track_table` gives.
    frames
        The frames that are wanted.
    length
        How many frames back tails go.
    """
    tracks = tracks.sort_values("frame", kind="stable")
    number = tracks["frame"].to_numpy()
    track = tracks["track_id"].to_numpy(np.int64)
    x, y = tracks["x_px"].to_numpy(float), tracks["y_px"].to_numpy(float)
    by_track = tracks.groupby("track_id")
    first, last = by_track["frame"].min().to_dict(), by_track["frame"].max().to_dict()
    parents = by_track["parent_track_id"].first().dropna().astype(np.int64)
    mothers = parents[parents.isin(track)].to_dict()
    ended = tracks[tracks["track_id"].isin(set(mothers.values()))].groupby("track_id").tail(1)
    ends = dict(zip(ended["track_id"], zip(ended["x_px"], ended["y_px"], strict=True), strict=True))

    # Until when a track is seen: a mother's as long as one of those that come from her lives.
    until = dict(last)
    for daughter in sorted(mothers, key=first.__getitem__, reverse=True):
        until[mothers[daughter]] = max(until[mothers[daughter]], until[daughter])

    def rows(begin: int, end: int) -> Iterator[tuple[int, tuple[float, float]]]:
        places = zip(x[begin:end].tolist(), y[begin:end].tolist(), strict=True)
        return zip(track[begin:end].tolist(), places, strict=True)

    for frame in frames:
        begin, now, after = np.searchsorted(number, [frame - length, frame, frame + 1])
        tails: dict[int, list[tuple[float, float]]] = {}
        for one, place in rows(begin, after):
            if until[one] >= frame:
                tails.setdefault(one, []).append(place)
        divided = set()
        for one, tail in tails.items():
            if one in mothers and first[one] >= frame - length:
                tail.insert(0, ends[mothers[one]])
                divided.add(mothers[one])
        yield Moment(dict(rows(now, after)), tails, [ends[mother] for mother in sorted(divided)])


def style(
    areas: np.ndarray, largest_id: int, picture: tuple[int, int], drawn: tuple[int, int]
) -> Style:
    """Choose letters and lines that suit the nuclei of a scene.

    Parameters
    ----------
    areas
        Of the nuclei of all frames, in pixels.
    largest_id
        Of the tracks.
    picture, drawn
        The (Y, X) of the microscope's picture and of what is drawn.

    Returns
    -------
    Style
        Without ids where they would hide more than the typical nucleus.
    """
    if not len(areas):
        return Style(letters=0, line=1)
    typical = float(np.median(areas)) * (drawn[0] * drawn[1]) / (picture[0] * picture[1])
    # Small films may have letters as high as those of large ones: players show them in one size.
    letters = max(_LEAST_LETTERS, letter_size(np.array([typical]), (1024, 1024)))
    written = _LETTER_WIDTH * letters * len(str(largest_id))
    if typical < SMALLEST_WITH_ID or written > 1.2 * 2 * math.sqrt(typical / math.pi):
        letters = 0
    return Style(letters, line=2 if typical >= _SMALLEST_WITH_WIDE_LINE else 1)


def draw_tracks(
    picture: np.ndarray,
    labels: np.ndarray,
    moment: Moment,
    shape: tuple[int, int],
    style: Style,
) -> np.ndarray:
    """Draw one frame with the contours, tails and ids of its nuclei.

    The contours lie inside the nuclei, as those of `annotate.outlines` do. A division is a white
    dot where the mother was last seen; from there the daughters' tails go.

    Parameters
    ----------
    picture
        (Y, X) uint8.
    labels
        (Y, X) uint32, the nuclei of the frame with their track ids as pixel values.
    moment
        What `moments` gives for the frame.
    shape
        (Y, X) of what is drawn, the same part of the world.
    style
        What `style` gives for the scene.

    Returns
    -------
    numpy.ndarray
        (Y, X, 3) uint8 of that shape.
    """
    grey = Image.fromarray(picture)
    if picture.shape != shape:
        grey = grey.resize(shape[::-1], Image.Resampling.BICUBIC)
    drawn = np.array(grey.convert("RGB"))
    _draw_contours(drawn, _resized(labels, shape), style.line)
    canvas = Image.fromarray(drawn)
    draw = ImageDraw.Draw(canvas)

    down, along = shape[0] / picture.shape[0], shape[1] / picture.shape[1]

    def at(place: tuple[float, float]) -> tuple[float, float]:
        return (place[0] + 0.5) * along - 0.5, (place[1] + 0.5) * down - 0.5

    for track, tail in moment.tails.items():
        if len(tail) > 1:
            draw.line([at(place) for place in tail], track_colour(track), width=2)
    for place in moment.divisions:
        x, y = at(place)
        draw.ellipse((x - 3, y - 3, x + 3, y + 3), fill="white", outline="black")
    letters = style.letters
    if letters:
        for track, place in moment.nuclei.items():  # after all lines, so that none hides an id
            x, y = at(place)
            across, up = _LETTER_WIDTH * letters * len(str(track)) / 2 + 1, letters / 2
            x = min(max(x, across), shape[1] - 1 - across)  # all of an id at the edge is seen
            y = min(max(y, up), shape[0] - 1 - up)
            draw.text(
                (x, y),
                str(track),
                "white",
                _font(letters),
                anchor="mm",
                stroke_width=1 + letters // 16,
                stroke_fill="black",
            )
    return np.asarray(canvas)


def _draw_contours(drawn: np.ndarray, labels: np.ndarray, width: int) -> None:
    """Colour the outermost pixels of each nucleus; (Y, X, 3) is drawn on, `labels` is (Y, X)."""
    inside = labels
    for _ in range(width):
        line = outlines(inside)
        tracks, which = np.unique(inside[line], return_inverse=True)
        tints = [track_colour(int(track)) for track in tracks]
        drawn[line] = np.array(tints, np.uint8).reshape(-1, 3)[which]
        inside = np.where(line, 0, inside)


def _resized(labels: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Give each pixel of a new shape the label in which its centre lies."""
    for axis, (old, new) in enumerate(zip(labels.shape, shape, strict=True)):
        if old != new:
            labels = labels.take((2 * np.arange(new) + 1) * old // (2 * new), axis)
    return labels


_font = cache(ImageFont.load_default)
