"""What pieces look like together: how much room they take, whether they look like one nucleus."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from skimage.morphology import convex_hull_image

from immunostain.nuclei.separation import ellipse_likeness
from immunostain.repair.pieces import Mask, Piece, in_window


def together(pieces: Sequence[Piece]) -> tuple[Mask, int, int]:
    """Give the mask of all pieces, (Y, X) bool, and the row and the column of its corner."""
    top, left = min(p.top for p in pieces), min(p.left for p in pieces)
    shape = max(p.bottom for p in pieces) - top, max(p.right for p in pieces) - left
    return in_window(pieces, top, left, shape), top, left


def hull(mask: Mask) -> Mask:
    """Give what lies within the convex hull of a mask, (Y, X) bool; a line has none but itself."""
    rows, columns = mask.any(1), mask.any(0)
    if min(np.count_nonzero(rows), np.count_nonzero(columns)) < 2:
        return mask
    around: NDArray[np.bool_] = convex_hull_image(mask, offset_coordinates=False)
    return around | mask


def like_an_ellipse(mask: Mask) -> float:
    """Tell how much a mask is like an ellipse, see `separation.ellipse_likeness`."""
    return float(ellipse_likeness(mask, 1)[0])
