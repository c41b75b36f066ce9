"""Whose fault it is when a file can't be read: its own, or that of the disk or the memory."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from czi_files import EXAMPLE, write_czi

from immunostain.czi.image import open_czi
from immunostain.czi.planes import read_frame
from immunostain.czi.zisraw import directory
from immunostain.shared.errors import ImageError

STILL = str(EXAMPLE / "still_1.czi")


@pytest.fixture
def broken_disk():
    """Give a function that makes open files fail to be read, as on a network drive that is gone.

    It puts another file in their place of which the first bytes can't be read: the memory of this
    process, in which no one may look at address 0.
    """
    memory = os.open("/proc/self/mem", os.O_RDONLY)

    def break_it(path):
        for number in os.listdir("/proc/self/fd"):
            try:
                if os.path.samefile(f"/proc/self/fd/{number}", path):
                    os.dup2(memory, int(number))
            except OSError:
                continue  # it was the folder's own

    yield break_it
    os.close(memory)


def frame_of(image, channel=0):
    return read_frame(image, image.frames[0], image.channels[channel], "max")


def test_what_fails_once_is_read_anew(broken_disk):
    expected = frame_of(open_czi(STILL))
    image = open_czi(STILL)
    broken_disk(STILL)
    with pytest.raises(RuntimeError, match="Not enough data read"):  # as from a damaged file
        image.reader.read_image(C=0)
    assert np.array_equal(frame_of(image), expected)


def test_a_disk_that_fails_is_no_damage_of_the_file(broken_disk, tmp_path):
    path = tmp_path / "a.czi"
    path.write_bytes((EXAMPLE / "still_1.czi").read_bytes())
    image = open_czi(str(path))
    broken_disk(str(path))
    path.unlink()
    path.symlink_to("/proc/self/mem")
    with pytest.raises(OSError, match="Input/output error") as caught:
        frame_of(image)
    assert caught.value.filename == str(path)


@pytest.mark.parametrize(
    ("place", "error"),
    [("{folder}", IsADirectoryError), ("nowhere", FileNotFoundError)],
)
def test_what_the_system_can_t_open_is_no_damage(tmp_path, place, error):
    path = tmp_path / "a.czi"
    path.symlink_to(place.format(folder=tmp_path))
    for read in (open_czi, directory):
        with pytest.raises(error):
            read(str(path))


def read_in_little_memory(path):
    """Read a frame with 20 MB more than the program has already; print what is raised."""
    image = open_czi(path)
    with open("/proc/self/statm", encoding="ascii") as told:
        has = int(told.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (has + 20_000_000,) * 2)
    try:
        frame_of(image)
    except BaseException as error:
        print(type(error).__name__)


def test_too_little_memory_is_no_damage(tmp_path):
    path = write_czi(tmp_path / "a.czi", {(0, 0, 0, 0): np.zeros((6000, 8000), np.uint8)}, ["DAPI"])
    code = "import sys, test_libczi; test_libczi.read_in_little_memory(sys.argv[1])"
    here = str(Path(__file__).parent)
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([here, *sys.path])}
    command = [sys.executable, "-c", code, path]
    assert subprocess.check_output(command, env=environ, text=True) == "MemoryError\n"


def test_damage_is_told_after_a_second_look(tmp_path):
    path = tmp_path / "a.czi"
    content = bytearray((EXAMPLE / "still_1.czi").read_bytes())
    path.write_bytes(content)
    image = open_czi(str(path))
    block = content.index(b"ZISRAWSUBBLOCK\0")
    content[block : block + 16] = b"?" * 16
    path.write_bytes(content)
    with pytest.raises(ImageError, match="is damaged"):
        for channel in range(3):
            frame_of(image, channel)
