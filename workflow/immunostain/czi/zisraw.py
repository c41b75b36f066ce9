"""The bytes of a .czi file that libCZI doesn't show, and whether they are all there.

After the layout that Zeiss publishes as "ZISRAW (CZI) File Format". libCZI crashes on some damaged
files, so what the directory promises is compared with what is there before libCZI sees the file.
"""

import os
import struct
from typing import BinaryIO, NamedTuple

from immunostain.shared.errors import ImageError
from immunostain.shared.wording import on_one_line

# No file has so many frames, scenes or tiles; libCZI would count up to such an index.
_FAR = 1_000_000
# A compressed tile larger than this, which even a blank one seldom is, says that it is larger than
# so many times its bytes only when it is damaged; libCZI would ask for the memory first.
_LARGE_TILE, _MOST_COMPRESSED = 256_000_000, 1000


class SubBlock(NamedTuple):
    """A tile, as the directory describes it; a mosaic has a hundred thousand.

    Attributes
    ----------
    start
        Its first index in each dimension but X and Y, by the dimension's letter.
    x_px, y_px, width_px, height_px
        Its rectangle.
    pixel_type
        Zeiss's number.
    reduced
        It is a smaller copy of others, for a quick look.
    place
        Where in the file it is.
    least_bytes
        How many bytes its pixels take up at least.
    dimensions
        How many dimensions it has.
    """

    start: dict[str, int]
    x_px: int
    y_px: int
    width_px: int
    height_px: int
    pixel_type: int
    reduced: bool
    place: int
    least_bytes: int
    dimensions: int

    def at(self, dimension: str) -> int:
        """Give its index in a dimension, 0 where it has none."""
        return self.start.get(dimension, 0)


def directory(path: str) -> list[SubBlock]:
    """List the sub-blocks of a file and see that each is where the directory says, and whole.

    Raises
    ------
    ImageError
        The file is empty, cut off, damaged or not a .czi file.
    OSError
        The disk, the network or the permissions don't let it be read: that isn't the file's fault.
    """
    try:
        size = os.path.getsize(path)
        if size == 0:
            raise ImageError("the file is empty (0 bytes); copy it again from the microscope")
        with open(path, "rb") as file:
            if file.read(10) != b"ZISRAWFILE":
                raise ImageError("this is not a .czi file although it is named so")
            file.seek(84)
            place, metadata, _, attachments = struct.unpack("<qqiq", file.read(28))
            if max(metadata, attachments) > size - 32:
                raise ValueError("a part of it lies beyond its end")
            entries = _segment(file, place, b"ZISRAWDIRECTORY", size)
            (count,) = struct.unpack_from("<i", entries)
            blocks, offset = [], 128
            for _ in range(count):
                block, offset = _entry(entries, offset)
                _check_sub_block(file, block, size)
                blocks.append(block)
            return blocks
    except OSError as error:
        error.filename = path  # one that fails while it is read doesn't say so
        raise
    except (struct.error, ValueError, OverflowError) as error:
        raise ImageError(
            f"the file is cut off or damaged ({on_one_line(error)}); copy it again"
        ) from error


def _segment(file: BinaryIO, place: int, name: bytes, size: int) -> bytes:
    """Read the data of the segment of that name."""
    if not 0 < place <= size - 32:
        raise ValueError(f"{name.decode()} lies beyond the end of the file")
    file.seek(place)
    found, _, used = struct.unpack("<16sqq", file.read(32))
    if found.rstrip(b"\0") != name:
        raise ValueError(f"{name.decode()} is not where it should be")
    if not 0 <= used <= size - place - 32:
        raise ValueError(f"{name.decode()} is cut off")
    return file.read(used)


def _entry(entries: bytes, offset: int) -> tuple[SubBlock, int]:
    """Read a directory entry; give it and where the next one starts."""
    schema, pixel_type, place, _, compression, reduced, dimensions = struct.unpack_from(
        "<2siqiiB5xi", entries, offset
    )
    if schema != b"DV" or not 2 <= dimensions <= 40:
        raise ValueError("an entry of the directory is unreadable")
    offset += 32
    start: dict[str, int] = {}
    x = y = width = height = 0
    stored = 1
    for _ in range(dimensions):
        name, first, length, _, stored_length = struct.unpack_from("<4siifi", entries, offset)
        letter = name.rstrip(b"\0").decode("ascii")
        if letter in ("X", "Y"):
            if letter == "X":
                x, width = first, length
            else:
                y, height = first, length
            stored *= stored_length
            reduced = reduced or stored_length != length
        elif abs(first) < _FAR:
            start[letter] = first
        else:
            raise ValueError(f"an entry of the directory has the index {letter}{first}")
        offset += 20
    if min(width, height) <= 0:
        raise ValueError("an entry of the directory has no size")
    least = stored * {0: 1, 1: 2, 2: 4, 3: 3, 4: 6}.get(pixel_type, 0)
    if compression != 0:
        least = least // _MOST_COMPRESSED if least > _LARGE_TILE else 1
    rectangle = (x, y, width, height)
    block = SubBlock(start, *rectangle, pixel_type, bool(reduced), place, least, dimensions)
    return block, offset


def _check_sub_block(file: BinaryIO, block: SubBlock, size: int) -> None:
    """See that a sub-block is there, with all its bytes."""
    place = block.place
    if not 0 < place <= size - 80:
        raise ValueError("a sub-block lies beyond the end of the file")
    file.seek(place)
    name, _, used, metadata, attachment, data, schema, dimensions = struct.unpack(
        "<16sqqiiq2s26xi", file.read(80)
    )
    # libCZI writes as many dimensions as the block names to where there is room for a few.
    if (name.rstrip(b"\0"), schema, dimensions) != (b"ZISRAWSUBBLOCK", b"DV", block.dimensions):
        raise ValueError(f"the sub-block at byte {place} is damaged")
    needed = max(256, 48 + 20 * dimensions) + metadata + attachment + data
    if (
        min(metadata, attachment) < 0
        or data < block.least_bytes
        or not needed <= used <= size - place
    ):
        raise ValueError(f"the sub-block at byte {place} is damaged or cut off")


def time_stamps(path: str) -> list[float]:
    """Read the attachment ``TimeStamps``: seconds, one for each T; empty where there is none."""
    size = os.path.getsize(path)
    try:
        with open(path, "rb") as file:
            file.seek(104)
            (place,) = struct.unpack("<q", file.read(8))
            attachments = _segment(file, place, b"ZISRAWATTDIR", size)
            for offset in range(256, len(attachments) - 127, 128):
                (where,) = struct.unpack_from("<q", attachments, offset + 12)
                if attachments[offset + 48 : offset + 128].rstrip(b"\0") == b"TimeStamps":
                    data = _segment(file, where, b"ZISRAWATTACH", size)
                    _, count = struct.unpack_from("<ii", data, 256)
                    return list(struct.unpack_from(f"<{count}d", data, 264))
    except (struct.error, ValueError):
        pass  # no such attachment
    return []
