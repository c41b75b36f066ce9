"""Movies that PowerPoint, QuickTime and browsers play, small enough for a mail."""

import math
import statistics
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.video.reformatter import (
    ColorPrimaries,
    ColorRange,
    Colorspace,
    ColorTrc,
    Interpolation,
    VideoReformatter,
)
from av.video.stream import VideoStream
from PIL import Image, ImageDraw, ImageFont

from immunostain.shared.files import whole_file

# What most mail servers take, with a text and a table beside it.
_MOST_BYTES = 8_000_000
# Bits per second that every player and projector's computer can follow.
_MOST_BITS = 10_000_000

# Longer side in pixels. From so many frames on there are too few bytes for each to be so large.
_LONGEST_SIDE = 1024
_LONGEST_SIDE_OF_LONG = 512
_MANY_FRAMES = 2000
_SMALL = 500

# Some players refuse smaller movies, and the time would not fit in.
_LEAST_HEIGHT, _LEAST_WIDTH = 64, 128

_SECONDS = 15
_SLOWEST, _FASTEST = 2, 25

# Camera noise can't be foretold: slower presets of x264 take two to four times the time, and give
# files of the same size and quality. Of what the fastest one leaves out, two things pay: cabac and
# 8x8dct save a fifth. Its usual economy with colours, meant for photographs, makes contours pale;
# the bits that it saves here are some percent.
_ENCODER = {
    "preset": "ultrafast",
    "crf": "24",
    "x264-params": "cabac=1:8x8dct=1:chroma-qp-offset=-12",
}
# A whole picture every so many frames lets players step back quickly.
_WHOLE_PICTURE_EVERY = 25
# Colour has half the resolution: each of its pixels is the mean of exactly four, so that lines of
# two pixels don't fade into what is beside them.
_HALVING = Interpolation.AREA | Interpolation.FULL_CHR_H_INP


def movie_size(shape: tuple[int, int], frames: int) -> tuple[int, int]:
    """Choose at what size the pictures of a movie are drawn.

    Parameters
    ----------
    shape
        (Y, X) of the microscope's pictures.
    frames
        How many there are.

    Returns
    -------
    tuple of int
        (Y, X): large pictures are shrunk to 1024 pixels on the longer side, less where frames are
        so many that the bytes don't suffice; small ones are enlarged by a whole number.
    """
    longest = max(shape)
    most = _LONGEST_SIDE * math.sqrt(_MANY_FRAMES / max(frames, _MANY_FRAMES))
    most = max(_LONGEST_SIDE_OF_LONG, int(most))
    if longest > most:
        height, width = (max(1, round(side * most / longest)) for side in shape)
    else:
        zoom = max(1, min(math.ceil(_SMALL / longest), most // longest))
        height, width = (side * zoom for side in shape)
    return height, width


def frame_rate(frames: int) -> int:
    """Choose how many frames a second are shown: a movie of 20 to 500 frames takes 10 to 20 s."""
    return min(max(round(frames / _SECONDS), _SLOWEST), _FASTEST)


def time_stamps(frames: Sequence[int], times_s: Sequence[float | None]) -> list[str]:
    """Give what is written on each frame: its time, or its number where the time isn't known.

    All are in the unit that suits the longest time; seconds are told where there are several
    frames a minute.

    Examples
    --------
    >>> time_stamps([0, 1, 2], [0, 750, None])
    ['0.0 min', '12.5 min', 'frame 2']
    >>> time_stamps([0, 13], [0, 3900])
    ['0 h 00 min', '1 h 05 min']
    """
    known = [float(time) for time in times_s if time is not None and math.isfinite(time)]
    longest = max(map(abs, known), default=0)
    step = statistics.median([abs(b - a) for a, b in pairwise(known)] or [0])
    return [
        f"frame {frame}" if time is None or not math.isfinite(time) else _clock(time, longest, step)
        for frame, time in zip(frames, times_s, strict=True)
    ]


def _clock(seconds: float, longest: float, step: float) -> str:
    if longest < 100:
        return f"{seconds:.1f} s"
    if longest < 3600 and step >= 6:
        return f"{seconds / 60:.1f} min"
    sign = "-" if seconds < 0 else ""
    if step >= 60:
        hours, minutes = divmod(round(abs(seconds) / 60), 60)
        return f"{sign}{hours} h {minutes:02} min"
    minutes, rest = divmod(round(abs(seconds)), 60)
    if longest < 3600:
        return f"{sign}{minutes} min {rest:02} s"
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours} h {minutes:02} min {rest:02} s"


def write_movie(
    path: str | Path, pictures: Iterable[np.ndarray], stamps: Sequence[str], threads: int = 1
) -> None:
    """Write an MP4 (H.264) of at most about 8 MB, however long.

    Parameters
    ----------
    path
        The .mp4 file.
    pictures
        (Y, X, 3) uint8, all of one shape, see `movie_size`; one at a time is held. Black is put on
        top and to the left where a side is odd, or too short for players and the time stamp.
    stamps
        What is written in the upper left corner of each, see `time_stamps`.
    threads
        How many the encoder may use.

    Raises
    ------
    ValueError
        There are no pictures, or not as many as stamps.
    OSError
        As the file system gives it.
    """
    if not stamps:
        raise ValueError("a movie needs at least one picture")
    to_yuv = VideoReformatter()
    with whole_file(path) as partial:
        # An absolute path, because ffmpeg takes what stands before a colon for a protocol.
        name = str(partial.absolute())
        with av.open(name, "w", format="mp4", options={"movflags": "faststart"}) as container:
            stream = None
            for number, (picture, stamp) in enumerate(zip(pictures, stamps, strict=True)):
                drawn = _stamped(picture, stamp)
                stream = stream or _stream(container, drawn.shape[:2], len(stamps), threads)
                frame = to_yuv.reformat(
                    av.VideoFrame.from_ndarray(drawn, "rgb24"),
                    format="yuv420p",
                    dst_colorspace=Colorspace.ITU709,
                    dst_color_range=ColorRange.MPEG,
                    interpolation=_HALVING,
                    threads=1,
                )
                frame.pts, frame.time_base = number, 1 / stream.codec_context.framerate
                container.mux(stream.encode(frame))
            if stream:
                container.mux(stream.encode())


def _stream(
    container: OutputContainer, shape: tuple[int, int], frames: int, threads: int
) -> VideoStream:
    """Set the encoder up."""
    rate = frame_rate(frames)
    # The rate may be exceeded by what a buffer of two seconds holds, once in a movie.
    bits = min(_MOST_BITS, int(_MOST_BYTES * 8 / (frames / rate + 2)))
    options = _ENCODER | {"maxrate": str(bits), "bufsize": str(2 * bits)}
    stream = container.add_stream("libx264", rate, options)
    stream.height, stream.width = shape
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.thread_count = threads
    context.gop_size = _WHOLE_PICTURE_EVERY
    # Players guess where this isn't told, and show colours that are a little off.
    context.color_range = ColorRange.MPEG
    context.colorspace = Colorspace.ITU709
    context.color_primaries = ColorPrimaries.BT709
    context.color_trc = ColorTrc.BT709
    return stream


def _stamped(picture: np.ndarray, stamp: str) -> np.ndarray:
    """Write the time on a picture and give it sides that are even, as the format needs."""
    height, width = picture.shape[:2]
    shape = max(height + height % 2, _LEAST_HEIGHT), max(width + width % 2, _LEAST_WIDTH)
    drawn = np.zeros((*shape, 3), np.uint8)
    drawn[-height:, -width:] = picture
    letters = max(16, max(shape) // 50)
    corner = drawn[: 2 * letters, : 16 * letters]
    canvas = Image.fromarray(corner)
    ImageDraw.Draw(canvas).text(
        (letters // 2, letters // 2),
        stamp,
        "white",
        _font(letters),
        anchor="lt",
        stroke_width=2,
        stroke_fill="black",
    )
    corner[:] = np.asarray(canvas)
    return drawn


_font = cache(ImageFont.load_default)
