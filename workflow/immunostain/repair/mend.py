"""Making one nucleus of pieces, and two of one in which two were found together."""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from immunostain.repair.pieces import Mask, Piece, in_window, piece_of
from immunostain.repair.shapes import hull, together
from immunostain.shared.borders import EIGHT_NEIGHBOURS


def joined(pieces: Sequence[Piece], others: Sequence[Piece], left_out: Mask | None) -> Piece | None:
    """Make one nucleus of pieces and what lies between them.

    Parameters
    ----------
    pieces
        At least one.
    others
        All other nuclei of the frame, whose pixels are theirs.
    left_out
        (Y, X) bool, pixels of the frame that are no nucleus; None: none.

    Returns
    -------
    Piece or None
        None where something else lies between all of them.
    """
    mask, top, left = together(pieces)
    around = hull(mask) & ~in_window(others, top, left, mask.shape)
    if left_out is not None:
        around &= ~left_out[top : top + mask.shape[0], left : left + mask.shape[1]]
    _, parts = ndimage.label(around, EIGHT_NEIGHBOURS)
    return piece_of(around, top, left) if parts == 1 else None


def cut_apart(piece: Piece, one: Piece, other: Piece) -> list[Piece]:
    """Cut a piece where it is as near to one nucleus as to another, as they were seen apart.

    Gives the two, or none if one of them would be nothing.
    """
    nearness = []
    for nucleus in (one, other):
        there = in_window([nucleus], piece.top, piece.left, piece.shape)
        if not there.any():
            return []
        depth = ndimage.distance_transform_edt(np.pad(there, 1))[1:-1, 1:-1]
        nearness.append(depth - ndimage.distance_transform_edt(~there))
    mine, mask = nearness[0] > nearness[1], piece.mask
    parts = [piece_of(mask & side, piece.top, piece.left) for side in (mine, ~mine)]
    return [part for part in parts if part is not None] if None not in parts else []
