"""The pictures of a training, split into those to learn from and those to validate with."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from immunostain.evaluation.annotated_folders import Pair
from immunostain.evaluation.annotated_pictures import read_pair, read_picture
from immunostain.shared.errors import ImageError, SettingsError
from immunostain.training.examples import Source, annotate, split_off, typical_diameter
from immunostain.training.inputs import AnnotatedSet


@dataclass(frozen=True)
class SetFacts:
    """What the model card says of a set of annotated pictures.

    Attributes
    ----------
    name, description, weight, held_back
        See `inputs.AnnotatedSet`.
    training_pictures, training_nuclei
        Learnt from.
    validation_names, validation_nuclei
        Pictures that were validated with, and their nuclei.
    """

    name: str
    description: str
    weight: float
    held_back: int
    training_pictures: int
    training_nuclei: int
    validation_names: list[str]
    validation_nuclei: int


@dataclass(frozen=True)
class TrainingSet:
    """What `loop.train` needs, and what the model card says of it.

    Attributes
    ----------
    training
        To learn from.
    validation
        Pictures, (Y, X), and their label images, by their source.
    sets
        What there is in each source.
    diameters
        Typical diameter of the nuclei of each picture that has any, pixels.
    """

    training: list[Source]
    validation: list[list[tuple[np.ndarray, np.ndarray]]]
    sets: list[SetFacts]
    diameters: list[float]


def read_training_set(
    sets: Sequence[AnnotatedSet], validation_share: float, seed: int, log: logging.Logger
) -> TrainingSet:
    """Read annotated pictures and draw those for validation from each set.

    Parameters
    ----------
    sets
        Where they are.
    validation_share
        How many of a set, 0-1; at least one.
    seed
        Decides which.
    log
        Told how many there are.

    Raises
    ------
    ImageError
        A picture can't be used.
    SettingsError
        There are fewer than two pictures in a set, or no nuclei to learn from.
    """
    found = TrainingSet([], [], [], [])
    for one in sets:
        names = [pair.name for pair in one.pairs]
        if len(names) < 2:
            of_set = f".{one.name}" if one.name else ""
            raise SettingsError(
                f"training.images{of_set}: {len(names)} of the pictures can be used and at least 2 "
                "are needed, one of them to validate with"
            )
        apart = split_off(names, validation_share, seed)
        source, validation = Source(one.weight, []), []
        nuclei = {True: 0, False: 0}  # of pictures that are for validation, and of the others
        for pair in one.pairs:
            picture, labels = read_pair(pair.picture, pair.labels)
            unknown = _unknown(pair, labels, one.minimum_area_px)
            if unknown is not None:
                labels = np.where(unknown, 0, labels)
            if pair.name in apart:
                validation.append((picture, labels))
            else:
                source.pictures.append(annotate(picture, labels, unknown))
            nuclei[pair.name in apart] += np.unique(labels[labels > 0]).size
            diameter = typical_diameter(labels)
            found.diameters.extend([diameter] if diameter else [])
        found.training.append(source)
        found.validation.append(validation)
        facts = SetFacts(
            *(one.name, one.description, one.weight, one.held_back),
            *(len(source.pictures), nuclei[False]),
            *([name for name in names if name in apart], nuclei[True]),
        )
        found.sets.append(facts)
        log.info(
            "%s%d images with %d nuclei to learn from, %d images with %d nuclei for validation",
            *(f"{one.name}: " if one.name else "", facts.training_pictures, nuclei[False]),
            *(len(validation), nuclei[True]),
        )
    if not sum(one.training_nuclei for one in found.sets):
        raise SettingsError("training.labels: no nuclei are annotated, nothing can be learnt")
    return found


def _unknown(pair: Pair, labels: np.ndarray, minimum_area_px: float) -> np.ndarray | None:
    """Tell where nothing is to be learnt: not annotated, or annotated but too small; None: nowhere.

    Nuclei that are annotated are known, whatever the picture of what is to be ignored says.
    """
    small = np.bincount(labels.ravel()) < minimum_area_px
    small[0] = False
    unknown = small[labels]
    if pair.ignore is not None:
        ignore = read_picture(pair.ignore)
        if ignore.shape != labels.shape:
            sizes = [f"{width} x {height}" for height, width in (ignore.shape, labels.shape)]
            raise ImageError(
                f'"{pair.ignore}" has {sizes[0]} pixels, "{pair.labels}" has {sizes[1]}'
            )
        unknown |= (ignore > 0) & (labels == 0)
    return unknown if unknown.any() else None
