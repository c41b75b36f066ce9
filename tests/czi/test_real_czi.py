"""Reading real .czi files, against other readers."""

import numpy as np
import pytest
from aicspylibczi import CziFile
from czi_files import INVENTORY, REAL, needs_real_files

from immunostain.czi.image import open_czi
from immunostain.czi.planes import read_frame

pytestmark = [
    needs_real_files,
    # aicspylibczi leaves files open.
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
SCENES = {
    "aicspylibczi__s_1_t_1_c_1_z_1.czi": [(39856, 39272, 475, 325)],
    "aicspylibczi__mosaic_test.czi": [(0, 0, 1756, 624)],
    "czitools__1_tileregion.czi": [(118583, 88865, 1480, 570)],
    "czitools__S3_1Pos_2Mosaic_T1_Z1_CH1.czi": [
        (145, 0, 295, 122),
        (0, 213, 64, 64),
        (293, 277, 352, 237),
    ],
}
MOSAICS = [entry["file"] for entry in INVENTORY if entry["mosaic"]]


def sizes(entry):
    """Read sizes such as X64,Y64,S1-2 of the inventory."""
    first = entry["shape"].split(";")[0]
    return {part[0]: int(part[1:].split("-")[-1]) for part in first.split(",")}


@pytest.mark.parametrize("entry", INVENTORY, ids=[entry["file"] for entry in INVENTORY])
def test_what_a_file_says_of_itself(entry):
    image = open_czi(str(REAL / entry["file"]))
    size = sizes(entry)
    samples = 3 if "A" in size else 1
    assert len(image.scenes) == max(1, entry["scenes"])
    assert len(image.frames) == size.get("T", 1) * len(image.scenes)
    assert len(image.channels) == size.get("C", 1) * samples
    assert {len(z) for s in image.scenes for z in s.planes.values()} == {size.get("Z", 1)}
    assert {c.pixel_type for c in image.channels} == {entry["pixtype"]}
    if not entry["mosaic"]:
        assert (image.scenes[0].width, image.scenes[0].height) == (size["X"], size["Y"])
    if entry["px_um"]:
        assert image.pixel_size_um == pytest.approx([entry["px_um"]] * 2, rel=2e-3)
    else:
        assert image.pixel_size_um is None
    if entry["obj"]:
        assert image.magnification in [float(number) for number in entry["obj"]]
    else:
        assert image.magnification is None
    for index, name in enumerate(name for name in entry["channels"] for _ in range(samples)):
        assert image.channels[index].name.startswith(name or ""), "empty and null names are filled"
        assert image.channels[index].name


@pytest.mark.parametrize("entry", INVENTORY, ids=[entry["file"] for entry in INVENTORY])
def test_every_frame_can_be_read(entry):
    image = open_czi(str(REAL / entry["file"]))
    brightest = 0
    for frame in image.frames:
        for channel in image.channels:
            picture = read_frame(image, frame, channel, "max")
            brightest = max(brightest, picture.max())
            scene = image.scenes[frame.scene]
            assert picture.shape == (scene.height, scene.width)
            assert picture.dtype == channel.dtype
    assert brightest > 0


@pytest.mark.parametrize("name", SCENES)
def test_rectangles_of_scenes(name):
    image = open_czi(str(REAL / name))
    assert [(s.x, s.y, s.width, s.height) for s in image.scenes] == SCENES[name]


@pytest.mark.parametrize("name", MOSAICS)
def test_mosaics_equal_their_tiles_pasted_one_by_one(name):
    image = open_czi(str(REAL / name))
    reader = CziFile(str(REAL / name))
    for frame in image.frames:
        scene = image.scenes[frame.scene]
        for channel in image.channels:
            for z in scene.planes[channel.number]:
                at = {"C": channel.number, "Z": z, "S": scene.number}
                at = {dim: index for dim, index in at.items() if dim in reader.dims}
                expected = np.zeros((scene.height, scene.width), channel.dtype)
                boxes = reader.get_all_mosaic_tile_bounding_boxes(**at)
                for tile, box in sorted(boxes.items(), key=lambda item: item[0].m_index):
                    m = {"M": tile.m_index} if scene.tiles > 1 else {}
                    piece = np.squeeze(reader.read_image(**at, **m)[0])
                    y, x = box.y - scene.y, box.x - scene.x
                    expected[y : y + box.h, x : x + box.w] = piece
                assert np.array_equal(read_frame(image, frame, channel, z), expected)


def test_compression_does_not_change_a_picture():
    plain = open_czi(str(REAL / "czitools__CellDivision_T3_Z5_CH2_X240_Y170.czi"))
    packed = open_czi(str(REAL / "czitools__CellDivision_T3_Z5_CH2_X240_Y170_comp2.czi"))
    assert len(plain.frames) == len(packed.frames) == 3
    for one, other in zip(plain.frames, packed.frames, strict=True):
        for index in range(2):
            for projection in ("max", "mean", "middle", 0, 4):
                assert np.array_equal(
                    read_frame(plain, one, plain.channels[index], projection),
                    read_frame(packed, other, packed.channels[index], projection),
                )


@pytest.mark.parametrize(
    ("name", "times"),
    [
        ("czitools__CellDivision_T3_Z5_CH2_X240_Y170.czi", [0, 60.0, 120.1]),
        ("czitools__Airyscan.czi", [0, 0.523, 1.047]),
        ("czitools__LLS7_small.czi", [None, None]),
        ("czitools__nuc_small.czi", [0]),
    ],
)
def test_times(name, times):
    found = [frame.time_s for frame in open_czi(str(REAL / name)).frames]
    assert found == [time if time is None else pytest.approx(time, abs=0.1) for time in times]
