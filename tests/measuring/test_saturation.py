"""Which pixels are as bright as a camera can tell."""

import numpy as np
import pytest
from czi_files import REAL, declare_bits, discs, needs_real_files, write_czi
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from measured_files import measured

from immunostain.czi.image import open_czi
from immunostain.czi.planes import read_frame
from immunostain.images.frames import read_picture
from immunostain.images.runs import runs_of
from immunostain.measuring import saturation
from immunostain.measuring.saturation import saturated_pixels, saturation_level


def stained(seed=0, shape=(200, 300), bright=3000):
    """Draw a stain with an exponential tail, on a camera's offset, with its noise."""
    rng = np.random.default_rng(seed)
    return rng.poisson(100 + rng.exponential(bright / 8, shape)).astype(np.uint16)


def clipped(level, dtype=np.uint16):
    return np.minimum(stained(), level).astype(dtype)


@pytest.mark.parametrize(
    ("bits", "brightest", "level"),
    [
        (12, 4095, 4095),
        (12, 4094, None),
        (12, 4096, None),  # the data were scaled
        (12, 65535, 65535),
        (14, 16383, 16383),
        (14, 4095, None),
        (16, 65535, 65535),
        (None, 65535, 65535),
        (None, 4095, None),
        (None, 65534, None),
        (99, 65535, 65535),
    ],
)
def test_a_single_pixel_at_the_end_of_the_cameras_range(bits, brightest, level):
    picture = np.minimum(stained(), 900)
    picture[picture == 900] = 899  # a pile-up that is not the maximum
    picture[3, 4] = brightest
    assert saturation_level(picture, bits) == level


@pytest.mark.parametrize("bits", [None, 8, 12])
def test_the_range_of_8_bit_pixels(bits):
    picture = clipped(200, np.uint8)
    picture[0, 0] = 255
    assert saturation_level(picture, bits) == 255
    assert saturation_level(clipped(230, np.uint8), bits) == 230, "a pile-up"


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
@pytest.mark.parametrize("bits", [None, 12, 16])
@pytest.mark.parametrize("level", [600, 1000, 1500])
def test_a_pile_up_below_the_cameras_range(level, bits, dtype):
    picture = clipped(level, dtype)
    assert saturation_level(picture, bits) == level
    assert saturation_level(stained().astype(dtype), bits) is None


def test_a_pile_up_is_found_between_grey_values_that_never_occur():
    """As in files whose 12 bits were spread over 16."""
    assert saturation_level(clipped(1000) * 16, None) == 16_000
    assert saturation_level(stained() * 8, None) is None


def test_a_pile_up_has_enough_pixels():
    picture = stained()
    values = np.unique(picture)
    for pixels in (saturation.PIXELS - 1, saturation.PIXELS):
        picture.ravel()[:pixels] = values[-1] + 1
        found = saturation_level(picture, None)
        assert found == (None if pixels < saturation.PIXELS else values[-1] + 1)


@pytest.mark.parametrize("values", [1, 2, 5, saturation.GREY_VALUES])
def test_a_picture_of_few_grey_values_has_no_pile_up(values):
    picture = np.arange(40_000, dtype=np.uint16).reshape(200, 200) % values
    picture[:50] = values - 1
    assert saturation_level(picture, None) is None
    if values == saturation.GREY_VALUES:
        picture[-1, -1] = values
        picture[:50] = values
        assert saturation_level(picture, None) == values


@pytest.mark.parametrize("value", [0, 7, 65535])
def test_a_constant_picture(value):
    picture = np.full((30, 40), value, np.uint16)
    level = value if value == 65535 else None
    assert saturation_level(picture, None) == level
    counts = saturated_pixels(runs_of(np.zeros((30, 40), np.uint32)), picture, level)
    assert counts.tolist() == [1200 if level else 0]


NOISE = {
    "camera": lambda rng, mean, shape: rng.poisson(mean, shape),
    "normal": lambda rng, mean, shape: rng.normal(1000, mean, shape).clip(0),
    "uniform": lambda rng, mean, shape: rng.integers(0, 2 * mean, shape),
    "exponential": lambda rng, mean, shape: rng.exponential(mean, shape),
}


@pytest.mark.parametrize("noise", NOISE)
@given(
    seed=st.integers(0, 2**32),
    mean=st.integers(1, 3000),
    shape=st.tuples(st.integers(1, 200), st.integers(1, 200)),
    dtype=st.sampled_from([np.uint16, np.float32]),
)
def test_ordinary_noise_does_not_pile_up(noise, seed, mean, shape, dtype):
    picture = NOISE[noise](np.random.default_rng(seed), mean, shape).astype(dtype)
    assert saturation_level(picture, None) is None


@given(
    picture=arrays.arrays(np.int16, st.tuples(st.integers(1, 40), st.integers(1, 40))),
    masked=st.booleans(),
    seed=st.integers(0, 2**32),
    in_cache=st.sampled_from([1, 50, 1 << 17]),
    dtype=st.sampled_from([np.uint8, np.uint16, np.float32]),
    bits=st.sampled_from([None, 8, 9, 12, 16]),
)
def test_the_level_and_the_counts_are_those_of_their_definition(
    picture, masked, seed, in_cache, dtype, bits
):
    """Whatever the picture, in bands of any height, against a count pixel by pixel."""
    rng = np.random.default_rng(seed)
    if rng.random() < 0.7:  # many pixels, so that some pile up
        picture = np.tile(rng.permutation(100 * rng.integers(1, 3))[:90].reshape(9, 10), (4, 4))
        picture = np.minimum(picture, rng.integers(20, 100))
    picture = np.abs(picture.astype(int)).astype(dtype) - (9 if dtype == np.float32 else 0)
    if masked:
        picture = np.ma.MaskedArray(picture, rng.random(picture.shape) < 0.2)
        picture[np.ma.getmaskarray(picture)] = np.ma.masked
    labels = np.sort(rng.integers(0, 4, picture.shape), axis=None).reshape(picture.shape)
    labels = np.unique(np.append(labels, 0), return_inverse=True)[1][:-1].reshape(picture.shape)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("immunostain.measuring.saturation.IN_CACHE", in_cache)
        patch.setattr("immunostain.images.runs.IN_CACHE", in_cache)
        level = saturation_level(picture, bits)
        counts = saturated_pixels(runs_of(labels.astype(np.uint32)), picture, level)
    assert level == defined_level(np.ma.compressed(picture).tolist(), picture.dtype, bits)
    at = (
        np.ma.filled(picture == level, False) if level is not None else np.zeros(labels.shape, bool)
    )
    assert counts.tolist() == np.bincount(labels[at], minlength=labels.max() + 1).tolist()


def defined_level(pixels, dtype, bits):
    if not pixels:
        return None
    highest = max(pixels)
    if dtype.kind == "u":
        whole = np.iinfo(dtype).max
        camera = whole if bits is None or 2**bits - 1 > whole else 2**bits - 1
        if highest in (camera, whole):
            return highest
    counts = [pixels.count(value) for value in sorted(set(pixels), reverse=True)[:33]]
    piled = len(counts) == 33 and counts[0] >= 10 and counts[0] >= 4 * max(counts[1:])
    return highest if piled else None


NUCLEUS = discs((50, 40), radius=14)


def stack(tmp_path, *planes, bits=(), dtype=np.uint16):
    """Write a stack whose first channel is a nucleus, and its second what is given."""
    pictures = {(0, 0, 0, z): NUCLEUS.astype(dtype) for z in range(len(planes))}
    pictures |= {(0, 0, 1, z): plane.astype(dtype) for z, plane in enumerate(planes)}
    path = write_czi(tmp_path / "a.czi", pictures, ["DAPI", "GFP"])
    return declare_bits(path, *bits) if bits else path


def blot(level, *rows):
    """Draw a stain with one row of ten saturated pixels in the nucleus for each of `rows`."""
    picture = stained(1, NUCLEUS.shape, 900) % 2000
    for y in rows:
        picture[y, 45:55] = level
    return picture


@pytest.mark.parametrize(
    ("bits", "known"), [((None, 12), 12), ((None, None, 12), 12), ((14, 12, 16), 12)]
)
def test_nuclei_and_frames_of_a_file_with_a_12_bit_camera(tmp_path, bits, known):
    stain = blot(4095, 38, 40)
    stain[2, 3] = 4095
    path = stack(tmp_path, stain, bits=bits)
    assert open_czi(path).channels[1].bits == known
    (row,), facts = measured(path, tmp_path)
    assert (row["DAPI_saturated_px"], row["GFP_saturated_px"]) == (0, 20)
    signal = facts.frames[0].signal
    assert signal["GFP"].saturated_px == 21 and signal["GFP"].nuclear_saturated_px == 20
    assert signal["GFP"].saturation_level == 4095
    assert signal["DAPI"].saturation_level is None and signal["DAPI"].saturated_px == 0


@pytest.mark.parametrize("said", ["", "0", "-12", "12.5", "twelve", "1" * 5000, " 12 ", "٣٢"])
def test_a_number_of_bits_that_is_none(tmp_path, said):
    path = stack(tmp_path, blot(4095, 38), bits=(said, said))
    assert open_czi(path).channels[0].bits in (None, 12, 32)
    (row,), _ = measured(path, tmp_path)
    assert row["GFP_saturated_px"] == 10, "with 12 bits or by the pile-up"


@pytest.mark.parametrize(
    ("z_projection", "saturated"), [("max", 20), ("mean", 20), ("middle", 10), (0, 10), (2, 0)]
)
def test_pixels_of_a_stack_are_saturated_if_they_are_in_a_plane_that_is_used(
    tmp_path, z_projection, saturated
):
    path = stack(tmp_path, blot(65535, 38), blot(65535, 40), blot(900, 41))
    (row,), facts = measured(path, tmp_path, z_projection=z_projection)
    assert row["GFP_saturated_px"] == saturated
    assert facts.frames[0].signal["GFP"].nuclear_saturated_px == saturated


def test_floating_point_pixels_and_those_that_are_no_number(tmp_path):
    stain = np.minimum(stained(2, NUCLEUS.shape), 600).astype(np.float32) - 5000.5
    assert saturation_level(stain, None) == -4400.5
    stain[40, 50], stain[1, 1] = np.nan, np.inf
    (row,), facts = measured(stack(tmp_path, stain, dtype=np.float32), tmp_path)
    inside = read_picture(tmp_path / "labels 1of1", 0, 0) == 1
    assert row["GFP_saturated_px"] == np.count_nonzero(inside & (stain == -4400.5)) > 10
    assert facts.frames[0].signal["GFP"].saturation_level == -4400.5


def test_each_colour_of_rgb_by_itself(tmp_path):
    colours = np.stack([stained(n, NUCLEUS.shape, 100) // 3 for n in range(3)], -1).astype(np.uint8)
    colours[..., 1] = np.where(NUCLEUS > 100, 255, 10)
    colours[40, 50, 2] = 255
    path = write_czi(tmp_path / "a.czi", {(0, 0, 0, 0): colours}, ["RGB"])
    (row,), _ = measured(path, tmp_path, channel="RGB green")
    found = [row[f"RGB {colour}_saturated_px"] for colour in ("blue", "green", "red")]
    assert found == [0, np.count_nonzero(NUCLEUS > 100), 1]


# The channels with saturated pixels in the first frame, and the level: of the others none has.
SATURATED = {
    "aicspylibczi__RGB-multichannel": {"Pol_30 blue": 255, "Pol_30 green": 255, "Pol_30 red": 255},
    "aicspylibczi__mosaic_test": {"EGFP": 65535},
    "czitools__Al2O3_SE_020_sp": {"C1": 255},
    "czitools__DAPI_GFP": {"DAPI": 255, "GFP": 255},
    "czitools__Fluorescence_RGB": dict.fromkeys(
        ["channel_0 blue", "channel_0 green", "channel_0 red"], 255
    ),
    "czitools__WellD6_S1": {"AF488": 16383},  # 14 bits in 16
    "ipy_notebooks__grains": {"C1": 255},
    "ipy_notebooks__grains_big": {"C1": 255},
}


@needs_real_files
def test_real_files():
    """Also one of 14 bits with brighter pixels, and some of only few grey values."""
    found = {}
    for path in sorted(REAL.glob("*.czi")):
        image = open_czi(str(path))
        levels = {
            channel.name: saturation_level(
                read_frame(image, image.frames[0], channel, "max"), channel.bits
            )
            for channel in image.channels
        }
        found[path.stem] = {name: level for name, level in levels.items() if level is not None}
    assert {name: levels for name, levels in found.items() if levels} == SATURATED
