"""Files and folders are whole or not there."""

import errno
import os
import subprocess
import sys

import pytest

from immunostain.errors import ImageError
from immunostain.files import link_all, whole_file, whole_folder


def everything(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


class Trouble(Exception):
    pass


def test_a_file_appears_when_it_is_whole(tmp_path):
    target = tmp_path / "deep" / "a.csv"
    with whole_file(target) as partial:
        partial.write_text("new")
        assert not target.exists()
        assert partial.suffix == ".csv"
    assert target.read_text() == "new"
    assert everything(tmp_path) == ["deep", "deep/a.csv"]


def test_a_file_replaces_an_old_one(tmp_path):
    (tmp_path / "a.csv").write_text("old and longer")
    with whole_file(str(tmp_path / "a.csv")) as partial:
        partial.write_text("new")
    assert (tmp_path / "a.csv").read_text() == "new"


@pytest.mark.parametrize("trouble", [Trouble, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("before", [None, "old"])
def test_a_failure_leaves_what_was_there_before(tmp_path, trouble, before):
    target = tmp_path / "a.csv"
    if before:
        target.write_text(before)
    with pytest.raises(trouble):
        with whole_file(target) as partial:
            partial.write_text("half")
            raise trouble
    assert everything(tmp_path) == (["a.csv"] if before else [])
    assert not before or target.read_text() == before


def test_a_block_that_writes_nothing_fails(tmp_path):
    with pytest.raises(FileNotFoundError):
        with whole_file(tmp_path / "a.csv"):
            pass
    assert everything(tmp_path) == []


def test_two_files_of_one_folder_at_a_time(tmp_path):
    with whole_file(tmp_path / "a.csv") as one, whole_file(tmp_path / "b.csv") as other:
        one.write_text("a")
        other.write_text("b")
    assert (tmp_path / "a.csv").read_text() == "a"
    assert (tmp_path / "b.csv").read_text() == "b"


def test_a_name_as_long_as_file_systems_allow(tmp_path):
    name = "a" * 250 + ".xlsx"
    with whole_file(tmp_path / name) as partial:
        partial.write_text("x")
    assert everything(tmp_path) == [name]


def test_a_folder_takes_the_place_of_an_old_one(tmp_path):
    target = tmp_path / "results" / "a"
    for content in ("one", "two"):
        with whole_folder(target) as partial:
            (partial / content).mkdir()
            (partial / content / "x").touch()
        assert everything(tmp_path / "results") == ["a", f"a/{content}", f"a/{content}/x"]


@pytest.mark.parametrize("trouble", [Trouble, KeyboardInterrupt])
def test_a_folder_that_fails_leaves_the_old_one(tmp_path, trouble):
    with whole_folder(tmp_path / "a") as partial:
        (partial / "old").touch()
    with pytest.raises(trouble):
        with whole_folder(tmp_path / "a") as partial:
            (partial / "new").touch()
            raise trouble
    assert everything(tmp_path) == ["a", "a/old"]


def test_a_folder_can_be_empty(tmp_path):
    with whole_folder(tmp_path / "a"):
        pass
    assert (tmp_path / "a").is_dir()


def test_a_file_in_the_way_of_a_folder(tmp_path):
    (tmp_path / "a").write_text("mine")
    with pytest.raises(OSError):
        with whole_folder(tmp_path / "a") as partial:
            (partial / "x").touch()
    assert everything(tmp_path) == ["a"]
    assert (tmp_path / "a").read_text() == "mine"


def test_a_process_that_is_killed_leaves_no_result(tmp_path):
    target = tmp_path / "a.csv"
    code = (
        "import os, signal, sys\n"
        "from immunostain.files import whole_file\n"
        "with whole_file(sys.argv[1]) as partial:\n"
        "    partial.write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run([sys.executable, "-c", code, str(target)], env=environment)
    assert run.returncode == -9
    assert not target.exists()


def some_files(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{folder.name}: {name}")
    return folder


def test_files_get_a_second_name_in_another_folder(tmp_path):
    names = ["a.csv", "exports/b_ctc/mask000.tif", "exports/b.geff/.zattrs"]
    source = some_files(tmp_path / "one", *names)
    target = tmp_path / "all"
    found = [str(name) for name in link_all(source, target)]
    assert found == sorted(names)
    for name in names:
        assert (target / name).read_text() == f"one: {name}"
        assert (target / name).samefile(source / name), "a link, not a copy"


def test_hidden_files_right_in_the_folder_stay_there(tmp_path):
    """Others are part of what is exported: a Zarr folder has some."""
    source = some_files(tmp_path / "one", ".snakemake_timestamp", "a.geff/.zgroup", "a.csv")
    list(link_all(source, tmp_path / "all"))
    assert everything(tmp_path / "all") == ["a.csv", "a.geff", "a.geff/.zgroup"]


def test_files_of_several_folders_come_together(tmp_path):
    target = tmp_path / "all"
    for folder in ("a", "b"):
        list(link_all(some_files(tmp_path / folder, f"exports/{folder}.xml"), target))
    assert everything(target) == ["exports", "exports/a.xml", "exports/b.xml"]


def test_no_file_takes_the_place_of_another(tmp_path):
    target = tmp_path / "all"
    one, other = (some_files(tmp_path / name, "exports/x.xml") for name in ("a", "b"))
    list(link_all(one, target))
    with pytest.raises(ImageError, match=r"two images would write exports.x\.xml"):
        list(link_all(other, target))
    assert (target / "exports" / "x.xml").read_text() == "a: exports/x.xml"


def test_an_empty_folder_gives_no_names(tmp_path):
    (tmp_path / "empty" / "deep").mkdir(parents=True)
    assert list(link_all(tmp_path / "empty", tmp_path / "all")) == []


@pytest.fixture
def small_disk(tmp_path):
    """Give a folder on a file system of its own with room for 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder],
            check=True,
            capture_output=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"a small file system can't be mounted here: {error}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_leaves_the_old_file(small_disk):
    (small_disk / "a.csv").write_text("old")
    with pytest.raises(OSError) as caught:
        with whole_file(small_disk / "a.csv") as partial:
            partial.write_bytes(b"x" * 2_000_000)
    assert caught.value.errno == errno.ENOSPC
    assert everything(small_disk) == ["a.csv"]
    assert (small_disk / "a.csv").read_text() == "old"


def test_a_full_disk_leaves_the_old_folder(small_disk):
    with whole_folder(small_disk / "a") as partial:
        (partial / "old").write_text("old")
    with pytest.raises(OSError) as caught:
        with whole_folder(small_disk / "a") as partial:
            for number in range(100):
                (partial / f"{number}.tif").write_bytes(b"x" * 100_000)
    assert caught.value.errno == errno.ENOSPC
    assert everything(small_disk) == ["a", "a/old"]


def test_there_is_room_again_after_a_full_disk(small_disk):
    with pytest.raises(OSError):
        with whole_file(small_disk / "a.csv") as partial:
            partial.write_bytes(b"x" * 2_000_000)
    with whole_file(small_disk / "a.csv") as partial:
        partial.write_bytes(b"x" * 900_000)
    assert (small_disk / "a.csv").stat().st_size == 900_000


def test_where_files_cannot_be_linked_they_are_copied(small_disk, tmp_path):
    source = some_files(tmp_path / "one", "deep/a.csv")
    assert [str(name) for name in link_all(source, small_disk / "all")] == ["deep/a.csv"]
    copy = small_disk / "all" / "deep" / "a.csv"
    assert copy.read_text() == "one: deep/a.csv"
    assert not copy.samefile(source / "deep" / "a.csv")
