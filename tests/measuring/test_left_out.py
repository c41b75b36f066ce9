"""Pixels that no tile covers, and pixels that are no number: no statistic counts them."""

import logging

import numpy as np
import pytest
from czi_files import discs, write_czi
from measured_files import measured, segmented

from immunostain.czi.image import open_czi
from immunostain.czi.planes import read_frame
from immunostain.images.eight_bit import brightness_range, to_8_bit
from immunostain.images.frames import read_picture
from immunostain.images.runs import areas
from immunostain.measuring.rings import perinuclear_ring
from immunostain.network.input import stretch_range
from immunostain.nuclei.threshold import above_level, uneven_background
from immunostain.pictures.of_frames import draw_image
from immunostain.results import inventory
from immunostain.shared.left_out import left_out, pixels_that_count
from immunostain.shared.resampling import resample
from immunostain.tracking.drift import stage_drift

LOG = logging.getLogger("immunostain.test")
DIAGONAL = [(0, 0), (100, 100)]
TILE = discs((50, 50), radius=14, shape=(100, 100))  # 100, and 4000 in the nucleus


def write_diagonal(path, tile=TILE, gfp=None, frames=1):
    """Write two tiles that touch at a corner, so that half of the picture is covered by none."""
    planes = {}
    for t in range(frames):
        planes[0, t, 0, 0] = [(x, y, tile) for x, y in DIAGONAL]
        planes[0, t, 1, 0] = [(x, y, tile if gfp is None else gfp) for x, y in DIAGONAL]
    return write_czi(path, planes, ["DAPI", "GFP"], 0.5)


def picture_of(path, channel=0):
    image = open_czi(str(path))
    return read_frame(image, image.frames[0], image.channels[channel], "max")


def beyond_tiles():
    beyond = np.ones((200, 200), bool)
    for x, y in DIAGONAL:
        beyond[y : y + 100, x : x + 100] = False
    return beyond


def test_what_no_tile_covers_is_masked_and_said(tmp_path):
    path = write_diagonal(tmp_path / "a.czi")
    assert np.array_equal(left_out(picture_of(path)), beyond_tiles())
    assert open_czi(path).notes == ("no tile covers 50.0% of the picture, which is left out",)


def test_a_plane_of_a_stack_that_has_a_tile_less(tmp_path):
    tile = np.full((10, 10), 7, np.uint16)
    planes = {(0, 0, 0, z): [(0, 0, tile), (10, 0, tile)][: 2 - z] for z in (0, 1)}
    path = write_czi(tmp_path / "a.czi", planes, ["DAPI"])
    image = open_czi(path)
    for projection, expected in ((0, None), ("max", True), (1, True)):
        picture = read_frame(image, image.frames[0], image.channels[0], projection)
        if expected is None:
            assert left_out(picture) is None
        else:
            assert left_out(picture)[:, 10:].all() and not left_out(picture)[:, :10].any()


def test_gaps_are_no_background(tmp_path):
    """Two tiles on a diagonal: half of the picture, more than half of what is no nucleus."""
    path = write_diagonal(tmp_path / "a.czi", gfp=TILE + np.uint16(50))
    rows, facts = measured(path, tmp_path, width=30, background="median")
    (frame,) = facts.frames
    assert frame.signal["DAPI"].background == 100
    assert frame.signal["GFP"].background == 150
    assert len(rows) == 2
    for row in rows:
        area = row["area_px"]
        assert row["DAPI_background_corrected_sum"] == row["DAPI_sum"] - 100 * area
        # No ring reaches out of its tile: the discs' centres are 50 pixels from its edge.
        assert row["perinuclear_area_px"] > 0
    assert frame.no_number_px == {}


def test_a_ring_ends_where_tiles_end(tmp_path):
    tile = discs((80, 50), radius=14, shape=(100, 100))
    path = write_diagonal(tmp_path / "a.czi", tile)
    rows, _ = measured(path, tmp_path, width=12)
    first = min(rows, key=lambda row: row["y_px"])
    folder, _ = tmp_path / "labels 1of1", None
    labels = read_picture(folder, 0, 0)
    ring = perinuclear_ring(labels, 12, beyond_tiles())
    assert [row["perinuclear_area_px"] for row in rows] == areas(ring).tolist()
    whole = areas(perinuclear_ring(labels, 12))
    assert first["perinuclear_area_px"] < whole[0]


def test_levels_are_those_of_the_covered_pixels_alone(tmp_path):
    rng = np.random.default_rng(0)
    tile = (TILE + rng.integers(0, 60, TILE.shape)).astype(np.uint16)
    whole = picture_of(write_diagonal(tmp_path / "a.czi", tile))
    alone = np.concatenate([tile, tile])
    assert brightness_range(whole) == brightness_range(alone)
    assert stretch_range(whole.astype(np.float32)) == pytest.approx(
        stretch_range(alone.astype(np.float32)), rel=0.01
    )
    grey = to_8_bit(whole, *brightness_range(whole))
    assert not grey[beyond_tiles()].any()
    masked = np.ma.MaskedArray(grey, beyond_tiles())
    expected = to_8_bit(alone, *brightness_range(alone))
    for level in ("otsu", "li", "triangle", 50):
        found = above_level(masked, level)
        assert not found[beyond_tiles()].any()
        assert found[:100, :100].tolist() == above_level(expected, level)[:100].tolist()
    background = uneven_background(masked)
    assert abs(background[:100, :100] - np.percentile(expected, 20)).max() < 3


def test_nothing_covered_has_no_nuclei():
    picture = np.ma.MaskedArray(np.zeros((70, 80), np.uint8), True)
    assert brightness_range(picture) == (0, 0)
    assert stretch_range(picture) == (0, 0)
    for level in (50, "otsu", "local"):
        assert not above_level(picture, level).any()
    assert not stage_drift([picture, picture]).any()


def test_what_masked_pixels_have_a_part_in_is_masked_when_resampled():
    mask = np.zeros((40, 40), bool)
    mask[:, 20:] = True
    small = resample(np.ma.MaskedArray(np.ones((40, 40), np.float32), mask), (10, 10))
    assert left_out(small)[:, 5:].all() and not left_out(small)[:, :4].any()


def test_gaps_don_t_stand_still_while_nuclei_move(tmp_path):
    moved = np.roll(TILE, (3, 5), (0, 1))
    both = [
        picture_of(write_diagonal(tmp_path / f"{number}.czi", tile))
        for number, tile in enumerate([TILE, moved])
    ]
    assert stage_drift(both)[1] == pytest.approx([5, 3], abs=0.2)


def test_pictures_are_stretched_as_without_gaps(tmp_path):
    path = write_diagonal(tmp_path / "a.czi")
    folder, facts = segmented(path, tmp_path)
    drawn = tmp_path / "drawn"
    drawn.mkdir()
    from PIL import Image

    draw_image(path, "a", [(str(folder), facts)], {}, "max", drawn, tmp_path, tmp_path / "a.zip", 1)
    grey = np.asarray(Image.open(drawn / "a_GFP_t-0.png"))
    assert (grey[:30, :30] == 0).all() and (grey[beyond_tiles()] == 0).all()
    assert grey[45:55, 45:48].max() == 255


# ---- pixels that are no number ----


@pytest.fixture(params=[np.nan, np.inf, -np.inf])
def odd(request, tmp_path):
    """Give a float image with three nuclei and pixels that are no number, and its pictures."""
    dapi = discs((30, 40), (90, 50), radius=12).astype(np.float32)
    gfp = dapi / 2
    dapi[40, 30] = request.param  # in the first nucleus
    dapi[5, 5] = request.param
    gfp[50, 90] = request.param  # in the second one
    path = write_czi(
        tmp_path / "odd.czi", {(0, 0, 0, 0): dapi, (0, 0, 1, 0): gfp}, ["DAPI", "GFP"], 0.5
    )
    return path, dapi, gfp


def test_a_pixel_that_is_no_number_takes_nothing_else_with_it(odd, tmp_path):
    path, dapi, gfp = odd
    rows, facts = measured(path, tmp_path, width=4, background="median")
    assert len(rows) == 2
    (frame,) = facts.frames
    assert frame.no_number_px == {"DAPI": 2, "GFP": 1}
    labels = read_picture(tmp_path / "labels 1of1", 0, 0)
    for channel, picture in (("DAPI", dapi), ("GFP", gfp)):
        clean = np.where(np.isfinite(picture), picture, 0).astype(float)
        signal = frame.signal[channel]
        assert signal.total == pytest.approx(clean.sum())
        assert signal.nuclear == pytest.approx(clean[labels > 0].sum())
        assert signal.background == np.median(picture[(labels == 0) & np.isfinite(picture)])
        for number, row in enumerate(rows, 1):
            if np.isfinite(picture[labels == number]).all():
                assert row[f"{channel}_sum"] == pytest.approx(clean[labels == number].sum())
            else:
                for kind in ("sum", "mean", "background_corrected_sum"):
                    assert row[f"{channel}_{kind}"] is None
    assert rows[1]["GFP_sum"] is None and rows[1]["DAPI_sum"] is not None


def test_it_is_said_how_many_there_are(odd, tmp_path):
    path, _, _ = odd
    _, facts = measured(path, tmp_path)
    notes = inventory.inventory_row("odd", "odd.czi", facts)["notes"]
    assert notes.startswith("pixels of DAPI that are no number: 2 (left out; ")
    assert "pixels of GFP that are no number: 1 " in notes


@pytest.mark.parametrize("projection", ["max", "mean"])
def test_a_stack_with_infinite_pixels(tmp_path, projection):
    planes = {(0, 0, 0, z): np.full((6, 7), 5.0, np.float32) for z in range(3)}
    planes[0, 0, 0, 0][2, 3], planes[0, 0, 0, 1][2, 3] = np.inf, -np.inf
    planes[0, 0, 0, 2][4, 4] = np.nan
    image = open_czi(write_czi(tmp_path / "a.czi", planes, ["DAPI"]))
    picture = read_frame(image, image.frames[0], image.channels[0], projection)
    assert np.argwhere(left_out(picture)).tolist() == [[2, 3], [4, 4]]
    assert (pixels_that_count(picture) == 5).all()


# ---- the neural network ----


def by_the_network(path, tmp_path):
    """Find nuclei with the shipped model; give the label image."""
    from networks import shipped_network

    from immunostain.images.splitting import split_frames
    from immunostain.network.predict import predict_chunk
    from immunostain.nuclei.by_network import segment_by_unet

    folders = [tmp_path / name for name in ("split", "maps", "found")]
    for folder in folders:
        folder.mkdir()
    facts = split_frames(path, folders[0], "1of1", "DAPI", "max", LOG)
    facts = predict_chunk(shipped_network(), str(folders[0]), folders[1], facts, "auto", LOG)
    assert facts.nucleus_diameter_px == pytest.approx(28, rel=0.3)
    segment_by_unet(str(folders[1]), folders[2], facts, 0.5, 200, True, True, LOG)
    return read_picture(folders[2], 0, 0)


def test_the_network_finds_the_nuclei_beside_a_gap(tmp_path):
    """The second nucleus is cut by the edge of its tile, and ends there."""
    rng = np.random.default_rng(0)
    tile = discs((30, 35), (99, 70), radius=14, shape=(100, 100)) + rng.poisson(900, (100, 100))
    labels = by_the_network(write_diagonal(tmp_path / "a.czi", tile.astype(np.uint16)), tmp_path)
    assert not labels[beyond_tiles()].any()
    for x, y in ((30, 35), (95, 70), (130, 135)):
        assert labels[y, x] > 0
    assert labels.max() == 3, "the fourth lies at the picture's edge"


def test_the_network_sees_past_a_pixel_that_is_no_number(odd, tmp_path):
    labels = by_the_network(odd[0], tmp_path)
    assert labels[45, 25] > 0 and labels[55, 85] > 0 and labels.max() == 2
