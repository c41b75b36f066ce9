"""How well found nuclei agree with annotated ones."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array

IOUS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.9)


@dataclass(frozen=True)
class Agreement:
    """Numbers of nuclei that agree at one intersection over union, over any number of pictures."""

    both: int
    only_found: int
    only_annotated: int

    @property
    def average_precision(self) -> float:
        """TP / (TP + FP + FN), as in the Data Science Bowl 2018; 1 where there is no nucleus."""
        all_of_them = self.both + self.only_found + self.only_annotated
        return self.both / all_of_them if all_of_them else 1.0

    @property
    def f1(self) -> float:
        """2 TP / (2 TP + FP + FN); 1 where there is no nucleus."""
        mean = self.both + (self.only_found + self.only_annotated) / 2
        return self.both / mean if mean else 1.0

    def __add__(self, other: "Agreement") -> "Agreement":
        """Count over the pictures of both."""
        return Agreement(
            self.both + other.both,
            self.only_found + other.only_found,
            self.only_annotated + other.only_annotated,
        )


NONE = Agreement(0, 0, 0)


def overlaps(annotated: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Give the intersection over union of each annotated with each found nucleus.

    Parameters
    ----------
    annotated, found
        (Y, X) whole numbers, 0 is background; numbers may be missing.

    Returns
    -------
    numpy.ndarray
        (annotated nuclei, found nuclei) float64, in the order of their numbers.
    """
    one, annotated = np.unique(annotated, return_inverse=True)
    other, found = np.unique(found, return_inverse=True)
    pixels = np.ones(annotated.size, np.int64)
    shape = (one.size, other.size)
    shared = coo_array((pixels, (annotated.ravel(), found.ravel())), shape).toarray()
    union = shared.sum(1, keepdims=True) + shared.sum(0, keepdims=True) - shared
    return (shared / union)[np.ix_(one > 0, other > 0)]


def agreement(ious: np.ndarray, least: float) -> Agreement:
    """Count the nuclei whose intersection over union is at least `least`, paired one to one.

    Parameters
    ----------
    ious
        As `overlaps` gives them.
    least
        0.5 or more (then no nucleus has two counterparts), or less (then the pairing with the most
        pairs counts).
    """
    enough = ious >= least
    both = int(enough[linear_sum_assignment(enough, maximize=True)].sum()) if enough.any() else 0
    return Agreement(both, ious.shape[1] - both, ious.shape[0] - both)
