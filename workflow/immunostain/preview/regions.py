"""Regions of frames: a small frame is shown whole, of a large one what there is most to see in."""

from dataclasses import dataclass

import numpy as np

from immunostain.shared.large_pictures import AT_ONCE
from immunostain.shared.left_out import left_out
from immunostain.shared.resampling import resample

_NUCLEI_ACROSS = 9  # diameters, a side of a region
_SMALLEST, _LARGEST, _UNKNOWN = 192, 640, 384  # pixels, a side of a region
_WHOLE = 2.2  # a frame with sides up to so many times those of a region is shown whole
_MARGIN = 1.5  # diameters around a region: a nucleus that reaches into it is found as it is
_WIDEST_MARGIN = 128  # pixels


@dataclass(frozen=True)
class Region:
    """A region of a frame, in pixels of the frame, and the window around it that is worked on."""

    top: int
    left: int
    height: int
    width: int
    window_top: int
    window_left: int
    window_height: int
    window_width: int

    def window(self) -> tuple[slice, slice]:
        """Give the window, as an index of the frame."""
        return (
            slice(self.window_top, self.window_top + self.window_height),
            slice(self.window_left, self.window_left + self.window_width),
        )

    def in_window(self) -> tuple[slice, slice]:
        """Give the region, as an index of the window."""
        top, left = self.top - self.window_top, self.left - self.window_left
        return slice(top, top + self.height), slice(left, left + self.width)


def regions_of(frame: np.ndarray, diameter: float | None, most: int) -> list[Region]:
    """Choose regions of a frame.

    Parameters
    ----------
    frame
        (Y, X), the nuclear channel.
    diameter
        Of its nuclei, pixels; None: unknown.
    most
        How many regions there are at most.

    Returns
    -------
    list of Region
        The whole frame where it is small. Otherwise the region that varies most in brightness, then
        one that varies as the frame does in the middle of its brighter half: there may be dim
        nuclei.
    """
    side = int(np.clip(_NUCLEI_ACROSS * diameter, _SMALLEST, _LARGEST)) if diameter else _UNKNOWN
    height, width = frame.shape
    if max(height, width) <= _WHOLE * side:
        return [Region(0, 0, height, width, 0, 0, height, width)]
    margin = min(round(_MARGIN * diameter), _WIDEST_MARGIN) if diameter else _WIDEST_MARGIN
    grid = max(1, height // side), max(1, width // side)
    spread = _spread(frame, grid).ravel()
    order = np.argsort(-spread, kind="stable")
    chosen = [int(order[0])]
    if most > 1 and len(order) > 1:
        chosen.append(int(order[max(1, len(order) // 4)]))
    return [_region(divmod(place, grid[1]), grid, frame, side, margin) for place in chosen]


def _spread(frame: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """Tell how much each field of a grid varies in brightness, seen from afar."""
    step = 1 + frame.size // AT_ONCE
    picture = frame[::step, ::step]
    fine = grid[0] * 16, grid[1] * 16
    masked = left_out(picture)
    small = resample(np.ma.getdata(picture), fine)
    if masked is not None:
        known = resample(masked, fine) == 0
        small = np.where(known, small, np.median(small[known]) if known.any() else 0)
    return small.reshape(grid[0], 16, grid[1], 16).std((1, 3))


def _region(
    place: tuple[int, int], grid: tuple[int, int], frame: np.ndarray, side: int, margin: int
) -> Region:
    """Give the region in the middle of a field of the grid, as far as the frame goes."""
    shown, around = [], []
    for at, fields, length in zip(place, grid, frame.shape, strict=True):
        size = min(side, length)
        start = min(max(0, round((at + 0.5) * length / fields - size / 2)), length - size)
        shown.append((start, size))
        begin, end = max(0, start - margin), min(length, start + size + margin)
        around.append((begin, end - begin))
    (top, height), (left, width) = shown
    (window_top, window_height), (window_left, window_width) = around
    return Region(top, left, height, width, window_top, window_left, window_height, window_width)
