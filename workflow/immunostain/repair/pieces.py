"""The objects of a frame as small masks, so that those of all frames fit in memory."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from immunostain.images.numbers import in_raster_order

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Piece:
    """An object of a frame: a nucleus, or a part of one; two are equal only if they are the same.

    Attributes
    ----------
    top, left
        Of its box, pixels from the picture's corner; may lie outside of it for a piece that was
        moved.
    shape
        (Y, X) of the box.
    packed
        What `numpy.packbits` makes of the mask in the box.
    area
        Pixels.
    y, x
        Centre, as in the tables of nuclei.
    """

    top: int
    left: int
    shape: tuple[int, int]
    packed: NDArray[np.uint8]
    area: int
    y: float
    x: float

    @property
    def mask(self) -> Mask:
        """The mask in its box, (Y, X) bool."""
        pixels = self.shape[0] * self.shape[1]
        return np.unpackbits(self.packed, count=pixels).view(bool).reshape(self.shape)

    @property
    def bottom(self) -> int:
        """The row below the box."""
        return self.top + self.shape[0]

    @property
    def right(self) -> int:
        """The column right of the box."""
        return self.left + self.shape[1]

    @cached_property
    def radius(self) -> float:
        """Of a disc with its area, pixels."""
        return float(np.sqrt(self.area / np.pi))


def piece_of(mask: Mask, top: int, left: int) -> Piece | None:
    """Make a piece of a mask, (Y, X) bool, whose corner is at `top`, `left`; None: it is empty."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not rows.size:
        return None
    box = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    top, left = top + int(rows[0]), left + int(columns[0])
    area = int(np.count_nonzero(box))
    y = float(box.sum(1) @ np.arange(box.shape[0])) / area + top
    x = float(box.sum(0) @ np.arange(box.shape[1])) / area + left
    return Piece(top, left, (box.shape[0], box.shape[1]), np.packbits(box), area, y, x)


def pieces_of(labels: np.ndarray) -> list[Piece]:
    """Cut a label image, (Y, X) with labels 1..n, into its pieces, in the order of their labels."""
    found = []
    for label, box in enumerate(ndimage.find_objects(labels.view(np.int32)), 1):
        if box is not None:
            piece = piece_of(labels[box] == label, box[0].start, box[1].start)
            if piece is not None:
                found.append(piece)
    return found


def painted(pieces: Sequence[Piece], shape: tuple[int, int]) -> NDArray[np.uint32]:
    """Give the label image, (Y, X), of pieces; labels in the order of first pixels, row by row."""
    labels = np.zeros(shape, np.uint32)
    for number, piece in enumerate(pieces, 1):
        labels[piece.top : piece.bottom, piece.left : piece.right][piece.mask] = number
    return in_raster_order(labels, len(pieces))


def in_window(pieces: Iterable[Piece], top: int, left: int, shape: tuple[int, int]) -> Mask:
    """Paint pieces, as far as they are in a window of a picture, (Y, X) bool."""
    seen = np.zeros(shape, bool)
    for piece in pieces:
        rows = max(piece.top, top), min(piece.bottom, top + shape[0])
        columns = max(piece.left, left), min(piece.right, left + shape[1])
        if rows[0] < rows[1] and columns[0] < columns[1]:
            here = piece.mask[
                rows[0] - piece.top : rows[1] - piece.top,
                columns[0] - piece.left : columns[1] - piece.left,
            ]
            seen[rows[0] - top : rows[1] - top, columns[0] - left : columns[1] - left] |= here
    return seen


def shared_pixels(one: Piece, other: Piece, down: int = 0, right: int = 0) -> int:
    """Count the pixels that two pieces share when the other one is moved down and to the right."""
    top, left = max(one.top, other.top + down), max(one.left, other.left + right)
    bottom = min(one.bottom, other.bottom + down)
    end = min(one.right, other.right + right)
    if top >= bottom or left >= end:
        return 0
    here = one.mask[top - one.top : bottom - one.top, left - one.left : end - one.left]
    there = other.mask[
        top - down - other.top : bottom - down - other.top,
        left - right - other.left : end - right - other.left,
    ]
    return int(np.count_nonzero(here & there))


def likeness(one: Piece, other: Piece) -> float:
    """Give how alike two shapes are, intersection / union when their centres are put together."""
    shared = shared_pixels(one, other, round(one.y - other.y), round(one.x - other.x))
    return shared / (one.area + other.area - shared)
