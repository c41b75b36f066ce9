"""Reading .czi files: written ones of known content."""

import numpy as np
import pytest
from czi_files import EXAMPLE, write_czi

from immunostain.czi.channels import Channel, find_channel
from immunostain.czi.image import open_czi
from immunostain.czi.planes import read_frame
from immunostain.czi.standard_view import standard_views
from immunostain.czi.zisraw import time_stamps
from immunostain.shared.errors import ImageError

RNG = np.random.default_rng(7)


def noise(shape=(13, 22), dtype=np.uint16):
    if dtype == np.float32:
        return RNG.normal(100, 50, shape).astype(dtype)
    return RNG.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def read(image, scene, frame, channel, z="max"):
    (wanted,) = [f for f in image.frames if (f.scene, f.frame) == (scene, frame)]
    return read_frame(image, wanted, image.channels[channel], z)


@pytest.mark.parametrize(
    ("dtype", "compression"),
    [
        (np.uint8, None),
        (np.uint16, None),
        (np.float32, None),  # libCZI doesn't compress these
        (np.uint8, "zstd0:ExplicitLevel=1"),
        (np.uint16, "zstd0:ExplicitLevel=1"),
        (np.uint8, "zstd1:ExplicitLevel=1"),
        (np.uint16, "zstd1:ExplicitLevel=1"),
    ],
)
def test_channels_planes_and_times_come_back_as_written(tmp_path, dtype, compression):
    planes = {
        (0, t, c, z): noise(dtype=dtype) for t in range(3) for c in range(2) for z in range(4)
    }
    path = write_czi(tmp_path / "a.czi", planes, ["DAPI", "GFP"], 0.325, compression)
    image = open_czi(path)
    assert [c.name for c in image.channels] == ["DAPI", "GFP"]
    assert [(f.scene, f.frame) for f in image.frames] == [(0, 0), (0, 1), (0, 2)]
    assert image.pixel_size_um == pytest.approx((0.325, 0.325))
    assert image.magnification is None
    assert image.notes == ()
    for t in range(3):
        for c in range(2):
            stack = np.array([planes[0, t, c, z] for z in range(4)])
            flat = {"max": stack.max(0), "middle": stack[2], 0: stack[0], 3: stack[3]}
            mean = stack.astype(np.float64).mean(0)
            flat["mean"] = (mean if dtype == np.float32 else np.rint(mean)).astype(dtype)
            for projection, expected in flat.items():
                found = read(image, 0, t, c, projection)
                assert found.dtype == dtype
                assert found.flags.c_contiguous
                assert np.array_equal(found, expected), (t, c, projection)


@pytest.mark.parametrize(("planes", "middle"), [(1, 0), (2, 1), (3, 1), (4, 2), (5, 2)])
def test_the_plane_in_the_middle(tmp_path, planes, middle):
    stack = {(0, 0, 0, z): noise() for z in range(planes)}
    image = open_czi(write_czi(tmp_path / "a.czi", stack, ["DAPI"]))
    assert np.array_equal(read(image, 0, 0, 0, "middle"), stack[0, 0, 0, middle])


def test_the_mean_is_rounded_and_does_not_overflow(tmp_path):
    stack = {(0, 0, 0, z): np.full((5, 6), v, np.uint16) for z, v in enumerate((65535, 65534))}
    image = open_czi(write_czi(tmp_path / "a.czi", stack, ["DAPI"]))
    assert (read(image, 0, 0, 0, "mean") == 65534).all(), "65534.5, to the even neighbour"
    stack = {(0, 0, 0, z): np.full((5, 6), v, np.uint16) for z, v in enumerate((1, 2, 2))}
    image = open_czi(write_czi(tmp_path / "b.czi", stack, ["DAPI"]))
    assert (read(image, 0, 0, 0, "mean") == 2).all()


def test_a_plane_that_is_not_there(tmp_path):
    stack = {(0, 0, 0, z): noise() for z in range(3)}
    image = open_czi(write_czi(tmp_path / "a.czi", stack, ["DAPI"]))
    with pytest.raises(ImageError, match="z_projection is 3 but the file has 3 planes"):
        read(image, 0, 0, 0, 3)


def test_scenes_of_different_shapes(tmp_path):
    planes = {}
    for scene, (x, y, shape) in enumerate([(0, 0, (10, 30)), (200, 50, (25, 8))]):
        for c in range(2):
            planes[scene, 0, c, 0] = [(x, y, noise(shape))]
    image = open_czi(write_czi(tmp_path / "a.czi", planes, ["DAPI", "GFP"]))
    assert [(s.x, s.y, s.width, s.height) for s in image.scenes] == [
        (0, 0, 30, 10),
        (200, 50, 8, 25),
    ]
    for (scene, t, c, _), [(_, _, picture)] in planes.items():
        assert np.array_equal(read(image, scene, t, c), picture)


def pasted(tiles, shape, dtype=np.uint16):
    """Paste tiles one by one, later ones on top."""
    whole = np.zeros(shape, dtype)
    left, top = min(x for x, _, _ in tiles), min(y for _, y, _ in tiles)
    for x, y, tile in tiles:
        whole[y - top : y - top + tile.shape[0], x - left : x - left + tile.shape[1]] = tile
    return whole


@pytest.mark.parametrize("scenes", [1, 2])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_mosaics_with_overlap_gaps_and_a_place_left_of_the_origin(tmp_path, dtype, scenes):
    planes = {}
    for scene in range(scenes):
        for c in range(2):
            for z in range(2):
                # The third tile leaves a corner of the rectangle empty.
                planes[scene, 0, c, z] = [
                    (-7 + 100 * scene, 3, noise((10, 12), dtype)),
                    (3 + 100 * scene, 4, noise((10, 12), dtype)),
                    (-7 + 100 * scene, 13, noise((10, 12), dtype)),
                ]
    image = open_czi(write_czi(tmp_path / "a.czi", planes, ["DAPI", "GFP"]))
    assert [(s.x, s.y, s.width, s.height) for s in image.scenes] == [
        (-7 + 100 * scene, 3, 22, 20) for scene in range(scenes)
    ]
    for scene in range(scenes):
        for c in range(2):
            stack = np.array([pasted(planes[scene, 0, c, z], (20, 22), dtype) for z in range(2)])
            for z in range(2):
                assert np.array_equal(read(image, scene, 0, c, z), stack[z])
            assert np.array_equal(read(image, scene, 0, c, "max"), stack.max(0))


def test_a_scene_shows_nothing_of_one_that_lies_over_it(tmp_path):
    planes = {
        (0, 0, 0, 0): [(0, 0, noise((10, 10))), (20, 0, noise((10, 10)))],
        (1, 0, 0, 0): [(8, 2, noise((6, 14))), (8, 8, noise((6, 14)))],
    }
    image = open_czi(write_czi(tmp_path / "a.czi", planes, ["DAPI"]))
    assert np.array_equal(read(image, 0, 0, 0), pasted(planes[0, 0, 0, 0], (10, 30)))
    assert np.array_equal(read(image, 1, 0, 0), pasted(planes[1, 0, 0, 0], (12, 14)))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_colour_is_read_as_three_channels(tmp_path, dtype):
    picture = noise((9, 14, 3), dtype)
    image = open_czi(write_czi(tmp_path / "a.czi", {(0, 0, 0, 0): picture}, ["Bright"]))
    assert [c.name for c in image.channels] == ["Bright blue", "Bright green", "Bright red"]
    for index in range(3):
        assert np.array_equal(read(image, 0, 0, index), picture[..., index])


def test_a_colour_mosaic(tmp_path):
    tiles = [(0, 0, noise((8, 9, 3), np.uint8)), (9, 0, noise((8, 9, 3), np.uint8))]
    image = open_czi(write_czi(tmp_path / "a.czi", {(0, 0, 0, 0): tiles}, ["Bright"]))
    whole = np.concatenate([tile for _, _, tile in tiles], axis=1)
    for index in range(3):
        assert np.array_equal(read(image, 0, 0, index), whole[..., index])


def test_channels_of_different_depth(tmp_path):
    planes = {(0, 0, 0, 0): noise(dtype=np.uint16), (0, 0, 1, 0): noise(dtype=np.uint8)}
    image = open_czi(write_czi(tmp_path / "a.czi", planes, ["DAPI", "TL"]))
    assert [c.dtype for c in image.channels] == ["uint16", "uint8"]
    for c in range(2):
        assert np.array_equal(read(image, 0, 0, c), planes[0, 0, c, 0])


def test_channels_without_a_name_and_of_one_name(tmp_path):
    planes = {(0, 0, c, 0): noise() for c in range(4)}
    image = open_czi(write_czi(tmp_path / "a.czi", planes, ["DAPI", "", "DAPI", " GFP "]))
    names = [c.name for c in image.channels]
    assert names == ["DAPI", "channel_1", "DAPI (2)", "GFP"]


@pytest.mark.parametrize("lacking", ["channel", "plane"])
def test_an_incomplete_last_frame_is_left_out_and_told(tmp_path, lacking):
    planes = {(0, t, c, z): noise() for t in range(3) for c in range(2) for z in range(2)}
    for at in [(0, 2, 1, 0), (0, 2, 1, 1)][: 2 if lacking == "channel" else 1]:
        del planes[at]
    image = open_czi(write_czi(tmp_path / "a.czi", planes, ["DAPI", "GFP"]))
    assert [f.frame for f in image.frames] == [0, 1]
    assert image.notes == ("1 frames lack planes and are left out",)
    assert np.array_equal(read(image, 0, 1, 1, 0), planes[0, 1, 1, 0])


def test_a_scene_that_lacks_a_channel_is_left_out_and_told(tmp_path):
    planes = {(scene, 0, c, 0): [(50 * scene, 0, noise())] for scene in (0, 1) for c in (0, 1)}
    del planes[1, 0, 1, 0]
    image = open_czi(write_czi(tmp_path / "a.czi", planes, ["DAPI", "GFP"]))
    assert [(f.scene, f.frame) for f in image.frames] == [(0, 0)]
    assert image.notes == ("1 frames lack planes and are left out",)


def test_a_file_without_any_complete_frame_is_refused(tmp_path):
    planes = {(0, 0, 0, 0): noise(), (0, 1, 1, 0): noise()}
    path = write_czi(tmp_path / "a.czi", planes, ["DAPI", "GFP"])
    with pytest.raises(ImageError, match="no frame of the file has all its planes"):
        open_czi(path)


def test_a_large_picture_that_the_writer_cuts_into_tiles(tmp_path):
    picture = noise((1700, 3200))
    image = open_czi(write_czi(tmp_path / "a.czi", {(0, 0, 0, 0): picture}, ["DAPI"]))
    assert image.scenes[0].tiles > 1
    assert np.array_equal(read(image, 0, 0, 0), picture)


def test_no_pixel_size(tmp_path):
    path = write_czi(tmp_path / "a.czi", {(0, 0, 0, 0): noise()}, ["DAPI"], pixel_um=0)
    assert open_czi(path).pixel_size_um is None


# ---- channels by name ----


def channel(name, dye=""):
    return Channel(name, dye, 0, None, "gray16", "uint16")


CHANNELS = (
    channel("EGFP", "Alexa Fluor 488"),
    channel("LED-405", "DAPI"),
    channel("GFP", ""),
    channel("Hoechst 33342", "H3342"),
)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ("GFP", 2),
        ("gfp", 2),
        ("EGF", 0),
        ("dapi", 1),
        ("405", 1),
        ("hoechst", 3),
        ("Alexa", 0),
        ("H3342", 3),
        (0, 0),
        (3, 3),
    ],
)
def test_finding_a_channel(wanted, index):
    assert find_channel(CHANNELS, wanted) == index


def test_a_name_goes_before_a_dye():
    channels = (channel("far red", "DAPI-like"), channel("DAPI x"))
    assert find_channel(channels, "DAPI") == 1


@pytest.mark.parametrize("wanted", ["mCherry", 4])
def test_a_channel_that_is_not_there_is_told_with_those_that_are(wanted):
    with pytest.raises(ImageError) as caught:
        find_channel(CHANNELS, wanted)
    assert str(wanted) in str(caught.value)
    listed = "0: EGFP (Alexa Fluor 488), 1: LED-405 (DAPI), 2: GFP, 3: Hoechst 33342 (H3342)"
    assert listed in str(caught.value)


# ---- the example ----


def test_the_example_says_when_and_how_it_was_taken():
    image = open_czi(str(EXAMPLE / "timelapse_1.czi"))
    assert [f.time_s for f in image.frames] == [600.0 * t for t in range(20)]
    assert image.magnification == 20
    assert image.pixel_size_um == (0.5, 0.5)
    stamps = time_stamps(str(EXAMPLE / "timelapse_1.czi"))
    assert stamps == [600.0 * t for t in range(20)]


def test_a_still_has_one_frame_at_time_0():
    image = open_czi(str(EXAMPLE / "still_1.czi"))
    assert [f.time_s for f in image.frames] == [0.0]
    assert [c.name for c in image.channels] == ["DAPI", "AF488", "mCher"]
    assert image.magnification == 63


def test_a_file_without_time_stamps(tmp_path):
    planes = {(0, t, 0, 0): noise() for t in range(3)}
    path = write_czi(tmp_path / "a.czi", planes, ["DAPI"])
    assert [f.time_s for f in open_czi(path).frames] == [None] * 3
    assert time_stamps(path) == []


def test_what_aicsimageio_sees():
    files = [str(EXAMPLE / name) for name in ("still_1.czi", "timelapse_1.czi")]
    assert list(standard_views(files)) == ["T1 C3 Z1 Y512 X512", "T20 C1 Z1 Y320 X320"]


def test_what_aicsimageio_cannot_open_is_told(tmp_path):
    (tmp_path / "a.czi").write_text("text")
    views = list(standard_views([str(tmp_path / "a.czi"), str(EXAMPLE / "still_1.czi")]))
    assert views[0].startswith("not readable (") and views[1] == "T1 C3 Z1 Y512 X512"
