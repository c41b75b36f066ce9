"""What is drawn on verification pictures."""

import itertools

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from scipy import ndimage

from immunostain import pictures

LABELS = hnp.arrays(
    np.uint32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.integers(0, 3)
)


def disc(shape, cy, cx, r):
    y, x = np.indices(shape)
    return ((y - cy) ** 2 + (x - cx) ** 2 <= r**2).astype(np.uint32)


@settings(deadline=None)
@given(LABELS)
def test_the_outline_is_what_has_a_neighbour_of_another_label(labels):
    expected = np.zeros(labels.shape, bool)
    height, width = labels.shape
    for y, x in np.argwhere(labels):
        for ny, nx in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            if 0 <= ny < height and 0 <= nx < width and labels[ny, nx] != labels[y, x]:
                expected[y, x] = True
    assert np.array_equal(pictures.outlines(labels), expected)


def test_the_outline_encloses_the_nucleus():
    labels = disc((60, 80), 30, 40, 17)
    line = pictures.outlines(labels)
    assert np.array_equal(ndimage.binary_fill_holes(line), labels > 0)
    assert 0 < line.sum() < labels.sum() / 3


@pytest.mark.parametrize(("side", "width"), [(1499, 1), (1500, 2), (3000, 3)])
def test_the_outline_is_wider_on_large_pictures(side, width):
    labels = np.zeros((40, side), np.uint32)
    labels[5:35, 5:35] = 1
    line = pictures.outlines(labels)
    expected = np.zeros_like(line)
    expected[5:35, 5:35] = True
    expected[5 + width : 35 - width, 5 + width : 35 - width] = False
    assert np.array_equal(line, expected)


def test_ids_are_written_at_their_places_with_a_halo():
    letters, halo = pictures.write_ids((80, 200), [7, 128], [30, 150], [20, 60], 16)
    assert letters.shape == halo.shape == (80, 200)
    assert (halo & letters).sum() == letters.sum(), "the halo lies under the letters too"
    parts, count = ndimage.label(halo, np.ones((3, 3)))
    assert count == 2
    for part, (y, x) in zip((1, 2), ((20, 30), (60, 150)), strict=True):
        centre_y, centre_x = ndimage.center_of_mass(parts == part)
        assert abs(centre_y - y) < 3
        assert abs(centre_x - x) < 3
    widths = [box[1].stop - box[1].start for box in ndimage.find_objects(parts)]
    assert widths[1] > 2 * widths[0], "three digits are wider than one"


def test_no_ids():
    letters, halo = pictures.write_ids((10, 20), [], [], [], 8)
    assert not letters.any()
    assert not halo.any()


def test_ids_beyond_the_edge_do_no_harm():
    letters, _ = pictures.write_ids((30, 30), [0, 1], [0, 29.5], [0, 29.5], 12)
    assert letters.shape == (30, 30)


@pytest.mark.parametrize(
    "areas", [np.array([]), np.array([1]), np.array([9, 1e6]), np.full(9, 900)]
)
@pytest.mark.parametrize("shape", [(1, 1), (100, 2000), (4000, 4000)])
def test_letters_are_readable_and_not_huge(areas, shape):
    assert 8 <= pictures.letter_size(areas, shape) <= max(10, min(shape) // 50)


def test_grey_draws_black_below_white():
    picture = np.full((2, 3), 100, np.uint8)
    white = np.array([[1, 1, 0], [0, 0, 0]], bool)
    black = np.array([[0, 1, 1], [0, 0, 0]], bool)
    assert pictures.grey(picture, white, black).tolist() == [[255, 255, 0], [100, 100, 100]]
    assert (picture == 100).all()


def test_colours_add_up_and_saturate():
    nothing = np.zeros((1, 4), bool)
    nuclear = np.array([[255, 0, 0, 255]], np.uint8)
    green = np.array([[0, 255, 0, 255]], np.uint8)
    red = np.array([[0, 0, 200, 255]], np.uint8)
    found = pictures.colour([green, nuclear, red], 1, nothing, nothing)
    assert found.dtype == np.uint8
    assert found[0].tolist() == [list(pictures.NUCLEAR_COLOUR), [0, 255, 0], [200, 0, 0], [255] * 3]


def test_many_channels_do_not_overflow():
    bright = [np.full((2, 2), 255, np.uint8)] * 30
    nothing = np.zeros((2, 2), bool)
    assert (pictures.colour(bright, 3, nothing, nothing) == 255).all()


def test_colour_has_contours_and_ids_on_top():
    picture = np.full((1, 3), 60, np.uint8)
    white, black = np.array([[1, 1, 0]], bool), np.array([[0, 1, 1]], bool)
    found = pictures.colour([picture], 0, white, black)
    assert found[0].tolist() == [[255] * 3, [255] * 3, [0] * 3]


@pytest.mark.parametrize("shape", [(100, 160), (1200, 1500), (7, 5)])
def test_paths_lie_where_the_nuclei_were(shape):
    height, width = shape
    tracks = {
        0: [(width * 0.2, height * 0.5), (width * 0.8, height * 0.5)],
        8: [(width * 0.5, height * 0.1)],
    }
    drawn = pictures.paths(np.zeros(shape, np.uint8), tracks, 10)
    scale = drawn.shape[0] // height
    assert drawn.shape == (height * scale, width * scale, 3)
    for part in (0.3, 0.5, 0.7):
        y, x = (height * 0.5 + 0.5) * scale, (width * part + 0.5) * scale
        assert tuple(drawn[int(y), int(x)]) == pictures.track_colour(0)
    y, x = (height * 0.1 + 0.5) * scale, (width * 0.5 + 0.5) * scale
    assert tuple(drawn[int(y), int(x)]) == pictures.track_colour(8)


def test_each_track_has_a_colour_of_its_own_that_is_seen_on_black():
    colours = [pictures.track_colour(track) for track in range(60)]
    assert len(set(colours)) == 60
    assert all(max(colour) > 200 for colour in colours)
    apart = [np.abs(np.subtract(a, b)).sum() for a, b in itertools.pairwise(colours)]
    assert min(apart) > 150, "tracks of near numbers differ most"


def test_no_paths():
    assert not pictures.paths(np.zeros((50, 60), np.uint8), {}, 10).any()


@pytest.mark.parametrize(
    ("names", "safe"),
    [
        (["DAPI", "GFP"], ["DAPI", "GFP"]),
        (["a/b", "a:b", "a_b"], ["a_b", "a_b (2)", "a_b (3)"]),
        (["color", "Träger µ"], ["color (2)", "Träger µ"]),
        (["a (2)", "a", "a"], ["a (2)", "a", "a (3)"]),
        (['\\*?"<>|{}\x00\n'], ["_" * 11]),
        (["DAPI", "dapi", "Color"], ["DAPI", "dapi (2)", "Color (2)"]),
    ],
)
def test_names_of_channels_in_names_of_files(names, safe):
    assert pictures.file_safe(names) == safe


@settings(deadline=None)
@given(st.lists(st.text(max_size=80), max_size=8))
def test_any_names_of_channels_give_different_names_of_files(names):
    safe = pictures.file_safe(names)
    folded = [name.casefold() for name in safe]
    assert len(set(folded)) == len(names)
    assert "color" not in folded
    for name in safe:
        assert not set(name) & set('\\/:*?"<>|{}\0')
        # With an id of 200 bytes, scene and frame it must fit in the 255 that file systems allow.
        assert len(f"_s-99_{name}_t-99999.png".encode(errors="surrogatepass")) <= 55


@settings(deadline=None, max_examples=30)
@given(
    st.one_of(
        hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=20)),
        hnp.arrays(np.uint8, st.tuples(st.integers(1, 20), st.integers(1, 20), st.just(3))),
    )
)
def test_png_files_hold_the_exact_pixels(tmp_path_factory, picture):
    path = tmp_path_factory.mktemp("png") / "a.png"
    pictures.write_png(path, picture)
    with Image.open(path) as opened:
        assert np.array_equal(np.asarray(opened), picture)
    assert np.array_equal(imagecodecs.imread(path).reshape(picture.shape), picture)


def test_png_files_from_a_part_of_an_array(tmp_path):
    picture = np.arange(200, dtype=np.uint8).reshape(10, 20)[::2, ::3]
    pictures.write_png(tmp_path / "a.png", picture)
    with Image.open(tmp_path / "a.png") as opened:
        assert np.array_equal(np.asarray(opened), picture)
