"""What is drawn on verification pictures."""

import itertools

import imagecodecs
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from immunostain.pictures import colours, png
from immunostain.pictures.annotate import annotate, letter_size, outlines, write_ids
from immunostain.pictures.channel_names import file_safe
from immunostain.pictures.colours import NUCLEAR_COLOUR, track_colour
from immunostain.pictures.paths import paths
from immunostain.pictures.png import write_png
from immunostain.shared import borders

LABELS = hnp.arrays(
    np.uint32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.integers(0, 3)
)


def disc(shape, cy, cx, r):
    y, x = np.indices(shape)
    return ((y - cy) ** 2 + (x - cx) ** 2 <= r**2).astype(np.uint32)


@pytest.fixture(params=[None, 1, 30])
def rows_at_once(request, monkeypatch):
    """Work on pictures at one go, row by row, and in bands of a few rows, of 30 pixels."""
    if request.param:
        monkeypatch.setattr(borders, "IN_CACHE", request.param)
        monkeypatch.setattr(png, "DRAWN_AT_A_TIME", request.param)


# The size of bands is the same for all examples of a test.
examples = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.usefixtures("rows_at_once")
@examples
@given(LABELS)
def test_the_outline_is_what_has_a_neighbour_of_another_label(labels):
    expected = np.zeros(labels.shape, bool)
    height, width = labels.shape
    for y, x in np.argwhere(labels):
        for ny, nx in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            if 0 <= ny < height and 0 <= nx < width and labels[ny, nx] != labels[y, x]:
                expected[y, x] = True
    assert np.array_equal(outlines(labels), expected)


@pytest.mark.usefixtures("rows_at_once")
@examples
@given(LABELS, st.integers(1, 4))
def test_a_wide_outline_is_a_thin_one_inside_the_other(labels, width):
    expected, inside = np.zeros(labels.shape, bool), labels
    for _ in range(width):
        expected |= outlines(inside)
        inside = np.where(expected, 0, labels)
    # Only wide pictures have wide outlines: this one goes on as its last column is.
    large = np.repeat(labels[:, -1:], 1500 * (width - 1) + 20, axis=1)
    large[:, : labels.shape[1]] = labels
    assert np.array_equal(outlines(large)[:, : labels.shape[1]], expected)


def test_the_outline_encloses_the_nucleus():
    labels = disc((60, 80), 30, 40, 17)
    line = outlines(labels)
    assert np.array_equal(ndimage.binary_fill_holes(line), labels > 0)
    assert 0 < line.sum() < labels.sum() / 3


@pytest.mark.parametrize(("side", "width"), [(1499, 1), (1500, 2), (3000, 3)])
def test_the_outline_is_wider_on_large_pictures(side, width):
    labels = np.zeros((40, side), np.uint32)
    labels[5:35, 5:35] = 1
    line = outlines(labels)
    expected = np.zeros_like(line)
    expected[5:35, 5:35] = True
    expected[5 + width : 35 - width, 5 + width : 35 - width] = False
    assert np.array_equal(line, expected)


def ids(shape, numbers, x, y, size):
    """Write ids on nothing; give the letters and the halo."""
    letters, halo = np.zeros(shape, bool), np.zeros(shape, bool)
    write_ids(letters, halo, numbers, x, y, size)
    return letters, halo


def test_ids_are_written_at_their_places_with_a_halo():
    letters, halo = ids((80, 200), [7, 128], [30, 150], [20, 60], 16)
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
    letters, halo = ids((10, 20), [], [], [], 8)
    assert not letters.any()
    assert not halo.any()


def test_ids_beyond_the_edge_do_no_harm():
    letters, halo = ids((30, 30), [0, 1], [0, 29.5], [0, 29.5], 12)
    middle, around = ids((90, 90), [0, 1], [30, 59.5], [30, 59.5], 12)
    assert np.array_equal(letters, middle[30:60, 30:60])
    assert np.array_equal(halo, around[30:60, 30:60])


def test_ids_lie_above_contours_and_no_halo_hides_another_id():
    one, other = ids((40, 60), [11], [20], [20], 14), ids((40, 60), [22], [30.4], [23.7], 14)
    white, black = np.ones((40, 60), bool), np.zeros((40, 60), bool)
    black[0, 0] = True
    write_ids(white, black, [11, 22], [20, 30.4], [20, 23.7], 14)
    halo = one[1] | other[1]
    assert (one[1] & other[0]).any()
    assert np.array_equal(white, ~halo | one[0] | other[0])
    halo[0, 0] = True
    assert np.array_equal(black, halo)


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.tuples(st.integers(0, 99999), st.floats(-5, 95), st.floats(-5, 65)), max_size=5),
    st.integers(8, 40),
)
def test_ids_are_what_pillow_writes_on_the_whole_picture(numbers, size):
    letters, halo = ids((60, 90), *np.array(numbers, object).reshape(-1, 3).T, size)
    font = ImageFont.load_default(size)
    for found, stroke in ((letters, 0), (halo, 1 + size // 16)):
        canvas = Image.new("L", (90, 60))
        draw = ImageDraw.Draw(canvas)
        draw.fontmode = "1"
        for number, x, y in numbers:
            draw.text((x, y), str(number), 255, font, anchor="mm", stroke_width=stroke)
        assert np.array_equal(np.asarray(canvas) > 0, found)


@pytest.mark.parametrize(
    "areas", [np.array([]), np.array([1]), np.array([9, 1e6]), np.full(9, 900)]
)
@pytest.mark.parametrize("shape", [(1, 1), (100, 2000), (4000, 4000)])
def test_letters_are_readable_and_not_huge(areas, shape):
    assert 8 <= letter_size(areas, shape) <= max(10, min(shape) // 50)


def test_black_is_drawn_below_white():
    picture = np.full((2, 3), 100, np.uint8)
    white = np.array([[1, 1, 0], [0, 0, 0]], bool)
    black = np.array([[0, 1, 1], [0, 0, 0]], bool)
    annotate(picture, white, black)
    assert picture.tolist() == [[255, 255, 0], [100, 100, 100]]


def test_colours_add_up_and_saturate():
    nothing = np.zeros((1, 4), bool)
    nuclear = np.array([[255, 0, 0, 255]], np.uint8)
    green = np.array([[0, 255, 0, 255]], np.uint8)
    red = np.array([[0, 0, 200, 255]], np.uint8)
    found = colours.colour([green, nuclear, red], 1, nothing, nothing)
    assert found.dtype == np.uint8
    assert found[0].tolist() == [list(NUCLEAR_COLOUR), [0, 255, 0], [200, 0, 0], [255] * 3]


def test_many_channels_do_not_overflow():
    bright = [np.full((2, 2), 255, np.uint8)] * 30
    nothing = np.zeros((2, 2), bool)
    assert (colours.colour(bright, 3, nothing, nothing) == 255).all()


def test_colour_has_contours_and_ids_on_top():
    picture = np.full((1, 3), 60, np.uint8)
    white, black = np.array([[1, 1, 0]], bool), np.array([[0, 1, 1]], bool)
    found = colours.colour([picture], 0, white, black)
    assert found[0].tolist() == [[255] * 3, [255] * 3, [0] * 3]


@pytest.mark.parametrize("shape", [(100, 160), (1200, 1500), (7, 5)])
def test_paths_lie_where_the_nuclei_were(shape):
    height, width = shape
    tracks = {
        0: [(width * 0.2, height * 0.5), (width * 0.8, height * 0.5)],
        8: [(width * 0.5, height * 0.1)],
    }
    drawn = paths(np.zeros(shape, np.uint8), tracks, 10)
    scale = drawn.shape[0] // height
    assert drawn.shape == (height * scale, width * scale, 3)
    for part in (0.3, 0.5, 0.7):
        y, x = (height * 0.5 + 0.5) * scale, (width * part + 0.5) * scale
        assert tuple(drawn[int(y), int(x)]) == track_colour(0)
    y, x = (height * 0.1 + 0.5) * scale, (width * 0.5 + 0.5) * scale
    assert tuple(drawn[int(y), int(x)]) == track_colour(8)


def test_each_track_has_a_colour_of_its_own_that_is_seen_on_black():
    colours = [track_colour(track) for track in range(60)]
    assert len(set(colours)) == 60
    assert all(max(colour) > 200 for colour in colours)
    apart = [np.abs(np.subtract(a, b)).sum() for a, b in itertools.pairwise(colours)]
    assert min(apart) > 150, "tracks of near numbers differ most"


def test_no_paths():
    assert not paths(np.zeros((50, 60), np.uint8), {}, 10).any()


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
    assert file_safe(names) == safe


@settings(deadline=None)
@given(st.lists(st.text(max_size=80), max_size=8))
def test_any_names_of_channels_give_different_names_of_files(names):
    safe = file_safe(names)
    folded = [name.casefold() for name in safe]
    assert len(set(folded)) == len(names)
    assert "color" not in folded
    for name in safe:
        assert not set(name) & set('\\/:*?"<>|{}\0')
        # With an id of 200 bytes, scene and frame it must fit in the 255 that file systems allow.
        assert len(f"_s-99_{name}_t-99999.png".encode(errors="surrogatepass")) <= 55


@pytest.mark.usefixtures("rows_at_once")
@examples
@given(
    st.one_of(
        hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=20)),
        hnp.arrays(np.uint8, st.tuples(st.integers(1, 20), st.integers(1, 20), st.just(3))),
    )
)
def test_png_files_hold_the_exact_pixels(tmp_path_factory, picture):
    path = tmp_path_factory.mktemp("png") / "a.png"
    write_png(path, picture)
    with Image.open(path) as opened:
        assert np.array_equal(np.asarray(opened), picture)
    assert np.array_equal(imagecodecs.imread(path).reshape(picture.shape), picture)


def test_png_files_from_a_part_of_an_array(tmp_path):
    picture = np.arange(200, dtype=np.uint8).reshape(10, 20)[::2, ::3]
    write_png(tmp_path / "a.png", picture)
    with Image.open(tmp_path / "a.png") as opened:
        assert np.array_equal(np.asarray(opened), picture)
