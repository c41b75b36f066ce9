"""The channels of a .czi file: their names, their pixels' type, and which one is meant."""

from dataclasses import dataclass
from xml.etree import ElementTree

from immunostain.czi.zisraw import SubBlock
from immunostain.shared.errors import ImageError

_PIXEL_TYPES = {
    0: ("gray8", "uint8", 1),
    1: ("gray16", "uint16", 1),
    2: ("gray32float", "float32", 1),
    3: ("bgr24", "uint8", 3),
    4: ("bgr48", "uint16", 3),
}
# What libCZI gives for a colour pixel comes in this order.
_SAMPLES = ("blue", "green", "red")


@dataclass(frozen=True)
class Channel:
    """A stain: its name, its C in the file, and which colour of an RGB channel it is, if of one.

    `bits` is what the file says of how many the camera gave for a pixel, None if it doesn't.
    """

    name: str
    also_called: str
    number: int
    sample: int | None
    pixel_type: str
    dtype: str
    bits: int | None = None


def find_channel(channels: tuple[Channel, ...], wanted: str | int) -> int:
    """Find the channel that the settings name.

    Parameters
    ----------
    channels
        As in `CziImage`.
    wanted
        Part of the channel's or its dye's name, case ignored, or its index from 0. A channel whose
        whole name it is goes before one that contains it, a name before a dye.

    Returns
    -------
    int
        Its index.

    Raises
    ------
    ImageError
        There is none; names the channels that there are.
    """
    names = ", ".join(
        f"{index}: {channel.name}" + (f" ({channel.also_called})" if channel.also_called else "")
        for index, channel in enumerate(channels)
    )
    if isinstance(wanted, int):
        if wanted < len(channels):
            return wanted
        raise ImageError(f"there is no channel {wanted}; the file has {names}")
    text = wanted.casefold()
    ways = (
        lambda channel: channel.name.casefold() == text,
        lambda channel: text in channel.name.casefold(),
        lambda channel: text in channel.also_called.casefold(),
    )
    for fits in ways:
        for index, channel in enumerate(channels):
            if fits(channel):
                return index
    raise ImageError(
        f'no channel is named "{wanted}"; the file has {names}; '
        "set nuclear_channel to one of these names or numbers"
    )


# ---- what a file says about itself ----


def pixel_types(tiles: list[SubBlock]) -> dict[int, int]:
    """Give Zeiss's number of the pixel type of each channel."""
    types: dict[int, int] = {}
    for tile in tiles:
        number, kind = tile.at("C"), tile.pixel_type
        if kind not in _PIXEL_TYPES:
            raise ImageError(
                f"channel {number} has pixels of a kind that can't be measured (Zeiss's pixel type "
                f"{kind}); export it from ZEN as 8 or 16 bit"
            )
        if types.setdefault(number, kind) != kind:
            raise ImageError(f"channel {number} has pixels of two kinds; check the file in ZEN")
    return types


def name_channels(types: dict[int, int], metadata: ElementTree.Element) -> tuple[Channel, ...]:
    """Name the channels, as ZEN shows them; one without a name is ``channel_0`` and so on."""
    described = metadata.findall("./Metadata/Information/Image/Dimensions/Channels/Channel")
    shown = metadata.findall("./Metadata/DisplaySetting/Channels/Channel")
    of_all = metadata.findtext("./Metadata/Information/Image/ComponentBitCount")
    names: list[str] = []
    channels = []
    for number in sorted(types):
        pixel_type, dtype, samples = _PIXEL_TYPES[types[number]]
        here = described[number] if 0 <= number < len(described) else ElementTree.Element("Channel")
        same = [c for c in shown if c.get("Id") and c.get("Id") == here.get("Id")]
        same += shown[number : number + 1]
        display = same[0] if same else ElementTree.Element("Channel")
        name = (here.get("Name") or display.get("Name") or "").strip() or f"channel_{number}"
        dye = (here.findtext("Fluor") or display.findtext("DyeName") or "").strip()
        bits = _bits(here.findtext("ComponentBitCount") or of_all)
        for sample in range(samples):
            whole = plain = name if samples == 1 else f"{name} {_SAMPLES[sample]}"
            count = 1
            while whole in names:
                count += 1
                whole = f"{plain} ({count})"
            names.append(whole)
            channels.append(
                Channel(
                    whole,
                    "" if dye == name else dye,
                    number,
                    None if samples == 1 else sample,
                    pixel_type,
                    dtype,
                    bits,
                )
            )
    return tuple(channels)


def _bits(text: str | None) -> int | None:
    """Give a number of bits, None where there is no sensible one."""
    text = (text or "").strip()
    return int(text) or None if text.isdecimal() and len(text) <= 2 else None
