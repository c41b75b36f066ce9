"""How much of what the neural network saw looks like nuclei to it.

Where a picture shows no nuclei, the network is unsure of most that it sees at all, and what is left
of it as nuclei has frayed outlines.
"""

from typing import NamedTuple

import numpy as np

from immunostain.nuclei.separation import likeness_by_moments
from immunostain.shared.large_pictures import bands

_AT_ONCE = 1 << 20  # pixels, several numbers of each are in memory


class Limits(NamedTuple):
    """What an object must reach at least to look like a nucleus, see `Objects`."""

    certainty: float
    roundness: float


LIMITS = Limits(0.84, 0.93)  # chosen by benchmarks/notes.py


class Likeness(NamedTuple):
    """Pixels of the network's maps.

    Attributes
    ----------
    seen_px
        That are rather nucleus than not, those of nuclei at the edge left out.
    like_nuclei_px
        Those in nuclei that look like nuclei.
    """

    seen_px: int
    like_nuclei_px: int


class Objects(NamedTuple):
    """What is measured of each object in the network's maps, (N,) each.

    Attributes
    ----------
    area_px
        Pixels of the maps.
    certainty
        Mean foreground, 0-1.
    roundness
        Area over that of the ellipse with the same second moments: 1 for an ellipse.
    """

    area_px: np.ndarray
    certainty: np.ndarray
    roundness: np.ndarray


class Seen(NamedTuple):
    """What the network saw in a picture.

    Attributes
    ----------
    objects
        The nuclei.
    lost_px
        Pixels of the maps that are rather nucleus than not and in no nucleus, not even in one that
        was dropped at the edge.
    """

    objects: Objects
    lost_px: int


def seen_in(maps: np.ndarray, labels: np.ndarray, dropped: np.ndarray, probability: float) -> Seen:
    """Measure what the network saw in a picture.

    Parameters
    ----------
    maps
        (2, Y, X) uint8: foreground and depth, 255 is 1.
    labels, dropped
        What `labels.Found` has, (Y, X) of the picture.
    probability
        From which foreground a pixel is rather nucleus than not, 0-1.
    """
    foreground = maps[0]
    size = int(labels.max(initial=0)) + 1
    rows, columns = (
        np.minimum(((np.arange(new) + 0.5) * old / new).astype(int), old - 1)
        for new, old in zip(foreground.shape, labels.shape, strict=True)
    )
    sums, lost_px = np.zeros((7, size)), 0
    for band in bands(foreground.shape, _AT_ONCE):
        here = np.ix_(rows[band], columns)
        numbers, bright = labels[here], foreground[band]
        lost = (bright > 255 * probability) & (numbers == 0) & ~dropped[here]
        lost_px += int(np.count_nonzero(lost))
        place = np.flatnonzero(numbers != 0)
        of = numbers.ravel()[place].astype(np.intp)
        y, x = np.divmod(place, numbers.shape[1])
        down, across = (y + band.start).astype(float), x.astype(float)
        weights = (bright.ravel()[place], None, down, across, down**2, across**2, down * across)
        for total, weight in zip(sums, weights, strict=True):
            total += np.bincount(of, weight, size)
    return Seen(_objects(sums), lost_px)


def _objects(sums: np.ndarray) -> Objects:
    """Give the objects from the sums of their pixels' foreground, 1, y, x, yy, xx and yx.

    Objects without a pixel are left out.
    """
    bright, *moments = sums[:, sums[1] > 0]
    area = moments[0]
    roundness = likeness_by_moments(np.array(moments))
    return Objects(area.astype(int), bright / area / 255, roundness)


def likeness(seen: Seen, limits: Limits = LIMITS) -> Likeness:
    """Count the pixels of what the network saw, and of the objects that reach the limits."""
    objects = seen.objects
    like = (objects.certainty >= limits.certainty) & (objects.roundness >= limits.roundness)
    area = objects.area_px
    return Likeness(int(area.sum()) + seen.lost_px, int(area[like].sum()))
