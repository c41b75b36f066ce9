"""The annotated pictures that a network is taught with, by the settings.

Standard library only: the Snakefile imports this.
"""

from immunostain.evaluation.annotated_folders import Pair, find_pairs, read_names, without_named


def training_pairs(images: str | None, labels: str | None, held_back: str | None) -> list[Pair]:
    """Find the annotated pictures to train with.

    Parameters
    ----------
    images, labels, held_back
        Settings of the group ``training``.

    Raises
    ------
    SettingsError
        The folders or the list of pictures to hold back don't fit.
    """
    pairs = find_pairs("training", images, labels)
    if held_back is None:
        return pairs
    return without_named(pairs, read_names("training.held_back", held_back))
