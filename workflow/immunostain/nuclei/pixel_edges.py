"""Outlines along the edges of pixels: what is drawn or exported by them is a nucleus exactly."""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from immunostain.shared.large_pictures import bands

# The sides of a pixel as directions, clockwise: its top to the right, its right side down, its
# bottom to the left, its left side up. So the pixel is always to the right of where one goes.
EAST, SOUTH, WEST, NORTH = range(4)


class Outline(NamedTuple):
    """The outline of a label.

    Attributes
    ----------
    label
        Its value in the label image.
    rings
        Closed polygons, (N, 2) int32 each: x, y of the corners in order, the first not repeated at
        the end. The pixel in row y and column x covers x to x + 1 and y to y + 1. Outer rings go
        clockwise on the screen, those of holes the other way. The first ring is an outer one, and
        begins at the upper left corner of the label's first pixel.
    """

    label: int
    rings: list[np.ndarray]


class _Runs(NamedTuple):
    """Straight runs of pixels' sides, seen from one of their ends, in any order.

    Attributes
    ----------
    key
        Of the side at this end: (index of the pixel in the picture with a margin of one pixel) x 4
        + direction.
    label
        Of the pixel.
    follows
        The key of the side with which the next run begins; empty where this is the beginning.
    """

    key: np.ndarray
    label: np.ndarray
    follows: np.ndarray

    def those(self, mask: np.ndarray) -> "_Runs":
        """Give those of a mask."""
        follows = self.follows[mask] if self.follows.size else self.follows
        return _Runs(self.key[mask], self.label[mask], follows)


def outlines(labels: np.ndarray, at_once: int | None = None) -> Iterator[Outline]:
    """Trace the outline of every label of a label image along the edges of its pixels.

    Filled by the even-odd rule, the rings of a label are exactly its pixels. Pixels that meet only
    at a corner belong together, as nuclei are 8-connected: a ring passes such a corner twice. So a
    label in one piece has one outer ring, and another ring for each (4-connected) hole.

    Parameters
    ----------
    labels
        (Y, X) whole numbers, 0 is background. A label may be in several pieces.
    at_once
        Pixels that are looked at together, see `large_pictures.bands`.

    Yields
    ------
    Outline
        One for each label, in the order of labels. In pictures of several bands a label comes after
        the last band that it is in, so they are in order only within a band.

    Notes
    -----
    All labels of a band are traced at once. Where straight runs of sides begin and end is seen by
    comparing pixels with their neighbours; sorting tells which beginning belongs to which end; the
    order along a ring comes by pointer jumping (J. JáJá, An Introduction to Parallel Algorithms,
    1992, 2.2).
    """
    cut = bands(labels.shape, at_once)
    last = _last_bands(labels, cut)
    stride = labels.shape[1] + 2
    begins, ends = _joined([]), _joined([])
    for number, rows in enumerate(cut):
        more_begins, more_ends = _runs_of(labels, rows)
        begins, ends = _joined([begins, more_begins]), _joined([ends, more_ends])
        if last is None:
            yield from _rings(begins, ends, stride)
        else:
            done, ended = last[begins.label] == number, last[ends.label] == number
            yield from _rings(begins.those(done), ends.those(ended), stride)
            begins, ends = begins.those(~done), ends.those(~ended)


def _joined(parts: list[_Runs]) -> _Runs:
    nothing = np.empty(0, np.int64)
    columns = zip(_Runs(nothing, nothing, nothing), *parts, strict=True)
    return _Runs(*map(np.concatenate, columns))


def _last_bands(labels: np.ndarray, cut: list[slice]) -> np.ndarray | None:
    """Give for each label the last band that it is in; None where there is only one band."""
    if len(cut) < 2:
        return None
    last = np.zeros(int(labels.max(initial=0)) + 1, np.int32)
    for number, rows in enumerate(cut):
        band = labels[rows]
        last[band[band > 0]] = number
    return last


def _runs_of(labels: np.ndarray, rows: slice) -> tuple[_Runs, _Runs]:
    """Find where straight runs of sides begin, and where they end, of the pixels in some rows."""
    height, stride = rows.stop - rows.start, labels.shape[1] + 2
    above, below = min(rows.start, 1), min(labels.shape[0] - rows.stop, 1)
    picture = np.zeros((height + 2, stride), labels.dtype)
    picture[1 - above : height + 1 + below, 1:-1] = labels[rows.start - above : rows.stop + below]
    flat = picture.ravel()
    lower = np.flatnonzero(flat[stride:] != flat[:-stride]) + stride
    right = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    sides = [lower, right - 1, lower - stride, right]
    steps = [1, stride, -1, -stride]
    begins, ends = [], []
    for direction, place in enumerate(sides):
        place = place[(place >= stride) & (place < stride * (height + 1))]
        label = flat[place]
        place, label = place[label > 0], label[label > 0]
        step, left = steps[direction], steps[direction - 1]
        begin = (flat[place - step] != label) | (flat[place - step + left] == label)
        to_left = flat[place + step + left] == label
        end = to_left | (flat[place + step] != label)
        pixel, label = (place + rows.start * stride) * 4, label.astype(np.int64)
        left_turn = pixel + 4 * (step + left) + (direction - 1) % 4
        follows = np.where(to_left, left_turn, pixel + (direction + 1) % 4)
        begins.append(_Runs(pixel[begin] + direction, label[begin], pixel[:0]))
        ends.append(_Runs(pixel[end] + direction, label[end], follows[end]))
    return _joined(begins), _joined(ends)


def _rings(begins: _Runs, ends: _Runs, stride: int) -> Iterator[Outline]:
    """Trace the rings of labels of which all runs are known."""
    if not begins.key.size:
        return
    order = np.lexsort((begins.key, begins.label))
    key, label = begins.key[order], begins.label[order]
    # In a row or column the beginnings and the ends of one direction take turns.
    following = np.empty_like(key)
    following[_along(key, stride)] = ends.follows[_along(ends.key, stride)]
    before = np.empty(key.size, np.intp)  # the run before each one
    before[np.argsort(key)] = np.argsort(following)
    first, position = _ranks(before)
    length = np.bincount(first, minlength=key.size)
    start = np.cumsum(length) - length
    ordered = np.empty_like(key)
    ordered[start[first] + position] = key
    corners = _corners(ordered, stride)
    rings = np.flatnonzero(length)
    cuts = [*start[rings].tolist(), key.size]
    of_ring = label[rings]
    new = [*np.flatnonzero(np.diff(of_ring, prepend=0)).tolist(), rings.size]
    for begin, end in pairwise(new):
        yield Outline(
            int(of_ring[begin]), [corners[cuts[n] : cuts[n + 1]] for n in range(begin, end)]
        )


def _along(key: np.ndarray, stride: int) -> np.ndarray:
    """Sort sides by direction, then along their rows, or their columns."""
    place, direction = key >> 2, key & 3
    y, x = np.divmod(place, stride)
    height = int(y.max()) + 1
    along = np.where(direction % 2, x * height + y, place)
    return np.argsort(along + direction * height * stride)


def _ranks(before: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give of each entry of a permutation its cycle's least entry, and how far it is from that.

    `before` gives the entry before each one.
    """
    own = np.arange(before.size)
    first, jump = own, before
    while ((further := first[jump]) < first).any():
        first, jump = np.minimum(first, further), jump[jump]
    position = (first != own).astype(np.intp)
    jump = np.where(position, before, own)
    while (more := position[jump]).any():
        position, jump = position + more, jump[jump]
    return first, position


def _corners(key: np.ndarray, stride: int) -> np.ndarray:
    """Give the corners at which runs begin, (N, 2): x, y, by the keys of their first sides."""
    y, x = np.divmod(key >> 2, stride)
    direction = key & 3
    x += (direction == SOUTH) | (direction == WEST)
    y += (direction == WEST) | (direction == NORTH)
    return np.stack([x - 1, y - 1], axis=1).astype(np.int32)
