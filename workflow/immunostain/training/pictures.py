"""The pictures of a training, split into those to learn from and those to validate with."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from immunostain.evaluation.annotated_folders import Pair
from immunostain.evaluation.annotated_pictures import read_pair
from immunostain.shared.errors import SettingsError
from immunostain.training.examples import Annotated, annotate, split_off, typical_diameter


@dataclass(frozen=True)
class TrainingSet:
    """What `loop.train` needs, and what the model card says of it.

    Attributes
    ----------
    training
        To learn from.
    validation
        Pictures, (Y, X), and their label images.
    validation_names
        Names of these pictures.
    training_nuclei, validation_nuclei
        Numbers of annotated nuclei.
    diameters
        Typical diameter of the nuclei of each picture that has any, pixels.
    """

    training: list[Annotated]
    validation: list[tuple[np.ndarray, np.ndarray]]
    validation_names: list[str]
    training_nuclei: int
    validation_nuclei: int
    diameters: list[float]


def read_training_set(
    pairs: Sequence[Pair], validation_share: float, seed: int, log: logging.Logger
) -> TrainingSet:
    """Read annotated pictures and draw those for validation.

    Parameters
    ----------
    pairs
        All of them, sorted by name.
    validation_share
        How many of them, 0-1; at least one.
    seed
        Decides which.
    log
        Told how many there are.

    Raises
    ------
    ImageError
        A picture can't be used.
    SettingsError
        There are fewer than two pictures, or no nuclei to learn from.
    """
    names = [pair.name for pair in pairs]
    apart = split_off(names, validation_share, seed) if len(names) > 1 else set()
    training, validation, diameters = [], [], []
    nuclei = {True: 0, False: 0}  # of pictures that are for validation, and of the others
    for pair in pairs:
        picture, labels = read_pair(pair.picture, pair.labels)
        if pair.name in apart:
            validation.append((picture, labels))
        else:
            training.append(annotate(picture, labels))
        nuclei[pair.name in apart] += int(labels.max())
        diameters.append(typical_diameter(labels))
    if not training or not validation:
        raise SettingsError(
            f"training.images: {len(names)} of the pictures can be used and at least 2 are needed, "
            "one of them to validate with"
        )
    if not nuclei[False]:
        raise SettingsError("training.labels: no nuclei are annotated, nothing can be learnt")
    log.info(
        "%d images with %d nuclei to learn from, %d images with %d nuclei for validation",
        *(len(training), nuclei[False], len(validation), nuclei[True]),
    )
    return TrainingSet(
        training,
        validation,
        [name for name in names if name in apart],
        nuclei[False],
        nuclei[True],
        [diameter for diameter in diameters if diameter],
    )
