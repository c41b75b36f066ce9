"""Pictures to verify a segmentation by eye: contours and ids of nuclei on the frames."""

import colorsys
import math
import re
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from zlib_ng import zlib_ng as zlib

from immunostain.bands import bands
from immunostain.borders import outermost

# Pixels of a band that stays in the processor's cache while it is drawn.
IN_CACHE = 1 << 16

# The nuclear channel, then the others in their order; a lighter blue, as pure blue is nearly black.
NUCLEAR_COLOUR = (70, 100, 255)
COLOURS = ((0, 255, 0), (255, 0, 0), (255, 0, 255), (0, 255, 255), (255, 255, 0), (200, 200, 200))

# Where the typical nucleus has fewer pixels than this, ids would hide all of it and its neighbours.
SMALLEST_WITH_ID = 40

# Bytes of a channel's name in a file name: with the image's id and the rest it must fit in 255.
_LONGEST_NAME = 30


def outlines(labels: np.ndarray) -> np.ndarray:
    """Find the outermost pixels of each nucleus.

    The line lies inside the nucleus, so what it encloses, itself included, is what was measured.

    Parameters
    ----------
    labels
        (Y, X) label image.

    Returns
    -------
    numpy.ndarray
        (Y, X) bool. One pixel wide, two where a side has 1500 pixels or more, three from 3000 on.
    """
    line = outermost(labels)
    newest = np.flatnonzero(line)
    for _ in range(max(labels.shape) // 1500):
        newest = _widen(line, labels, newest)
    return line


def _widen(line: np.ndarray, labels: np.ndarray, newest: np.ndarray) -> np.ndarray:
    """Add to a line those pixels of nuclei that are next to its newest ones, and give these."""
    width = labels.shape[1]
    line, labels = line.ravel(), labels.ravel()
    x = newest % width
    added = []
    for step, has_neighbour in (
        (-width, newest >= width),
        (width, newest < line.size - width),
        (-1, x > 0),
        (1, x < width - 1),
    ):
        place = newest[has_neighbour] + step
        place = place[(labels[place] > 0) & ~line[place]]
        line[place] = True
        added.append(place)
    return np.concatenate(added)


def write_ids(
    white: np.ndarray,
    black: np.ndarray,
    ids: Iterable[int],
    x: Iterable[float],
    y: Iterable[float],
    size: int,
) -> None:
    """Write numbers at places.

    Parameters
    ----------
    white, black
        (Y, X) bool each. The letters are added to what is white. Their dark surrounding, which
        makes them readable on bright nuclei, is added to what is black and taken from what was
        white before; it lies under the letters too.
    ids, x, y
        The numbers and where their middles go, in pixels.
    size
        Height of the letters in pixels.
    """
    font = ImageFont.load_default(size)
    letters = []
    for number, cx, cy in zip(ids, x, y, strict=True):
        here, halo = _text(str(number), font, cx, cy, white.shape, 1 + size // 16)
        black[here] |= halo
        white[here] &= ~halo
        letters.append(_text(str(number), font, cx, cy, white.shape, 0))
    for here, letter in letters:  # after all halos, so that none hides a letter
        white[here] |= letter


def _text(
    text: str,
    font: ImageFont.FreeTypeFont,
    x: float,
    y: float,
    shape: tuple[int, int],
    stroke: int,
) -> tuple[tuple[slice, slice], np.ndarray]:
    """Give the part of a picture on which a text lies, and the text there, (Y, X) bool."""
    left, top, right, bottom = font.getbbox(text, "1", anchor="mm", stroke_width=stroke)
    # Two pixels more all round, as the text's middle lies between pixels.
    left, right = math.floor(x + left) - 2, math.ceil(x + right) + 2
    top, bottom = math.floor(y + top) - 2, math.ceil(y + bottom) + 2
    canvas = Image.new("L", (right - left, bottom - top))
    draw = ImageDraw.Draw(canvas)
    draw.fontmode = "1"
    draw.text((x - left, y - top), text, 255, font, anchor="mm", stroke_width=stroke)
    rows = slice(max(top, 0), min(bottom, shape[0]))
    columns = slice(max(left, 0), min(right, shape[1]))
    inside = np.asarray(canvas)[
        rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
    ]
    return (rows, columns), inside > 0


def letter_size(areas: np.ndarray, shape: tuple[int, int]) -> int:
    """Choose a letter height that suits the nuclei and the picture, in pixels."""
    largest = max(10, min(shape) // 50)
    if len(areas) == 0:
        return largest
    return int(np.clip(0.4 * np.sqrt(np.median(areas)), 8, largest))


def annotate(picture: np.ndarray, white: np.ndarray, black: np.ndarray) -> None:
    """Lay contours and ids, (Y, X) bool each, on an 8-bit picture in place, white above black."""
    picture &= black.view(np.uint8) - np.uint8(1)
    picture |= -white.view(np.uint8)


def colour(
    pictures: list[np.ndarray], nuclear: int, white: np.ndarray, black: np.ndarray
) -> np.ndarray:
    """Lay the channels over each other in colour, and contours and ids on top.

    Parameters
    ----------
    pictures
        The channels, (Y, X) uint8 each.
    nuclear
        Which of them is the nuclear channel.
    white, black
        (Y, X) bool, as for `annotate`.

    Returns
    -------
    numpy.ndarray
        (Y, X, 3) uint8.
    """
    others = iter(range(len(pictures)))
    tints = [
        NUCLEAR_COLOUR if index == nuclear else COLOURS[next(others) % len(COLOURS)]
        for index in range(len(pictures))
    ]
    drawn = np.empty((*pictures[0].shape, 3), np.uint8)
    for part in range(3):
        light = np.zeros(pictures[0].shape, np.uint8)
        for picture, tint in zip(pictures, tints, strict=True):
            if tint[part]:
                added = picture if tint[part] == 255 else _dimmed(picture, tint[part])
                light += np.minimum(added, ~light)  # ~light is what is left up to 255
        annotate(light, white, black)
        drawn[..., part] = light
    return drawn


def _dimmed(picture: np.ndarray, strength: int) -> np.ndarray:
    """Give a picture times strength / 255."""
    product = picture.astype(np.uint16)
    product *= strength
    product //= 255
    return product.astype(np.uint8)


def track_colour(track: int) -> tuple[int, int, int]:
    """Give each track a colour of its own, bright on black; tracks of near numbers differ most.

    Each hue lies the golden ratio further round the circle, so it falls into the widest gap that
    the ones before it have left.
    """
    hue = track * 0.618033988749895 % 1
    red, green, blue = colorsys.hls_to_rgb(hue, 0.6 + 0.1 * (track % 2), 1)
    return round(red * 255), round(green * 255), round(blue * 255)


def paths(
    picture: np.ndarray, tracks: dict[int, list[tuple[float, float]]], letters: int
) -> np.ndarray:
    """Draw each track in a colour of its own on a picture, its id where it ends.

    Parameters
    ----------
    picture
        (Y, X) uint8, the last frame.
    tracks
        Places (x, y) in pixels in order of time, by track id.
    letters
        Height of the ids' letters in pixels.

    Returns
    -------
    numpy.ndarray
        (Y, X, 3) uint8, enlarged by a whole number where the picture is small, for thin lines.
    """
    scale = max(1, 1000 // max(picture.shape))
    canvas = Image.fromarray(picture).convert("RGB")
    canvas = canvas.resize((canvas.width * scale, canvas.height * scale), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(max(12, letters))
    width = 1 + max(canvas.size) // 700
    ends = []
    for track, places in tracks.items():
        tint = track_colour(track)
        line = [((x + 0.5) * scale - 0.5, (y + 0.5) * scale - 0.5) for x, y in places]
        if len(line) > 1:
            draw.line(line, fill=tint, width=width, joint="curve")
        x, y = line[-1]
        draw.ellipse((x - 2 * width, y - 2 * width, x + 2 * width, y + 2 * width), fill=tint)
        ends.append((track, x + 4 * width, y))
    for track, x, y in ends:  # after all lines, so that none hides an id
        draw.text(
            (x, y), str(track), "white", font, anchor="lm", stroke_width=2, stroke_fill="black"
        )
    return np.asarray(canvas)


def file_safe(names: list[str]) -> list[str]:
    """Turn channel names into parts of file names, each different, none ``color``.

    Different for Windows and macOS too, which ignore case, and short enough for a file name that
    begins with the longest id.
    """
    safe: list[str] = []
    taken = {"color"}
    for name in names:
        plain = re.sub(r'[\\/:*?"<>|{}\x00-\x1f]', "_", name)
        number = 2
        unique = _cut(plain, _LONGEST_NAME)
        while unique.casefold() in taken:
            ending = f" ({number})"
            unique = _cut(plain, _LONGEST_NAME - len(ending)) + ending
            number += 1
        taken.add(unique.casefold())
        safe.append(unique)
    return safe


def _cut(text: str, most: int) -> str:
    """Cut a text to so many bytes."""
    return text.encode()[:most].decode(errors="ignore")


def write_png(path: Path, picture: np.ndarray) -> None:
    """Write a picture, (Y, X) or (Y, X, 3) uint8."""
    parts = (picture[rows] for rows in bands(picture.shape[:2], IN_CACHE))
    write_png_of_bands(path, picture.shape, parts)


def write_png_of_bands(path: Path, shape: tuple[int, ...], parts: Iterable[np.ndarray]) -> None:
    """Write a picture that is made band by band, as no library does.

    Camera noise has hardly any repeats for zlib to look for: without that search it takes a fifth
    of the time of Pillow's writer, and files are smaller.

    Parameters
    ----------
    path
        The file.
    shape
        (Y, X) or (Y, X, 3).
    parts
        Bands of rows from the first to the last, uint8.
    """
    colour_type = 2 if len(shape) == 3 else 0
    deflate = zlib.compressobj(level=1, strategy=zlib.Z_HUFFMAN_ONLY)
    with path.open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        header = struct.pack(">IIBBBBB", shape[1], shape[0], 8, colour_type, 0, 0, 0)
        _write_part(file, b"IHDR", header)
        above = np.zeros(math.prod(shape[1:]), np.uint8)
        for part in parts:
            lines = part.reshape(len(part), -1)
            filtered = np.empty((len(lines), 1 + lines.shape[1]), np.uint8)
            filtered[:, 0] = 2  # each pixel less the one above it
            np.subtract(lines[0], above, out=filtered[0, 1:])
            np.subtract(lines[1:], lines[:-1], out=filtered[1:, 1:])
            above = lines[-1].copy()
            _write_part(file, b"IDAT", deflate.compress(filtered))
        _write_part(file, b"IDAT", deflate.flush())
        _write_part(file, b"IEND", b"")


def _write_part(file: BinaryIO, kind: bytes, content: bytes) -> None:
    file.write(struct.pack(">I", len(content)) + kind)
    file.write(content)
    file.write(struct.pack(">I", zlib.crc32(content, zlib.crc32(kind))))
