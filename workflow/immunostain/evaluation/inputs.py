"""What models and tracks are judged by, by the settings.

Standard library only: the Snakefile imports this.
"""

from collections.abc import Sequence

from immunostain.evaluation.annotated_folders import Pair, find_pairs, only_named, read_names
from immunostain.network import model_files
from immunostain.shared.errors import SettingsError
from immunostain.shared.wording import listed


def evaluation_pairs(
    images: str | None, labels: str | None, only: str | None, nucleus_diameter: str | float
) -> list[Pair]:
    """Find the annotated pictures to judge a model by.

    Parameters
    ----------
    images, labels, only
        Settings of the group ``evaluation``.
    nucleus_diameter
        `segmentation.unet.nucleus_diameter` of the settings.

    Raises
    ------
    SettingsError
        The folders or the list of pictures don't fit, or the diameter isn't in pixels.
    """
    if "m" in str(nucleus_diameter):
        raise SettingsError(
            "config: segmentation.unet.nucleus_diameter is in micrometres, but annotated images "
            "don't say how large a pixel is; evaluate_unet needs pixels or auto"
        )
    pairs = find_pairs("evaluation", images, labels)
    if only is None:
        return pairs
    return only_named("evaluation.only", pairs, read_names("evaluation.only", only))


def evaluated_model(model: str | dict[str, str]) -> str:
    """Find the model to judge.

    Parameters
    ----------
    model
        `segmentation.unet.model` of the settings.

    Raises
    ------
    SettingsError
        There are several, or it can't be used.
    """
    if not isinstance(model, str):
        raise SettingsError(
            "config: segmentation.unet.model has a model for each magnification; "
            "name the one that evaluate_unet is to judge"
        )
    path = str(model_files.find_model(model))
    model_files.check_model_file(path)
    return path


def tracked_image(truth: str | None, asked: str | None, images: Sequence[str]) -> str:
    """Find the image whose tracks are to be judged.

    Parameters
    ----------
    truth, asked
        `evaluation.tracking_truth` and `evaluation.tracked_image` of the settings.
    images
        The ids of all images.

    Raises
    ------
    SettingsError
        There is no truth, or it isn't clear which image it belongs to.

    Examples
    --------
    >>> tracked_image("01_GT", None, ["a"])
    'a'
    """
    if not truth:
        raise SettingsError(
            "config: evaluation.tracking_truth is empty; give a folder of ground truth of the "
            "Cell Tracking Challenge, such as 01_GT"
        )
    image = asked or (images[0] if len(images) == 1 else None)
    if image is None:
        raise SettingsError(
            "config: evaluation.tracked_image is empty and there are several images; "
            "name the one that evaluation.tracking_truth belongs to"
        )
    if image not in images:
        raise SettingsError(
            f'config: evaluation.tracked_image: "{image}" is not in the input folder; '
            f"there are {listed(images)}"
        )
    return image
