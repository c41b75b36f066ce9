"""The table and the plot of each image's nuclei."""

import pandas as pd
import pytest

from immunostain.results.population import write_images


def counts(*images):
    rows = [
        (image, 0, frame, 10.0 * frame, number, "treated")
        for image, numbers in images
        for frame, number in enumerate(numbers)
    ]
    columns = ["Image name", "Scene", "Frame", "Minutes", "Number of nuclei", "condition"]
    return pd.DataFrame(rows, columns=columns)


@pytest.mark.parametrize("processes", [1, 3])
def test_each_image_has_a_table_and_a_plot(tmp_path, processes):
    table = counts(("b $x_1$", [3, 0]), ("a", [2]), ("ä+1", [7, 8, 9]))
    written = list(write_images(table, ["condition"], tmp_path, processes))
    assert written == [("b $x_1$", 3), ("a", 2), ("ä+1", 24)]
    names = {f"{image}_time_point_stat" for image, _ in written}
    files = {f"{name}.{suffix}" for name in names for suffix in ("csv", "xlsx", "png")}
    assert {file.name for file in tmp_path.iterdir()} == files
    found = pd.read_csv(tmp_path / "ä+1_time_point_stat.csv")
    assert list(found) == ["Scene", "Frame", "Minutes", "Number of nuclei"]
    assert found["Number of nuclei"].tolist() == [7, 8, 9]
    assert pd.read_excel(tmp_path / "ä+1_time_point_stat.xlsx").equals(found)


def test_many_images_are_all_written_and_the_same_by_any_number_of_processes(tmp_path):
    table = counts(*((f"image {number}", [number, 1]) for number in range(25)))
    files = []
    for processes in (1, 4):
        folder = tmp_path / str(processes)
        folder.mkdir()
        told = dict(write_images(table, ["condition"], folder, processes))
        assert told == {f"image {number}": number + 1 for number in range(25)}
        files.append({f.name: f.read_bytes() for f in folder.iterdir() if f.suffix != ".xlsx"})
    assert files[0] == files[1] and len(files[0]) == 50


def test_what_goes_wrong_in_a_process_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        list(write_images(counts(("a", [1])), ["condition"], tmp_path / "file", 2))


def test_no_images_no_files(tmp_path):
    assert list(write_images(counts(), ["condition"], tmp_path, 2)) == []
    assert not list(tmp_path.iterdir())
