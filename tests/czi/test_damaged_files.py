"""Damaged .czi files: each is refused with a reason or read, and none takes Python down with it."""

import random
import struct
from pathlib import Path

import numpy as np
import pytest
from czi_files import EXAMPLE, INVENTORY, REAL, write_czi
from fuzz_czi import change_headers, damaged, fates, place_of_dimension, read_everything, segments

from immunostain.czi.image import open_czi
from immunostain.czi.planes import read_frame
from immunostain.shared.errors import ImageError


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Give a file of two channels and two time points."""
    rng = np.random.default_rng(1)
    planes = {
        (0, t, c, 0): rng.integers(0, 999, (12, 17), np.uint16) for t in (0, 1) for c in (0, 1)
    }
    path = tmp_path_factory.mktemp("whole") / "whole.czi"
    return Path(write_czi(path, planes, ["DAPI", "GFP"], 0.5))


def fare(source, folder, seeds):
    """Damage a file's headers in many ways; give how each fared, none of them badly."""
    content = Path(source).read_bytes()
    found = list(fates((change_headers(content, random.Random(seed)) for seed in seeds), folder))
    assert [fate for fate in found if not fate.well] == []
    assert len(found) == len(seeds)
    return {fate.outcome for fate in found}


@pytest.mark.parametrize("first", [0, 200])
def test_random_damage_to_headers(whole, tmp_path, first):
    assert fare(whole, tmp_path, range(first, first + 200)) == {"read", "refused"}


@pytest.mark.parametrize("tiles", ["mosaic", "compressed"])
def test_random_damage_to_headers_of_other_kinds(tmp_path, tiles):
    rng = np.random.default_rng(2)

    def tile():
        return rng.integers(0, 999, (12, 17), np.uint16)

    if tiles == "mosaic":
        planes = {(s, 0, 0, 0): [(40 * s, 0, tile()), (40 * s + 17, 0, tile())] for s in (0, 1)}
    else:
        planes = {(0, 0, 0, z): tile() for z in (0, 1)}
    compression = "zstd1:ExplicitLevel=1" if tiles == "compressed" else None
    source = write_czi(tmp_path / "whole.czi", planes, ["DAPI"], compression=compression)
    assert fare(source, tmp_path, range(120)) == {"read", "refused"}


SOURCES = ("tiles", "S3_1Pos_2Mosaic", "LLS7", "comp2", "newCZI_compressed")


def test_random_damage_of_any_kind(tmp_path):
    """A short run of what benchmarks/fuzz_czi.py does for longer."""
    real = [REAL / row["file"] for row in INVENTORY if any(name in row["file"] for name in SOURCES)]
    sources = [path.read_bytes() for path in real or sorted(EXAMPLE.glob("*.czi"))]
    found = list(fates((damaged(sources[n % len(sources)], n) for n in range(200)), tmp_path))
    assert {n: fate for n, fate in enumerate(found) if not fate.well} == {}
    assert {fate.outcome for fate in found} == {"read", "refused"}
    assert all(fate.sentence for fate in found if fate.outcome == "refused")


def test_the_whole_file_is_read(whole):
    image = read_everything(str(whole))
    assert [channel.name for channel in image.channels] == ["DAPI", "GFP"]
    assert len(image.frames) == 2


@pytest.mark.parametrize("share", [0.001, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97])
@pytest.mark.parametrize("name", ["whole", "still_1.czi", "timelapse_1.czi"])
def test_a_file_that_is_cut_off(whole, tmp_path, name, share):
    source = whole if name == "whole" else EXAMPLE / name
    content = source.read_bytes()
    path = tmp_path / "cut.czi"
    path.write_bytes(content[: max(12, int(len(content) * share))])
    with pytest.raises(ImageError, match="cut off or damaged"):
        open_czi(str(path))


def test_a_file_cut_at_any_place_is_refused(whole, tmp_path):
    """The last segment may be padded, so the end of its data counts, not that of the file."""
    content = whole.read_bytes()
    path = tmp_path / "cut.czi"
    for length in range(0, len(content) - 600, 97):
        path.write_bytes(content[:length])
        with pytest.raises(ImageError):
            open_czi(str(path))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty (0 bytes)"),
        (b"just a text\n" * 100, "this is not a .czi file although it is named so"),
        (b"II*\0" + bytes(1000), "this is not a .czi file"),
        (b"ZISRAW", "this is not a .czi file"),
        (b"ZISRAWFILE", "the file is cut off or damaged"),
        (b"ZISRAWFILE" + bytes(5000), "the file is cut off or damaged"),
        (b"ZISRAWFILE" + b"\xff" * 5000, "the file is cut off or damaged"),
    ],
)
def test_what_is_no_czi_file(tmp_path, content, reason):
    path = tmp_path / "a.czi"
    path.write_bytes(content)
    with pytest.raises(ImageError) as caught:
        open_czi(str(path))
    assert str(caught.value).startswith(reason)


def place_of(content, name, number=0):
    return [place for kind, place in segments(content) if kind == name][number]


def change(whole, tmp_path, name, offset, new, number=0):
    """Write other bytes at a place of a segment; give the path of the damaged file."""
    content = bytearray(whole.read_bytes())
    place = place_of(content, name, number) + offset
    content[place : place + len(new)] = new
    path = tmp_path / "changed.czi"
    path.write_bytes(content)
    return str(path)


@pytest.mark.parametrize("number", [0, 1, 2, 3])
@pytest.mark.parametrize(
    ("offset", "new"),
    [
        (0, b"DELETED\0\0\0\0\0\0\0"),
        (16, struct.pack("<qq", 64, 64)),
        (24, struct.pack("<q", 2**40)),
        (24, struct.pack("<q", -1)),
        (32, struct.pack("<i", -5)),
        (32, struct.pack("<i", 2**31 - 1)),
        (36, struct.pack("<i", -1)),
        (40, struct.pack("<q", 0)),
        (40, struct.pack("<q", 2**50)),
        (48, b"XX"),
        (76, struct.pack("<i", 2**30)),
        (76, struct.pack("<i", -1)),
    ],
)
def test_a_damaged_sub_block_is_refused_before_libczi_sees_it(whole, tmp_path, number, offset, new):
    path = change(whole, tmp_path, b"ZISRAWSUBBLOCK", offset, new, number)
    with pytest.raises(ImageError, match=r"the sub-block at byte \d+ is damaged"):
        open_czi(path)


@pytest.mark.parametrize(
    ("offset", "new"),
    [
        (0, b"ZISRAWNOTHING\0\0"),
        (24, struct.pack("<q", 2**40)),
        (32, struct.pack("<i", 10_000)),
        (160, b"DX"),
        (160 + 6, struct.pack("<q", 2**40)),
        (160 + 6, struct.pack("<q", 1)),
        (160 + 28, struct.pack("<i", 1)),
        (160 + 28, struct.pack("<i", 2**30)),
    ],
)
def test_a_damaged_directory_is_refused(whole, tmp_path, offset, new):
    path = change(whole, tmp_path, b"ZISRAWDIRECTORY", offset, new)
    with pytest.raises(ImageError, match="cut off or damaged"):
        open_czi(path)


def dimension(content, letter):
    """Find where in the directory its first entry describes a dimension."""
    start = place_of(content, b"ZISRAWDIRECTORY")
    return place_of_dimension(content, letter.decode()) - start


@pytest.mark.parametrize("letter", [b"X", b"Y"])
def test_an_entry_without_a_width_or_height_is_refused(whole, tmp_path, letter):
    offset = dimension(whole.read_bytes(), letter)
    for new in (b"Q", letter.ljust(8, b"\0") + struct.pack("<i", 0)):
        with pytest.raises(ImageError, match="no size"):
            open_czi(change(whole, tmp_path, b"ZISRAWDIRECTORY", offset, new))


@pytest.mark.parametrize("letter", [b"T", b"C", b"Z", b"S", b"M"])
def test_an_index_beyond_all_reason_is_refused(whole, tmp_path, letter):
    offset = dimension(whole.read_bytes(), letter) + 4
    path = change(whole, tmp_path, b"ZISRAWDIRECTORY", offset, struct.pack("<i", 2**31 - 1))
    with pytest.raises(ImageError, match=f"has the index {letter.decode()}2147483647"):
        open_czi(path)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (8, "channel 0 has pixels of a kind that can't be measured"),
        (10, "channel 0 has pixels of a kind that can't be measured"),
        (99, "channel 0 has pixels of a kind that can't be measured"),
        (0, "channel 0 has pixels of two kinds"),
    ],
)
def test_pixels_that_cannot_be_measured_are_refused_by_what_they_are(whole, tmp_path, kind, reason):
    path = change(whole, tmp_path, b"ZISRAWDIRECTORY", 160 + 2, struct.pack("<i", kind))
    with pytest.raises(ImageError, match=reason):
        open_czi(path)


def test_damaged_pixels_of_a_compressed_plane_are_told_with_their_place(tmp_path):
    rng = np.random.default_rng(0)
    planes = {(0, t, 0, 0): rng.integers(0, 9, (60, 70), np.uint16) for t in (0, 1)}
    path = Path(
        write_czi(tmp_path / "a.czi", planes, ["DAPI"], compression="zstd1:ExplicitLevel=1")
    )
    content = bytearray(path.read_bytes())
    place = place_of(content, b"ZISRAWSUBBLOCK", 1)
    content[place + 320 : place + 900] = bytes(580)
    path.write_bytes(content)
    image = open_czi(str(path))
    good, bad = image.frames
    assert np.array_equal(read_frame(image, good, image.channels[0], "max"), planes[0, 0, 0, 0])
    with pytest.raises(ImageError, match="scene 0, frame 1, channel DAPI, plane 0 is damaged"):
        read_frame(image, bad, image.channels[0], "max")


def test_a_channel_of_which_every_plane_is_of_another_view(whole, tmp_path):
    """Found by chance; its planes were looked for in vain."""
    content = bytearray(whole.read_bytes())
    channels, depths = ([place_of_dimension(content, n, e) for e in range(4)] for n in "CZ")
    for channel, depth in zip(channels, depths, strict=True):
        of_the_first = content[channel + 4] == 0
        content[depth : depth + 8] = struct.pack("<4si", b"R", 5 if of_the_first else 0)
    path = tmp_path / "views.czi"
    path.write_bytes(content)
    image = open_czi(str(path))
    assert [channel.number for channel in image.channels] == [1]
    assert "only the first view" in image.notes[0]
    with pytest.raises(ImageError, match="damaged"):
        read_everything(str(path))
