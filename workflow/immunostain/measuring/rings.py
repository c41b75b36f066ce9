"""The ring around each nucleus, in which the cytoplasm's stain is measured."""

import math

import numpy as np

from immunostain.images.runs import Runs, runs_of_rows
from immunostain.shared.large_pictures import bands

# Pixels of a band of which distances are measured, for which each takes fifty bytes.
_WITH_DISTANCES = 1 << 22


def perinuclear_ring(labels: np.ndarray, width: float, dropped: np.ndarray | None = None) -> Runs:
    """Grow a ring around each nucleus into the background.

    A pixel belongs to the ring of the nucleus that is nearest, if that is at most `width` away, so
    the rings of neighbours never overlap and no ring holds a pixel of a nucleus.

    Parameters
    ----------
    labels
        (Y, X) label image.
    width
        Pixels.
    dropped
        (Y, X) bool, where no ring may be: nuclei that are not in the label image, gaps between
        tiles.

    Returns
    -------
    Runs
        The ring of nucleus n has its label; 0 elsewhere, in the nuclei too. A nucleus may have no
        ring, where others crowd it in.
    """
    from scipy import ndimage  # a quarter of a second to import, so only where it is used

    reach = math.ceil(width)
    parts = []
    for rows in bands(labels.shape, _WITH_DISTANCES):
        top = max(rows.start - reach, 0)
        near = labels[top : rows.stop + reach]
        ring = np.zeros_like(labels[rows])
        if width > 0 and near.any():
            mine = np.s_[rows.start - top : rows.stop - top]
            distance, nearest = ndimage.distance_transform_edt(near == 0, return_indices=True)
            ring = near[tuple(nearest[:, mine])]
            ring[(distance[mine] > width) | (near[mine] > 0)] = 0
            if dropped is not None:
                ring[dropped[rows]] = 0
        parts.append(runs_of_rows(ring, rows.start))
    start, label = map(np.concatenate, zip(*parts, strict=True))
    return Runs(start, label, labels.shape, int(labels.max(initial=0)))
