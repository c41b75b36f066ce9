"""From frames to maps, and the whole way to nuclei with the shipped network."""

import logging
from dataclasses import replace

import numpy as np
import pytest
import tifffile
import torch
from czi_files import EXAMPLE
from drawn_nuclei import drawn
from networks import by_torch, random_network, shipped_network

from immunostain.images import frames
from immunostain.images.facts import FileFacts, FrameFacts
from immunostain.images.splitting import split_frames
from immunostain.network.diameter import estimate_diameter
from immunostain.network.loading import load_on_processor
from immunostain.network.predict import LARGEST_ZOOM, maps_of, network_shape, predict, predict_chunk
from immunostain.network.predictor import NUCLEUS_DIAMETER
from immunostain.nuclei.by_network import segment_by_unet
from immunostain.nuclei.from_maps import nuclei_of_maps
from immunostain.shared.errors import ImageError, SettingsError

LOG = logging.getLogger("immunostain.test")


@pytest.fixture(scope="module")
def shipped():
    return shipped_network()


@pytest.fixture(scope="module")
def small():
    return by_torch(random_network(4, 4))


@pytest.mark.parametrize(
    ("shape", "diameter", "expected"),
    [
        ((100, 200), NUCLEUS_DIAMETER, (100, 200)),
        ((100, 200), 2 * NUCLEUS_DIAMETER, (50, 100)),
        ((100, 200), NUCLEUS_DIAMETER / 2, (200, 400)),
        ((100, 200), 0.1, (100 * LARGEST_ZOOM, 200 * LARGEST_ZOOM)),
        ((100, 200), None, (100, 200)),
        ((1, 1000), 10 * NUCLEUS_DIAMETER, (1, 100)),
        ((3, 3), 1e6, (1, 1)),
    ],
)
def test_network_shape(shape, diameter, expected):
    assert network_shape(shape, diameter) == expected


def test_maps_come_in_the_order_of_pictures_of_any_size(small):
    rng = np.random.default_rng(0)
    pictures = [rng.random(shape) for shape in ((30, 40), (1, 1), (700, 20), (30, 40), (8, 90))]
    found = list(predict(small, iter(pictures), None))
    assert [maps.shape for maps in found] == [(2, *picture.shape) for picture in pictures]
    for maps, picture in zip(found, pictures, strict=True):
        assert maps.dtype == np.uint8
        np.testing.assert_array_equal(maps, maps_of(small, picture, None))
    assert not np.array_equal(found[0], found[3])


def test_no_pictures_no_maps(small):
    assert list(predict(small, [], None)) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"out.weight": 1e38, "up.0.4.bias": 100.0}, "what it gives"),
        ({"down.0.1.running_var": -1.0}, "some of its weights"),
        ({"up.0.3.weight": 1e38, "up.0.4.weight": 1e38}, "some of its weights"),
    ],
)
def test_weights_that_are_numbers_and_give_none_name_the_model(tmp_path, change, words):
    network = random_network(4, 4)
    for name, value in change.items():
        network.state_dict()[name].fill_(value)
    torch.save(network.state_dict(), tmp_path / "a.pth")
    picture = np.random.default_rng(0).random((30, 40))
    with pytest.raises(SettingsError, match=rf'model: ".*a\.pth" is damaged, {words}'):
        maps_of(load_on_processor(tmp_path / "a.pth"), picture, None)


def chunk(folder, pictures, pixel_size_um=None):
    """Write frames and give what is known of them."""
    folder.mkdir()
    for number, picture in enumerate(pictures):
        tifffile.imwrite(folder / frames.frame_name(number % 2, number // 2), picture)
    known = tuple(FrameFacts(n % 2, n // 2, None) for n in range(len(pictures)))
    return FileFacts(pixel_size_um=pixel_size_um, notes=("kept",), frames=known)


def predicted(tmp_path, network, pictures, diameter, pixel_size_um=None):
    facts = chunk(tmp_path / "frames", pictures, pixel_size_um)
    (tmp_path / "maps").mkdir()
    source, target = str(tmp_path / "frames"), tmp_path / "maps"
    return predict_chunk(network, source, target, facts, diameter, LOG), facts


def test_a_chunk_has_maps_of_all_frames(tmp_path, small):
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 999, s, np.uint16) for s in ((30, 40), (64, 50), (30, 40))]
    told, facts = predicted(tmp_path, small, pictures, NUCLEUS_DIAMETER / 2)
    assert told == replace(facts, nucleus_diameter_px=NUCLEUS_DIAMETER / 2)
    assert len(list((tmp_path / "maps").iterdir())) == 3
    for number, picture in enumerate(pictures):
        maps = frames.read_maps(tmp_path / "maps", number % 2, number // 2)
        assert maps.shape == (2, 2 * picture.shape[0], 2 * picture.shape[1])
        np.testing.assert_array_equal(maps, maps_of(small, picture, NUCLEUS_DIAMETER / 2))


@pytest.mark.parametrize("diameter", ["auto", 30, "12 um"])
def test_a_chunk_may_be_empty(tmp_path, small, diameter):
    told, _ = predicted(tmp_path, small, [], diameter, (0.5, 0.5))
    assert told.frames == () and not list((tmp_path / "maps").iterdir())


def test_a_diameter_in_micrometres(tmp_path, small):
    told, _ = predicted(tmp_path, small, [np.zeros((9, 9), np.uint8)], "12 um", (0.5, 0.5))
    assert told.nucleus_diameter_px == pytest.approx(24)


def test_micrometres_need_a_pixel_size(tmp_path, small):
    with pytest.raises(ImageError, match=r'"12 um".*how large a pixel is'):
        predicted(tmp_path, small, [np.zeros((9, 9), np.uint8)], "12 um")


def test_the_diameter_is_that_of_all_frames(tmp_path, shipped):
    empty = np.zeros((96, 96), np.uint16)
    told, _ = predicted(tmp_path, shipped, [drawn(30, 2), empty, drawn(30, 3)], "auto")
    assert told.nucleus_diameter_px == pytest.approx(30, rel=0.25)


def test_a_frame_that_cannot_be_read_stops_the_chunk(tmp_path, small):
    facts = chunk(tmp_path / "frames", [np.zeros((9, 9), np.uint8)] * 3)
    (tmp_path / "frames" / frames.frame_name(1, 0)).write_bytes(b"")
    (tmp_path / "maps").mkdir()
    with pytest.raises(tifffile.TiffFileError):
        predict_chunk(small, tmp_path / "frames", tmp_path / "maps", facts, 24, LOG)


def test_from_a_file_to_labels(tmp_path, shipped):
    folders = [tmp_path / name for name in ("frames", "maps", "labels")]
    for folder in folders:
        folder.mkdir()
    source, maps, labels = folders
    path = str(EXAMPLE / "still_1.czi")
    facts = split_frames(path, source, "1of1", "DAPI", "max", LOG)
    facts = predict_chunk(shipped, source, maps, facts, "auto", LOG)
    segment_by_unet(maps, labels, facts, 0.5, "auto", True, True, LOG)
    picture = frames.read_picture(source, 0, 0)
    found = frames.read_picture(labels, 0, 0)
    assert found.shape == picture.shape and found.dtype == np.uint32
    assert found.max() == 8
    dropped = frames.read_dropped(labels, 0, 0)
    assert dropped is not None and not (found > 0)[dropped].any()


def whole_way(network, picture, minimum_area=None):
    """Find nuclei as the workflow does, with every step that a setting could leave out."""
    diameter = estimate_diameter(network, [picture])
    maps = maps_of(network, picture, diameter)
    labels, dropped = nuclei_of_maps(maps, picture.shape, 0.5, minimum_area, True, False)[:2]
    assert labels.dtype == np.uint32 and labels.shape == dropped.shape == picture.shape
    assert np.array_equal(np.unique(np.append(labels, 0)), np.arange(labels.max() + 1))
    return int(labels.max())


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_nuclei_are_found_in_pictures_of_any_type(shipped, dtype):
    picture = drawn(30, 3)
    assert whole_way(shipped, (picture / picture.max() * 255).astype(dtype)) == 9


@pytest.mark.parametrize("value", [0, 255, 65535])
@pytest.mark.parametrize("shape", [(1, 1), (2, 300), (70, 70)])
def test_constant_pictures_have_no_nuclei(shipped, shape, value):
    assert whole_way(shipped, np.full(shape, value, np.uint16), 0) == 0


NOISE = {
    "camera": lambda rng, shape: rng.poisson(100, shape).astype(np.uint16),
    "few photons": lambda rng, shape: rng.poisson(1, shape).astype(np.uint8),
    "uniform": lambda rng, shape: rng.integers(0, 2**16, shape, np.uint16),
    "float": lambda rng, shape: rng.normal(0, 1, shape).astype(np.float32),
}


@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE)
@pytest.mark.parametrize("shape", [(80, 80), (16, 300), (512, 512)])
def test_pure_noise_has_no_nuclei_of_the_automatic_minimum_area(shipped, noise, shape):
    assert whole_way(shipped, noise(np.random.default_rng(0), shape)) == 0


@pytest.mark.parametrize("noise", ["camera", "uniform", "float"])
@pytest.mark.parametrize("shape", [(80, 80), (16, 300), (512, 512)])
def test_a_cameras_noise_has_no_small_nuclei(shipped, noise, shape):
    assert whole_way(shipped, NOISE[noise](np.random.default_rng(0), shape), 50) == 0


@pytest.mark.parametrize("minimum_area", [9, None])
def test_single_bright_pixels_are_no_nuclei(shipped, minimum_area):
    picture = np.random.default_rng(0).poisson(100, (100, 100)).astype(np.uint16)
    picture[::20, ::20] = 4000
    assert whole_way(shipped, picture, minimum_area) == 0


def test_half_saturated_pictures_are_valid(shipped):
    picture = drawn(30, 3)
    assert whole_way(shipped, np.minimum(picture * 100, 65535).astype(np.uint16)) >= 0
    assert whole_way(shipped, np.where(picture > 400, 65535, 0).astype(np.uint16)) == 9


def test_a_very_long_picture(shipped):
    picture = np.full((16, 20_000), 100, np.uint16)
    picture[4:12, ::50] = 4000
    maps = maps_of(shipped, picture, None)
    labels = nuclei_of_maps(maps, picture.shape, 0.5, None, True, False)[0]
    assert labels.shape == picture.shape and labels.dtype == np.uint32
