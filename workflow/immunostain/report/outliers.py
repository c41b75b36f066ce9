"""Images that are far from the others of their kind.

A condition may well change how many nuclei there are, how large and how bright they are: that is
what an experiment looks for. So an image is held against those of its own condition, and how much
images differ without a reason is told by all conditions together.
"""

import math
import statistics
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

# Fewer don't show what is usual: in all, and in a group of which one may be wrong.
FEWEST = 8
FEWEST_ALIKE = 4
# So many standard deviations away is no chance: in a run of images of a normal spread it happens
# once in some hundred runs or less. A spread that few images tell may be far too small.
DEVIATIONS = 5.0
DOUBTFUL = 8.0
# A median absolute deviation times this is the standard deviation of a normal spread.
NORMAL = 1.4826


@dataclass(frozen=True)
class Measured:
    """A positive value of an image.

    Attributes
    ----------
    value
        What was measured; above 0.
    group
        Images of one group are expected to be alike.
    chance
        The relative standard deviation that is expected of chance alone.
    pictures
        Of how many pictures it is the mean, where it is a count; 0 where it is none. A count of n
        varies by sqrt(n).
    """

    value: float
    group: Hashable
    chance: float = 0.0
    pictures: float = 0


def outliers(
    images: Mapping[str, Measured], factor: float, usual: float
) -> dict[str, tuple[float, float]]:
    """Find images whose value is far from that of the others of their group.

    Logarithms are compared: half is as far away as double. Spread is told by the median of all
    distances to the medians of the groups' other images (Leys et al., J. Exp. Soc. Psychol. 49,
    764, 2013), so that the outliers don't hide themselves.

    Parameters
    ----------
    images
        The value of each image.
    factor
        An image is far only if it differs from the others' median by more than this, too.
    usual
        The relative standard deviation that is taken for ordinary, however alike the images are.

    Returns
    -------
    dict
        Of each image that is far, its value and the median of the others of its group; nothing
        where there are too few images to tell.
    """
    groups: dict[Hashable, list[str]] = {}
    for image, measured in images.items():
        groups.setdefault(measured.group, []).append(image)
    others: dict[str, float] = {}
    for alike in groups.values():
        if len(alike) >= FEWEST_ALIKE:
            alike.sort(key=lambda image: images[image].value)
            logarithms = [math.log(images[image].value) for image in alike]
            others |= {image: _median_without(logarithms, n) for n, image in enumerate(alike)}
    if len(others) < FEWEST:
        return {}
    distances = {
        image: abs(math.log(images[image].value) - others[image])
        for image in images
        if image in others
    }
    doubt = 1 + DOUBTFUL / len(distances)
    spread = doubt * NORMAL * statistics.median(distances.values())
    found = {}
    for image, distance in distances.items():
        measured, typical = images[image], math.exp(others[image])
        counted = 1 / math.sqrt(measured.pictures * typical) if measured.pictures else 0
        deviation = max(spread, usual, measured.chance, counted)
        if distance > max(math.log(factor), DEVIATIONS * deviation):
            found[image] = (measured.value, typical)
    return found


def _median_without(ordered: Sequence[float], left_out: int) -> float:
    """Give the median of sorted values without one of them."""
    count = len(ordered) - 1
    middle = {(count - 1) // 2, count // 2}
    return statistics.fmean(ordered[place + (place >= left_out)] for place in middle)
