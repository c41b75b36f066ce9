"""What tells one .czi file from another, without its pixels and its time."""

import os
import shutil
import struct
from pathlib import Path

import pytest
from czi_files import EXAMPLE
from hypothesis import example, given
from hypothesis import strategies as st

from immunostain.czi import identity

CZI = EXAMPLE / "still_1.czi"
CONTENT = CZI.read_bytes()
(DIRECTORY,) = struct.unpack_from("<q", CONTENT, 84)
READ_ERROR = Path("/sys/class/net/lo/duplex")  # Linux can't read it, root neither
PIXELS = CONTENT.index(b"ZISRAWSUBBLOCK\0") + 5000


def czi_identity(path) -> str:
    """Ask anew: a run asks once for each file."""
    identity.czi_identity.cache_clear()
    return identity.czi_identity(str(path))


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("identity") / "a.czi"


def test_a_copy_is_the_same_file_whatever_its_name_and_time(path):
    shutil.copyfile(CZI, path)
    os.utime(path, (1, 1))
    assert czi_identity(path) == czi_identity(CZI)


def test_the_example_files_differ():
    files = list(EXAMPLE.glob("*.czi"))
    assert len({czi_identity(file) for file in files}) == len(files) == 4


@pytest.mark.parametrize(
    "place",
    [0, 64, 92, DIRECTORY + 40, len(CONTENT) - 1],
    ids=["name", "id", "xml", "index", "end"],
)
def test_a_byte_that_differs_where_files_differ(path, place):
    changed = bytearray(CONTENT)
    changed[place] ^= 1
    path.write_bytes(changed)
    assert czi_identity(path) != czi_identity(CZI)


def test_pixels_are_not_read(path):
    changed = bytearray(CONTENT)
    changed[PIXELS] ^= 1
    path.write_bytes(changed)
    assert czi_identity(path) == czi_identity(CZI)


def test_a_copy_that_was_cut_off(path):
    half = len(CONTENT) // 2
    for content in (CONTENT[:half], CONTENT[:half] + bytes(len(CONTENT) - half)):
        path.write_bytes(content)
        assert czi_identity(path) != czi_identity(CZI)


@given(st.integers(-(2**63), 2**63 - 1), st.integers(0, 5000))
@example(-1, 600)
@example(2**63 - 1, 600)
def test_a_directory_may_be_said_to_be_anywhere(path, place, length):
    path.write_bytes((CONTENT[:84] + struct.pack("<q", place) + CONTENT[92:])[:length])
    assert czi_identity(path).startswith(f"{length} bytes, ")


def test_an_empty_or_missing_file_has_an_identity(path):
    path.write_bytes(b"")
    empty = czi_identity(path)
    path.unlink()
    assert empty.startswith("0 bytes") and czi_identity(path) == "not there"


@pytest.mark.skipif(not READ_ERROR.exists(), reason="not a Linux with this file")
def test_a_file_that_cannot_be_read_has_another_identity_once_it_can(path):
    told = czi_identity(READ_ERROR)
    assert told == f"{READ_ERROR.stat().st_size} bytes, can't be read"
    path.write_bytes(bytes(READ_ERROR.stat().st_size))
    assert czi_identity(path) != told
