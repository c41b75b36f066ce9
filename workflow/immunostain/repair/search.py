"""Looking for a nucleus, of which it is known that it is there, at lower levels."""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from immunostain.nuclei.evidence import Evidence
from immunostain.nuclei.labels import enclosed_holes
from immunostain.repair.pieces import Mask, Piece, in_window, likeness, piece_of
from immunostain.repair.shapes import hull
from immunostain.shared.borders import EIGHT_NEIGHBOURS

# Of the way from the background to the level above which pixels are nucleus.
LEVELS = (1.0, 0.8, 0.6, 0.4, 0.2, 0.1)
ALIKE = 0.4  # intersection / union with the nucleus as it was last seen
BETTER = 0.1  # by how much it must be more alike than what was found before
ASTRAY = 1.0  # radii that it may be off the place between its sightings


def look_for(
    nucleus: Piece,
    y: float,
    x: float,
    evidence: Evidence,
    others: Sequence[Piece],
    found: Sequence[Piece],
    shape: tuple[int, int],
) -> Piece | None:
    """Look for a nucleus at lower and lower levels, and choose what is most like it.

    Parameters
    ----------
    nucleus
        As it looked when it was last seen.
    y, x
        Where its centre should be.
    evidence
        Of the frame.
    others
        All other nuclei of the frame, whose pixels are theirs.
    found
        What of the nucleus was found in this frame, if anything; it must be bettered.
    shape
        Of the frame, (Y, X).
    """
    reach = nucleus.radius * ASTRAY
    top = max(0, int(y - nucleus.y + nucleus.top - reach))
    left = max(0, int(x - nucleus.x + nucleus.left - reach))
    bottom = min(shape[0], int(y - nucleus.y + nucleus.bottom + reach) + 1)
    right = min(shape[1], int(x - nucleus.x + nucleus.right + reach) + 1)
    if top >= bottom or left >= right:
        return None
    window = slice(top, bottom), slice(left, right)
    size = bottom - top, right - left
    free = ~in_window(others, top, left, size)
    if evidence.left_out is not None:
        free &= ~evidence.left_out[window]
    light = evidence.read(window)
    rise = evidence.level - evidence.background
    down, along = round(y - nucleus.y), round(x - nucleus.x)
    expected = in_window([nucleus], top - down, left - along, size)
    least = max([ALIKE, *(likeness(piece, nucleus) + BETTER for piece in found)])
    best = None
    for share in LEVELS:
        for mask in _candidates(
            (light > evidence.background + share * rise) & free, expected, free
        ):
            piece = piece_of(mask, top, left)
            if piece is None or np.hypot(piece.y - y, piece.x - x) > reach:
                continue
            alike = likeness(piece, nucleus)
            if alike > least:
                best, least = piece, alike
    return best


def _candidates(mask: Mask, expected: Mask, free: Mask) -> list[Mask]:
    """Give what of a mask may be the nucleus: the parts that lie in it, and their convex hull."""
    parts, count = ndimage.label(mask, EIGHT_NEIGHBOURS)
    if not count:
        return []
    pixels = np.bincount(parts.ravel(), minlength=count + 1)
    inside = np.bincount(parts[expected], minlength=count + 1)
    mine = 2 * inside > pixels
    mine[0] = False
    if not mine.any():
        return []
    largest = int(np.argmax(np.where(mine, pixels, 0)))
    one = parts == largest
    one |= enclosed_holes(one, one.size) & free
    around = hull(mine[parts])
    whole, pieces = ndimage.label(around & free, EIGHT_NEIGHBOURS)
    if pieces > 1:  # another nucleus lies between
        return [one]
    return [one, whole > 0]
