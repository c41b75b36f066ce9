"""What must not grow faster than the number of files."""

from czi_files import TWO, write_channels


def test_jobs_are_looked_for_only_when_one_has_ended(project):
    for number in range(6):
        write_channels(project.folder / "images" / f"{number}.czi", {"DAPI": TWO})
    printed = project.configure().finish("--verbose")
    ended = printed.count("Finished jobid")
    looked = printed.count("Resources before job selection")
    assert ended > 30
    assert 0 < looked <= ended + 1
