"""What is known of the images that could be analysed, with their channels told apart."""

from collections.abc import Sequence
from typing import Any

from immunostain.images.facts import read_image
from immunostain.measuring.columns import told_apart


def all_channels(abouts: dict[str, dict[str, Any]]) -> list[str]:
    """List the channels of all images, each name once, in the order in which they are met."""
    return list(dict.fromkeys(name for about in abouts.values() for name in about["channels"]))


def read_abouts(
    images: dict[str, Sequence[str]],
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Read what is known of the images that could be analysed, from the files of their chunks.

    Returns
    -------
    abouts : dict
        For each image what `facts.read_image` gives, with the channels named as in the tables.
    renamed : dict
        The names in the tables of the channels that have another one there, see
        `columns.told_apart`.
    """
    read = {image: read_image(files) for image, files in images.items()}
    abouts = {image: about for image, about in read.items() if not about["unreadable"]}
    names = told_apart(all_channels(abouts))
    for about in abouts.values():
        about["channels"] = [names[channel] for channel in about["channels"]]
        for frame in about["frames"]:
            frame["signal"] = {names[channel]: of for channel, of in frame["signal"].items()}
    return abouts, {channel: name for channel, name in names.items() if name != channel}
