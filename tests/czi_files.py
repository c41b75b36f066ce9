"""What several tests need: .czi files of known content, and the real ones where there are any."""

import json
import re
import struct
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "resources" / "example"
REAL = ROOT.parent / "shared" / "data" / "czi"
_LIST = REAL / "inventory.json"
INVENTORY = json.loads(_LIST.read_text(encoding="utf-8")) if _LIST.exists() else []
needs_real_files = pytest.mark.skipif(
    not INVENTORY, reason="the real .czi files (../shared/data/czi) are not there"
)


def write_czi(path, planes, names=(), pixel_um=0.0, compression=None):
    """Write a .czi file and give its path as text.

    `planes` maps (scene, t, c, z) to a picture, or to a list of tiles (x, y, picture).
    """
    from pylibCZIrw import czi as writer

    with writer.create_czi(str(path), compression_options=compression) as document:
        for (scene, t, c, z), picture in planes.items():
            tiles = [(0, 0, picture)] if isinstance(picture, np.ndarray) else picture
            for x, y, tile in tiles:
                document.write(
                    np.ascontiguousarray(tile if tile.ndim == 3 else tile[..., None]),
                    plane={"T": t, "C": c, "Z": z},
                    location=(x, y),
                    scene=scene,
                )
        document.write_metadata(
            channel_names=dict(enumerate(names)), scale_x=pixel_um * 1e-6, scale_y=pixel_um * 1e-6
        )
    return str(path)


def write_channels(path, channels, frames=1, compression=None):
    """Write the same pictures, by channel, for each frame; pixels are 0.1 um wide."""
    planes = {
        (0, t, c, 0): picture for t in range(frames) for c, picture in enumerate(channels.values())
    }
    return write_czi(path, planes, list(channels), 0.1, compression)


def declare_bits(path, *bits):
    """Let a file that `write_czi` wrote say how many bits the camera gave for each channel.

    One number more is that of all channels; None: nothing is said.

    Metadata that have grown are a new segment at the end, to which the header points (byte 92).
    """
    data = bytearray(Path(path).read_bytes())
    (old,) = struct.unpack_from("<q", data, 92)
    (size,) = struct.unpack_from("<i", data, old + 32)
    xml, given = data[old + 288 : old + 288 + size].decode(), iter(bits)

    def said(end):
        number = next(given)
        count = "" if number is None else f"<ComponentBitCount>{number}</ComponentBitCount>"
        return end[0] + count

    text = re.sub("</PixelType>", said, xml, count=len(bits)).encode()
    data[old : old + 16] = b"DELETED".ljust(16, b"\0")
    data.extend(bytes(-len(data) % 32))
    struct.pack_into("<q", data, 92, len(data))
    used = 256 + len(text)
    data += struct.pack("<16sqqii", b"ZISRAWMETADATA", used + -used % 32, used, len(text), 0)
    data += bytes(248) + text + bytes(-used % 32)
    Path(path).write_bytes(data)
    return str(path)


def discs(*places, radius=12, shape=(96, 128), bright=4000):
    """Draw a picture with discs at places (x, y)."""
    y, x = np.indices(shape)
    picture = np.full(shape, 100, np.uint16)
    for cx, cy in places:
        picture[(x - cx) ** 2 + (y - cy) ** 2 <= radius**2] = bright
    return picture


TWO = discs((30, 40), (90, 50))
