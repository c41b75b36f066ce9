"""Contours and ids of nuclei, to verify a segmentation by eye."""

import math
from collections.abc import Iterable

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from immunostain.shared.borders import outermost

# Where the typical nucleus has fewer pixels than this, ids would hide all of it and its neighbours.
SMALLEST_WITH_ID = 40


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
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
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
