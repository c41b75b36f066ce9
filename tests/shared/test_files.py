"""Files and folders are whole or not there."""

import ast
import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from immunostain.shared import files
from immunostain.shared.errors import ImageError
from immunostain.shared.files import link_all, whole_file, whole_folder


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
        "from immunostain.shared.files import whole_file\n"
        "with whole_file(sys.argv[1]) as partial:\n"
        "    partial.write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run([sys.executable, "-c", code, str(target)], env=environment)
    assert run.returncode == -9
    assert not target.exists()


WORKFLOW = Path(files.__file__).parents[2]
NO_TEXT = ("os.open", "Image.open", "av.open")


@pytest.mark.parametrize("folder", ["immunostain", "scripts"])
def test_no_text_depends_on_the_language_of_the_computer(folder):
    calls = [
        (f"{path.name}, line {node.lineno}", node)
        for path in sorted((WORKFLOW / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call)
    ]
    texts = {place: {k.arg for k in call.keywords} for place, call in calls if opens_text(call)}
    assert texts and [place for place, given in texts.items() if "encoding" not in given] == []


def opens_text(call):
    name = ast.unparse(call.func)
    if name.endswith("open") and name not in NO_TEXT:
        mode = call.args[1:2] if name == "open" else call.args[:1]
        return not (mode and set("bx") & set(ast.literal_eval(mode[0])))  # x: a new, empty file
    return name.endswith((".read_text", ".write_text"))


# ---- a power cut ----


@pytest.fixture
def events(monkeypatch):
    """Record in which order files and folders get to the disk and get their names."""
    happened = []

    def synced(sync):
        return lambda opened: (sync(opened), happened.append(("synced", os.stat(opened).st_ino)))

    def named(move):
        return lambda old, new: (move(old, new), happened.append(("named", os.stat(new).st_ino)))

    monkeypatch.setattr(os, "fsync", synced(os.fsync))
    for move in ("replace", "rename"):
        monkeypatch.setattr(os, move, named(getattr(os, move)))
    return happened


def test_a_file_is_on_the_disk_before_it_has_its_name(tmp_path, events):
    target = tmp_path / "new" / "a.csv"
    with whole_file(target) as partial:
        partial.write_text("x")
    new, file, old = (os.stat(path).st_ino for path in (target.parent, target, tmp_path))
    assert events == [("synced", old), ("synced", file), ("named", file), ("synced", new)]


@pytest.mark.parametrize("temporary", [False, True])
def test_a_folder_is_on_the_disk_before_it_has_its_name(tmp_path, events, temporary):
    target = tmp_path / "a"
    with whole_folder(target, temporary) as partial:
        (partial / "deep").mkdir()
        for name in ("b.tif", "deep/.c", "deep/d.tif"):
            (partial / name).write_text("x")
    inside = {("synced", os.stat(path).st_ino) for path in (target, *target.rglob("*"))}
    moved = [("named", os.stat(target).st_ino)]
    assert len(inside) == 5
    if temporary:
        assert events == moved
    else:
        assert set(events[:5]) == inside
        assert events[5:] == [*moved, ("synced", os.stat(tmp_path).st_ino)]


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
def test_a_file_system_that_cannot_be_told_to_write_at_once(tmp_path, monkeypatch, number):
    def refuse(opened):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with whole_folder(tmp_path / "a") as partial, whole_file(partial / "b.csv") as file:
        file.write_text("x")
    assert (tmp_path / "a" / "b.csv").read_text() == "x"


def test_a_disk_that_fails_late_leaves_no_result(tmp_path, monkeypatch):
    def fail(opened):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fail)
    for whole in (whole_file(tmp_path / "a.csv"), whole_folder(tmp_path / "a")):
        with pytest.raises(OSError) as caught, whole as partial:
            (partial / "b" if partial.is_dir() else partial).write_text("x")
        assert caught.value.errno == errno.EIO
    assert everything(tmp_path) == []


@pytest.fixture
def disk(tmp_path):
    """Give a folder on a disk of its own, and a function that gives what is left of it when the
    power fails right now: what has been written to the disk, without what is in memory.
    """
    mounted = []

    def mount(image, place):
        place.mkdir()
        subprocess.run(["mount", "-o", "loop", image, place], check=True, capture_output=True)
        mounted.append(place)
        return place

    def cut_power():
        shutil.copyfile(tmp_path / "image", tmp_path / "copy")
        return mount(tmp_path / "copy", tmp_path / "later")

    (tmp_path / "image").write_bytes(b"")
    os.truncate(tmp_path / "image", 8_000_000)
    try:
        subprocess.run(["mkfs.ext4", "-q", tmp_path / "image"], check=True, capture_output=True)
        folder = mount(tmp_path / "image", tmp_path / "now")
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"a disk can't be mounted here: {error}")
    yield folder, cut_power
    for place in mounted:
        subprocess.run(["umount", place], check=True)


def test_results_outlast_a_power_cut(disk):
    folder, cut_power = disk
    with whole_file(folder / "new" / "a.csv") as partial:
        partial.write_text("x" * 10_000)
    with whole_folder(folder / "labels" / "a") as partial:
        some_files(partial, *(f"{name}.tif" for name in range(20)), "dropped/1.tif")
    left = cut_power()
    names = everything(folder)
    assert everything(left) == names and len(names) == 27
    for name in names:
        if (folder / name).is_file():
            assert (left / name).read_bytes() == (folder / name).read_bytes()


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
