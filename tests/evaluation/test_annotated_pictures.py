"""Reading annotated pictures, damaged ones too."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from immunostain.evaluation.annotated_pictures import read_label_image, read_pair, read_picture
from immunostain.shared.errors import ImageError


def write(path, array):
    if path.suffix == ".png":
        Image.fromarray(array).save(path)
    else:
        tifffile.imwrite(path, array, **({"photometric": "rgb"} if array.ndim == 3 else {}))
    return str(path)


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.TIFF"])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_pictures_come_back_as_they_are(tmp_path, name, kind):
    array = np.arange(60, dtype=kind).reshape(6, 10) * (kind(4) if kind == np.uint8 else kind(900))
    found = read_picture(write(tmp_path / name, array))
    assert found.dtype == kind
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_of_colours_the_mean_is_taken(tmp_path, name):
    colours = np.zeros((4, 5, 3), np.uint8)
    colours[..., 2] = 90
    np.testing.assert_array_equal(read_picture(write(tmp_path / name, colours)), 30)


def test_transparency_does_not_count(tmp_path):
    colours = np.full((4, 5, 4), 255, np.uint8)
    colours[..., :3] = 60
    np.testing.assert_array_equal(read_picture(write(tmp_path / "a.png", colours)), 60)


def test_label_images_are_numbered_from_1(tmp_path):
    array = np.array([[0, 7, 7], [0, 0, 300]], np.uint16)
    found = read_label_image(write(tmp_path / "a.tif", array))
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, [[0, 1, 1], [0, 0, 2]])
    np.testing.assert_array_equal(
        read_label_image(write(tmp_path / "b.tif", array[:, 1:])), [[1, 1], [0, 2]]
    )
    np.testing.assert_array_equal(
        read_label_image(write(tmp_path / "c.tif", np.array([[3, 3, 5]], np.uint8))), [[1, 1, 2]]
    )


@pytest.mark.parametrize("nucleus", [True, np.uint8(1), np.uint8(255), np.uint16(5)])
def test_masks_are_cut_into_components(tmp_path, nucleus):
    mask = np.array([[1, 0, 0, 1], [0, 1, 0, 1]]).astype(bool) * nucleus
    found = read_label_image(write(tmp_path / "a.tif", mask))
    np.testing.assert_array_equal(found, [[1, 0, 0, 2], [0, 1, 0, 2]])


def test_no_nuclei_and_nothing_but_one(tmp_path):
    assert read_label_image(write(tmp_path / "a.png", np.zeros((3, 4), np.uint8))).max() == 0
    assert read_label_image(write(tmp_path / "b.png", np.full((3, 4), 9, np.uint8))).min() == 1


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 5), np.float32),
        np.zeros((4, 5, 3), np.uint8),
        np.array([[0, -1]], np.int16),
    ],
)
def test_what_is_no_label_image_is_refused_by_name(tmp_path, array):
    with pytest.raises(ImageError, match=r"a\.tif.*not a label image or mask"):
        read_label_image(write(tmp_path / "a.tif", array))


def test_what_is_no_flat_picture_is_refused_by_name(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((7, 4, 5), np.uint8), photometric="minisblack")
    with pytest.raises(ImageError, match=r"a\.tif.*not one flat picture: its shape is 7 x 4 x 5"):
        read_picture(str(tmp_path / "a.tif"))
    with pytest.raises(ImageError, match=r"b\.tif.*not numbers"):
        read_picture(write(tmp_path / "b.tif", np.array([[np.nan, 1]], np.float32)))


def test_a_pair_must_have_the_same_size(tmp_path):
    one = write(tmp_path / "a.tif", np.ones((4, 5), np.uint8))
    other = write(tmp_path / "b.tif", np.ones((4, 6), np.uint8))
    assert [part.shape for part in read_pair(one, one)] == [(4, 5), (4, 5)]
    with pytest.raises(ImageError, match=r"a\.tif\" has 5 x 4 pixels, .*b\.tif\" has 6 x 4"):
        read_pair(one, other)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_damaged_files_are_refused_by_name_or_read(tmp_path, name, data):
    path = tmp_path / name
    write(path, np.arange(400, dtype=np.uint8).reshape(20, 20))
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content)))]
    else:
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + 8] = data.draw(st.binary(min_size=8, max_size=8))
    path.write_bytes(content)
    try:
        assert read_picture(str(path)).ndim == 2
    except ImageError as error:
        assert str(path) in str(error)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ImageError, match=r"a\.tif\" can't be read: No such file"):
        read_picture(str(tmp_path / "a.tif"))


def test_a_damaged_size_does_not_ask_for_all_memory(tmp_path):
    path = Path(write(tmp_path / "a.tif", np.ones((20, 20), np.uint8)))
    with tifffile.TiffFile(path, mode="r+") as file:
        for name in ("ImageWidth", "ImageLength"):
            file.pages[0].tags[name].overwrite(60_000)
    with pytest.raises(ImageError, match=r"a\.tif.*too short for the picture"):
        read_picture(str(path))
