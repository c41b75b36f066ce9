"""What is known of the images that could be analysed, with their channels told apart."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from immunostain.images.facts import FileFacts, MeasuredFile, MeasuredFrame, read_image
from immunostain.measuring.columns import told_apart


def all_channels(facts: Mapping[str, FileFacts]) -> list[str]:
    """List the channels of all images, each name once, in the order in which they are met."""
    return list(dict.fromkeys(name for known in facts.values() for name in known.channels))


def read_analysed(
    images: dict[str, Sequence[str]],
) -> tuple[dict[str, MeasuredFile], dict[str, str]]:
    """Read what is known of the images that could be analysed, from the files of their chunks.

    Returns
    -------
    facts : dict
        For each image what `facts.read_image` gives, with the channels named as in the tables.
    renamed : dict
        The names in the tables of the channels that have another one there, see
        `columns.told_apart`.
    """
    read = {image: read_image(files) for image, files in images.items()}
    facts = {image: known for image, known in read.items() if not known.unreadable}
    names = told_apart(all_channels(facts))
    renamed = {channel: name for channel, name in names.items() if name != channel}
    return {image: _renamed(known, names) for image, known in facts.items()}, renamed


def _renamed(facts: MeasuredFile, names: dict[str, str]) -> MeasuredFile:
    def frame_renamed(frame: MeasuredFrame) -> MeasuredFrame:
        signal = {names[channel]: measured for channel, measured in frame.signal.items()}
        return replace(frame, signal=signal)

    channels = tuple(names[channel] for channel in facts.channels)
    return replace(facts, channels=channels, frames=tuple(map(frame_renamed, facts.frames)))
