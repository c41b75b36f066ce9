"""Pictures to verify a segmentation by eye: contours and ids of nuclei on the frames."""

import colorsys
import re
from collections.abc import Iterable
from pathlib import Path

import imagecodecs
import numpy as np
from PIL import Image, ImageDraw, ImageFont

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
    inside = labels
    line = np.zeros(labels.shape, bool)
    for _ in range(1 + max(labels.shape) // 1500):
        edge = np.zeros(labels.shape, bool)
        down = inside[1:] != inside[:-1]
        right = inside[:, 1:] != inside[:, :-1]
        edge[1:] |= down
        edge[:-1] |= down
        edge[:, 1:] |= right
        edge[:, :-1] |= right
        edge &= inside > 0
        line |= edge
        inside = np.where(edge, 0, inside)
    return line


def write_ids(
    shape: tuple[int, int], ids: Iterable[int], x: Iterable[float], y: Iterable[float], size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Write numbers at places.

    Parameters
    ----------
    shape
        Of the picture, (Y, X).
    ids, x, y
        The numbers and where their middles go, in pixels.
    size
        Height of the letters in pixels.

    Returns
    -------
    letters, halo : numpy.ndarray
        (Y, X) bool each; the halo is the letters' dark surrounding, which makes them readable on
        bright nuclei.
    """
    font = ImageFont.load_default(size)
    letters = Image.new("L", (shape[1], shape[0]))
    halo = Image.new("L", (shape[1], shape[0]))
    for picture, stroke in ((letters, 0), (halo, 1 + size // 16)):
        draw = ImageDraw.Draw(picture)
        draw.fontmode = "1"
        for number, cx, cy in zip(ids, x, y, strict=True):
            draw.text((cx, cy), str(number), fill=255, font=font, anchor="mm", stroke_width=stroke)
    return np.asarray(letters) > 0, np.asarray(halo) > 0


def letter_size(areas: np.ndarray, shape: tuple[int, int]) -> int:
    """Choose a letter height that suits the nuclei and the picture, in pixels."""
    largest = max(10, min(shape) // 50)
    if len(areas) == 0:
        return largest
    return int(np.clip(0.4 * np.sqrt(np.median(areas)), 8, largest))


def grey(picture: np.ndarray, white: np.ndarray, black: np.ndarray) -> np.ndarray:
    """Lay contours and ids on an 8-bit picture, all (Y, X)."""
    drawn = picture.copy()
    drawn[black] = 0
    drawn[white] = 255
    return drawn


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
        (Y, X) bool, what `grey` draws.

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
    drawn = np.zeros((*pictures[0].shape, 3), np.uint8)
    for part in range(3):
        light = np.zeros(pictures[0].shape, np.uint8)
        for picture, tint in zip(pictures, tints, strict=True):
            if tint[part]:
                added = picture if tint[part] == 255 else _dimmer(tint[part])[picture]
                light += np.minimum(added, ~light)  # ~light is what is left up to 255
        drawn[..., part] = light
    drawn[black] = 0
    drawn[white] = 255
    return drawn


def track_colour(track: int) -> tuple[int, int, int]:
    """Give each track a colour of its own, bright on black; tracks of near numbers differ most.

    Each hue lies the golden ratio further round the circle, so it falls into the widest gap that
    the ones before it have left.
    """
    hue = track * 0.618033988749895 % 1
    red, green, blue = colorsys.hls_to_rgb(hue, 0.6 + 0.1 * (track % 2), 1)
    return round(red * 255), round(green * 255), round(blue * 255)


def _dimmer(strength: int) -> np.ndarray:
    """Give a table from brightness to brightness times strength / 255."""
    return ((np.arange(256) * strength) // 255).astype(np.uint8)


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
    """Write a picture, (Y, X) or (Y, X, 3) uint8.

    Camera noise has hardly any repeats for zlib to look for: without that search it takes a fifth
    of the time of Pillow's writer, and files are smaller.
    """
    encoded = imagecodecs.png_encode(
        np.ascontiguousarray(picture),
        level=1,
        strategy=imagecodecs.PNG.STRATEGY.HUFFMAN_ONLY,
        filter=imagecodecs.PNG.FILTER.UP,
    )
    path.write_bytes(encoded)
