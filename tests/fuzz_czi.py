"""Damage .czi files at random, and see what comes of reading them.

The same seed gives the same damage. Whatever it is, a file is either read or refused with a
sentence, in little time and memory, without a crash.
"""

import random
import resource
import struct
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from immunostain.czi.apart import each_apart
from immunostain.czi.image import CziImage, open_czi
from immunostain.czi.planes import read_frame
from immunostain.shared.errors import ImageError

# Of each kind of segment, the bytes that say what is where, and not what pixels or metadata are.
HEADERS = {
    b"ZISRAWFILE": 112,
    b"ZISRAWDIRECTORY": 900,
    b"ZISRAWSUBBLOCK": 320,
    b"ZISRAWMETADATA": 48,
    b"ZISRAWATTDIR": 300,
    b"ZISRAWATTACH": 300,
}
NUMBERS = [0, 1, -1, 2**31 - 1, -(2**31), 2**24, -(2**24), 2**14, 41_472]
# No file may take more: 5 MB of damage must not fill a computer or keep it busy all night.
PATIENCE_S, MEMORY_BYTES = 30, 2_000_000_000


@dataclass(frozen=True)
class Fate:
    """What came of a damaged file: ``read``, ``refused`` or what must not be, and what it took."""

    outcome: str
    sentence: str
    seconds: float
    peak_memory_bytes: int

    @property
    def well(self) -> bool:
        return self.outcome in ("read", "refused")


def segments(content: bytes) -> Iterator[tuple[bytes, int]]:
    """Find where each kind of segment begins."""
    for name in HEADERS:
        place = content.find(name)
        while place >= 0:
            yield name, place
            place = content.find(name, place + 1)


def places_of_headers(content: bytes) -> list[int]:
    places = set()
    for name, place in segments(content):
        places |= set(range(place, min(place + HEADERS[name], len(content))))
    return sorted(places)


def place_of_dimension(content: bytes, letter: str, entry: int = 0) -> int:
    """Find where an entry of the directory (the first is 0) begins to describe a dimension."""
    place = content.index(b"ZISRAWDIRECTORY") + 160
    for _ in range(entry + 1):
        place = content.index(letter.encode().ljust(4, b"\0"), place) + 4
    return place - 4


def change_headers(content: bytes, chance: random.Random) -> bytes:
    """Change a few bytes of a file's headers, or a whole number in them."""
    changed = bytearray(content)
    places = places_of_headers(content)
    for _ in range(chance.choice([1, 1, 1, 2, 5, 20])):
        place = chance.choice(places)
        if chance.random() < 0.5:
            changed[place] = chance.randrange(256)
        else:
            number = chance.choice([*NUMBERS, chance.randrange(-100, 100_000)])
            changed[place : place + 4] = struct.pack("<i", number)
    return bytes(changed)


def change_the_directory(content: bytes, chance: random.Random) -> bytes:
    """Give a dimension of an entry of the directory another index, place or size."""
    changed = bytearray(content)
    begin = content.find(b"ZISRAWDIRECTORY") + 160
    end = content.find(b"ZISRAW", begin)
    fields = [
        begin + offset + part
        for offset in range(0, (end if end > 0 else len(content)) - begin - 20)
        if content[begin + offset : begin + offset + 4].rstrip(b"\0") in DIMENSIONS
        and content[begin + offset + 1 : begin + offset + 4] == b"\0\0\0"
        for part in (4, 8, 16)
    ]
    for _ in range(chance.choice([1, 1, 2])):
        number = chance.choice([*NUMBERS, chance.randrange(-(2**25), 2**25)])
        place = chance.choice(fields)
        changed[place : place + 4] = struct.pack("<i", number)
    return bytes(changed)


DIMENSIONS = {letter.encode() for letter in "XYZCTSMBVHIR"}


def cut_off(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


def change_anything(content: bytes, chance: random.Random) -> bytes:
    """Overwrite a stretch of the file, whatever is there."""
    changed = bytearray(content)
    length = chance.choice([1, 10, 100, 2000, 50_000])
    place = chance.randrange(max(1, len(content) - length))
    changed[place : place + length] = chance.choice([chance.randbytes(length), bytes(length)])
    return bytes(changed[: len(content)])


DAMAGES = [change_headers, change_headers, change_the_directory, change_anything, cut_off]


def damaged(content: bytes, seed: int) -> bytes:
    """Give a file's content after the damage of that number."""
    chance = random.Random(seed)
    return chance.choice(DAMAGES)(content, chance)


def read_everything(path: str) -> CziImage:
    """Read all that the workflow reads of a file."""
    image = open_czi(path)
    for frame in image.frames:
        for channel in image.channels:
            picture = read_frame(image, frame, channel, "max")
            scene = image.scenes[frame.scene]
            assert picture.shape == (scene.height, scene.width)
            assert picture.dtype == channel.dtype
    return image


def fates(contents: Iterator[bytes] | Sequence[bytes], folder: Path) -> Iterator[Fate]:
    """Read files of these contents in a process apart; give what became of each."""
    contents = list(contents)
    path = Path(folder, "damaged.czi")

    def read(content: bytes) -> Fate:
        path.write_bytes(content)
        began = time.monotonic()
        try:
            read_everything(str(path))
            outcome, sentence = "read", ""
        except ImageError as error:
            outcome, sentence = "refused", str(error)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        return Fate(outcome, sentence, time.monotonic() - began, peak)

    for outcome in each_apart(read, contents, PATIENCE_S, MEMORY_BYTES):
        if isinstance(outcome, Fate):
            yield outcome
        else:
            why = "\n".join([str(outcome), *getattr(outcome, "__notes__", [])])
            yield Fate(type(outcome).__name__, why, 0.0, 0)
