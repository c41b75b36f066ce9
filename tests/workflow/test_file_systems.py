"""Memory sticks, read-only folders, other drives: file systems that can do less than a disk."""

import os
import subprocess
from pathlib import Path

import pytest
from czi_files import TWO, write_channels
from project import Project

from immunostain.inputs.file_names import try_names
from immunostain.inputs.image_files import find_images
from immunostain.shared.errors import SettingsError

NOT_COMPARED = {"logs", "benchmarks", "provenance.yaml", ".running"}


def mounted(*command: str | Path) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except FileNotFoundError as error:
        pytest.skip(f"{error.filename} isn't installed")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"{' '.join(map(str, command))}: {error.stderr.strip()}")


@pytest.fixture
def exfat(tmp_path):
    """Give a folder on exFAT: no hard links, no permissions, no ':' in names."""
    image, folder = tmp_path / "exfat.img", tmp_path / "stick"
    folder.mkdir()
    with image.open("wb") as file:
        file.truncate(64_000_000)
    mounted("mkfs.exfat", image)
    found = subprocess.run(["losetup", "-f", "--show", image], capture_output=True, text=True)
    if found.returncode:
        pytest.skip(f"losetup: {found.stderr.strip()}")
    device = found.stdout.strip()
    try:
        mounted("mount.exfat-fuse", device, folder)
        try:
            yield folder
        finally:
            subprocess.run(["umount", folder], check=True)
    finally:
        subprocess.run(["losetup", "-d", device], check=True)


@pytest.fixture(scope="module")
def memory(tmp_path_factory):
    """Give a folder on a file system of its own, in memory."""
    folder = tmp_path_factory.mktemp("memory")
    mounted("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder)
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.fixture(scope="module")
def read_only(tmp_path_factory):
    """Give a project whose images are in a folder that can't be written."""
    project = Project(tmp_path_factory.mktemp("read_only"))
    images = project.folder / "images"
    images.mkdir()
    write_channels(images / "time lapse.czi", {"DAPI": TWO, "GFP": TWO // 2}, frames=3)
    mounted("mount", "--bind", images, images)
    try:
        mounted("mount", "-o", "remount,ro,bind", images)
        yield project
    finally:
        subprocess.run(["umount", images], check=True)


@pytest.fixture(scope="module")
def elsewhere(read_only, memory) -> Path:
    """Give results on another file system than the project and its images."""
    read_only.configure(output_folder=str(memory / "results")).finish()
    return memory / "results"


def content(results: Path) -> dict[str, bytes]:
    """Give all that is compared; Excel's files hold the time when they were written."""
    return {
        str(path.relative_to(results)): b"" if path.suffix == ".xlsx" else path.read_bytes()
        for path in sorted(results.rglob("*"))
        if path.is_file()
        and path.relative_to(results).parts[0] not in NOT_COMPARED
        and path.name not in ("report.html", ".snakemake_timestamp")
    }


def test_images_in_a_read_only_folder_and_results_elsewhere(read_only, elsewhere):
    with pytest.raises(OSError):
        (read_only.folder / "images" / "new").touch()
    assert read_only.planned() == {}
    assert (elsewhere / "analysis_data" / "report.html").exists()
    assert not list(elsewhere.rglob(".partial-*"))
    movie = "time lapse_movie.mp4"
    given = elsewhere / "analysis_data" / "movement_tracking" / movie
    assert given.samefile(elsewhere / "movement" / "time lapse" / movie), "a link, not a copy"


def test_results_on_a_drive_without_links_and_permissions(read_only, elsewhere, exfat):
    read_only.configure(output_folder=str(exfat / "results")).finish()
    results = exfat / "results"
    assert content(results) == content(elsewhere)
    assert read_only.planned() == {}
    assert not list(results.rglob(".partial-*"))
    # Folders take the place of old ones.
    settings = {"output_folder": str(results), "segmentation": {"minimum_area": 100}}
    read_only.configure(**settings).finish("--until", "label_nuclei")
    assert content(results).keys() == content(elsewhere).keys()


def test_a_full_disk_on_which_everything_is_has_no_tracebacks_and_loses_nothing(tmp_path):
    mounted("mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", tmp_path)
    try:
        project = Project(tmp_path)
        (tmp_path / "images").mkdir()
        for name in "ab":
            write_channels(tmp_path / "images" / f"{name}.czi", {"DAPI": TWO})
        done = project.configure().run()
        printed = done.stdout + done.stderr
        assert done.returncode == 1
        assert "the disk is full" in printed or "No space left on device" in printed
        assert "Traceback" not in printed and "Logging error" not in printed
        mounted("mount", "-o", "remount,size=64m", tmp_path)
        project.finish()
        assert project.planned() == {}
        assert len(list(project.results.glob("measurements/*/1of1.json"))) == 2
        assert not list(project.results.rglob(".partial*"))
    finally:
        subprocess.run(["umount", tmp_path], check=True)


def test_names_that_a_drive_cannot_hold_are_refused(tmp_path, exfat):
    """They work where the drive can."""
    project, names = Project(tmp_path), ["10:30", "a", "Zählung", "end."]
    images = tmp_path / "images"
    images.mkdir()
    for name in names:
        write_channels(images / f"{name}.czi", {"DAPI": TWO})
    assert set(find_images(str(images), str(tmp_path / "results")).images) == set(names)
    found = find_images(str(images), str(exfat / "new" / "results"))
    assert set(found.images) == set(names) - {"10:30"}
    ((refused, why),) = found.refused.items()
    assert refused == "10:30.czi"
    assert why.startswith("its name has :, which can't be written in output_folder; rename it")
    planned = project.configure(output_folder=str(exfat / "results")).planned()
    assert planned["label_nuclei"] == 3
    assert os.listdir(exfat) == []


def test_names_that_a_drive_takes_for_one_stop_the_run(tmp_path, exfat):
    for name in ("A.czi", "a.czi", "b.czi"):
        (tmp_path / name).touch()
    assert len(find_images(str(tmp_path), str(tmp_path / "results")).images) == 3
    with pytest.raises(SettingsError, match=r"takes their names for one; rename one") as caught:
        find_images(str(tmp_path), str(exfat / "results"))
    assert all(str(tmp_path / name) in str(caught.value) for name in ("A.czi", "a.czi"))
    assert try_names(["plate__Ä", "b", "plate__ä", "B."], str(exfat)) == (
        {},
        [("plate__Ä", "plate__ä")],
    )
