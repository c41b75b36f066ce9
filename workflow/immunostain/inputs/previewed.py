"""What of the settings the preview depends on, so that no other one makes it anew.

Standard library only: the Snakefile imports this.
"""

from collections.abc import Mapping
from typing import Any


def numbers(config: Mapping[str, Any], images: int) -> range:
    """Give numbers to the images that are shown; which they are isn't known before they are opened.

    Parameters
    ----------
    config
        The complete settings.
    images
        How many there are in the input folder.

    Examples
    --------
    >>> numbers({"preview": {"images": 4}}, 3)
    range(0, 3)
    >>> numbers({"preview": {"images": ["a"]}}, 3)
    range(0, 1)
    """
    wanted = config["preview"]["images"]
    return range(min(wanted if isinstance(wanted, int) else len(wanted), images))


def reading(config: Mapping[str, Any]) -> dict[str, Any]:
    """Give what decides whether a file can be analysed: of lengths only those in micrometres.

    Parameters
    ----------
    config
        The complete settings.

    Returns
    -------
    dict
        By the names of `preview.folder.Reading`.
    """
    segmentation, network = config["segmentation"], config["segmentation"]["unet"]
    by_network = segmentation["method"] == "unet"
    lengths = [segmentation["minimum_area"], config["quantification"]["perinuclear_width"]]
    lengths += [network["nucleus_diameter"]] if by_network else []
    each_its_own = by_network and isinstance(network["model"], dict)
    return {
        "nuclear_channel": config["nuclear_channel"],
        "z_projection": config["z_projection"],
        "in_micrometres": [v for v in lengths if isinstance(v, str) and v != "auto"],
        "magnifications": list(network["model"]) if each_its_own else None,
    }


def tried_out(config: Mapping[str, Any]) -> dict[str, Any]:
    """Give the settings in use that are among those that are tried out."""
    segmentation = config["segmentation"]
    network = ("probability", "nucleus_diameter")
    return {
        "threshold": {"level": segmentation["threshold"]["level"]},
        "unet": {key: segmentation["unet"][key] for key in network},
        "minimum_area": segmentation["minimum_area"],
    }
