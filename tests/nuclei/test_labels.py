"""From a mask to numbered nuclei."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage
from skimage import measure

from immunostain.images.eight_bit import brightness_range, smooth, to_8_bit
from immunostain.nuclei.labels import areas_of, automatic_minimum_area, label_nuclei
from immunostain.nuclei.threshold import above_level
from immunostain.shared.borders import touching_border

EIGHT = np.ones((3, 3), bool)
MASKS = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=16))


def draw(*rows):
    """Read a mask drawn with # and . characters."""
    return np.array([[letter == "#" for letter in row] for row in rows])


def numbers(labels):
    return ["".join("." if v == 0 else str(v) for v in row) for row in labels]


def label(mask, minimum_area=1, separate=False, exclude_border=False):
    return label_nuclei(mask, minimum_area, separate, exclude_border)[0]


def disc(shape, *circles):
    y, x = np.indices(shape)
    mask = np.zeros(shape, bool)
    for cy, cx, r in circles:
        mask |= (y - cy) ** 2 + (x - cx) ** 2 <= r**2
    return mask


def test_numbers_follow_the_first_pixel_row_by_row():
    mask = draw(
        "......#",
        "##....#",
        "##..#..",
        "....#..",
        "#......",
    )
    assert numbers(label(mask)) == ["......1", "22....1", "22..3..", "....3..", "4......"]


def test_corners_join():
    assert label(draw("#..", ".#.", "..#")).max() == 1


@pytest.mark.parametrize("separate", [False, True])
def test_the_minimum_area_is_inclusive(separate):
    mask = np.zeros((20, 30), bool)
    mask[2:7, 2:6] = True  # 20 pixels
    mask[10:17, 10:13] = True  # 21 pixels
    assert label(mask, 20, separate).max() == 2
    assert label(mask, 20.5, separate).max() == 1
    assert label(mask, 21, separate).max() == 1
    assert label(mask, 22, separate).max() == 0


@pytest.mark.parametrize("minimum_area", [0, 1])
def test_without_a_minimum_every_pixel_counts(minimum_area):
    mask = draw("#.#", "...", "#.#")
    assert numbers(label(mask, minimum_area)) == ["1.2", "...", "3.4"]


def test_small_holes_are_filled_and_large_ones_stay():
    mask = np.zeros((60, 60), bool)
    mask[5:30, 5:30] = True
    mask[10:13, 10:13] = False  # 9 pixels
    mask[15:20, 15:20] = False  # 25 pixels
    labels = label(mask, minimum_area=25)
    assert (labels[10:13, 10:13] == 1).all()
    assert (labels[15:20, 15:20] == 0).all()
    assert (label(mask, minimum_area=26) > 0).sum() == 25 * 25


def test_a_gap_at_the_border_is_no_hole():
    mask = draw("##.##", "#...#", "#####")
    assert np.array_equal(label(mask, 10) > 0, mask)


def test_a_hole_that_is_open_at_a_corner_is_filled():
    """Nuclei are joined across corners, so background is not."""
    mask = draw(".....", ".###.", ".#.#.", ".##..", ".....")
    assert label(mask, 2)[2, 2] == 1


def test_what_is_too_small_does_not_close_a_hole():
    ring = draw("....", ".##.", ".#.#", "..##")
    assert label(ring, 7).max() == 0


def test_nuclei_at_the_border_are_dropped_on_all_four_sides():
    mask = draw(
        "...#....",
        ".....##.",
        "#..#.##.",
        "...#....",
        ".#.....#",
        ".#..#...",
    )
    assert numbers(label(mask, exclude_border=True)) == [
        "........",
        ".....11.",
        "...2.11.",
        "...2....",
        "........",
        "........",
    ]
    assert label(mask).max() == 7


@settings(deadline=None)
@given(MASKS, st.integers(0, 12), st.booleans())
def test_equals_components_of_the_filled_mask(mask, minimum_area, exclude_border):
    """Compare with the same rules written pixel set by pixel set."""
    components = measure.label(mask, connectivity=2)
    filled = np.zeros(mask.shape, bool)
    for part in range(1, components.max() + 1):
        if (components == part).sum() >= minimum_area:
            filled |= components == part
    holes = measure.label(~mask, connectivity=1)
    edge = np.ones(mask.shape, bool)
    edge[1:-1, 1:-1] = False
    for part in range(1, holes.max() + 1):
        hole = holes == part
        if hole.sum() < minimum_area and not (hole & edge).any():
            filled |= hole
    components = measure.label(filled, connectivity=2)
    kept = []
    for part in range(1, components.max() + 1):
        nucleus = components == part
        if nucleus.sum() >= minimum_area and not (exclude_border and (nucleus & edge).any()):
            kept.append(nucleus)
    kept.sort(key=lambda nucleus: np.flatnonzero(nucleus)[0])
    expected = np.zeros(mask.shape, np.uint32)
    for number, nucleus in enumerate(kept, 1):
        expected[nucleus] = number
    found = label(mask, minimum_area, exclude_border=exclude_border)
    assert found.dtype == np.uint32
    assert np.array_equal(found, expected)


@settings(deadline=None)
@given(MASKS, st.sampled_from([None, 0, 3, 30]), st.booleans(), st.booleans())
def test_what_holds_for_every_answer(mask, minimum_area, separate, exclude_border):
    labels, dropped = label_nuclei(mask, minimum_area, separate, exclude_border)[:2]
    assert not (dropped & (labels > 0)).any()
    assert exclude_border or not dropped.any()
    values, first = np.unique(labels[labels > 0], return_index=True)
    assert values.tolist() == list(range(1, len(values) + 1))
    assert (np.diff(first) > 0).all()
    for value in values:
        assert ndimage.label(labels == value, EIGHT)[1] == 1
        assert (labels == value).sum() >= (minimum_area or 0)
    if exclude_border:
        assert not touching_border(labels).size


def test_touching_nuclei_are_cut_only_where_asked():
    mask = disc((60, 90), (30, 30, 16), (30, 58, 16))
    assert label(mask, 200, separate=False).max() == 1
    labels = label(mask, 200, separate=True)
    assert labels.max() == 2
    assert abs(int((labels == 1).sum()) - int((labels == 2).sum())) < 40
    assert np.array_equal(labels > 0, mask)


def test_a_part_that_is_cut_at_the_border_is_dropped_alone():
    mask = disc((60, 90), (30, 10, 16), (30, 38, 16))
    labels = label(mask, 200, separate=True, exclude_border=True)
    assert labels.max() == 1
    assert labels[30, 38] == 1
    assert labels[30, 5] == 0
    dropped = label_nuclei(mask, 200, True, True)[1]
    assert np.array_equal(dropped, mask & (labels == 0))
    assert label(mask, 200, separate=False, exclude_border=True).max() == 0


def test_what_was_dropped_at_the_border_is_told():
    mask = draw(
        "##...",
        "##.#.",
        ".....",
        "....#",
    )
    labels, dropped = label_nuclei(mask, 1, False, True)[:2]
    assert np.array_equal(dropped, mask & (labels == 0))
    assert dropped.sum() == 5
    assert not label_nuclei(mask, 2, False, True)[1][3, 4], "too small, so not a nucleus"


@settings(deadline=None)
@given(MASKS, st.sampled_from([0, 3, 30]))
def test_what_was_too_small_is_counted(mask, minimum_area):
    components = ndimage.label(mask, EIGHT)[0]
    areas = np.bincount(components.ravel())[1:]
    too_small = label_nuclei(mask, minimum_area, False, False)[2]
    assert too_small == np.count_nonzero(areas < minimum_area)
    assert label_nuclei(mask, 0, True, True)[2] == 0


def test_a_part_that_is_cut_off_and_too_small_is_counted():
    mask = disc((60, 90), (30, 30, 16), (30, 54, 9), (10, 80, 3))
    labels, _, too_small = label_nuclei(mask, 300, True, False)[:3]
    assert (labels.max(), too_small) == (1, 2)
    assert label_nuclei(mask, 100, True, False)[2] == 1


def test_a_hole_does_not_cut_a_nucleus():
    mask = disc((80, 80), (40, 40, 25)) & ~disc((80, 80), (40, 40, 4))
    assert label(mask, 200, separate=True).max() == 1


def test_a_speck_in_a_hole_is_filled_with_it():
    solid = disc((80, 80), (40, 40, 30))
    mask = solid & ~disc((80, 80), (40, 40, 7))
    mask[40, 40:42] = True
    assert np.array_equal(label(mask, 200) > 0, solid)


def test_automatic_area_is_a_quarter_of_the_typical_nucleus():
    labels = np.zeros((100, 100), int)
    labels[0:20, 0:20] = 1
    labels[30:50, 30:50] = 2
    labels[60:80, 60:80] = 3
    assert automatic_minimum_area(areas_of(labels), 50) == 100
    specks = labels.copy()
    specks[90::2, ::2] = np.arange(4, 254).reshape(5, 50)
    assert automatic_minimum_area(areas_of(specks), 50) == 100


def test_automatic_area_is_not_below_that_of_a_speck():
    specks = np.zeros((100, 100), int)
    specks[90::2, ::2] = np.arange(1, 251).reshape(5, 50)
    for labels in (specks, np.zeros((5, 5), int)):
        assert automatic_minimum_area(areas_of(labels), 50) == 50


def test_automatic_area_is_that_of_nuclei_and_not_of_clumps():
    row = [(30, 30 + 21 * n, 12) for n in range(10)]
    mask = disc((120, 260), *row, (90, 40, 11), (90, 90, 10), (90, 180, 12))
    found = label_nuclei(mask, None, True, False)
    assert found.labels.max() == 13 and 90 < found.minimum_area < 120
    assert label_nuclei(mask, None, False, False).labels.max() == 1, "a quarter of the row"


@pytest.mark.parametrize("separate", [False, True])
@pytest.mark.parametrize("hole", [0, 3])
def test_what_is_found_by_the_automatic_area_is_what_is_found_by_that_number(separate, hole):
    """With specks, touching nuclei and those of another size, with a nucleolus or without."""
    mask = disc((120, 260), (30, 30, 12), (30, 50, 12), (90, 40, 11), (90, 90, 5), (90, 180, 18))
    mask &= ~disc(mask.shape, (90, 180, hole)) | (hole == 0)
    mask[60, ::3] = True
    mask[5:12, 100:110] = True
    found = label_nuclei(mask, None, separate, True)
    same = label_nuclei(mask, found.minimum_area, separate, True)
    assert found.minimum_area > 90 and np.array_equal(found.labels, same.labels)
    assert (found.too_small, found.at_edge) == (same.too_small, same.at_edge) == (89, 0)


@pytest.mark.parametrize("photons", [0.2, 0.5, 1, 2, 5, 100])
@pytest.mark.parametrize("level", [50, 100])
def test_hardly_a_speck_of_noise_is_a_nucleus(photons, level):
    """Of thousands that are above the level in an empty picture."""
    noise = np.random.default_rng(0).poisson(photons, (512, 512)).astype(np.uint16)
    mask = above_level(smooth(to_8_bit(noise, *brightness_range(noise))), level)
    assert label_nuclei(mask, None, True, True).labels.max() <= 5


def test_automatic_area_drops_specks_and_keeps_nuclei():
    mask = disc((120, 120), (30, 30, 12), (80, 80, 14))
    mask[5, ::3] = True
    assert label(mask, None).max() == 2
    assert label(mask, 1).max() == 42


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (2, 2)])
@pytest.mark.parametrize("separate", [False, True])
@pytest.mark.parametrize("minimum_area", [None, 0, 1, 200])
def test_tiny_pictures(shape, separate, minimum_area):
    empty = label_nuclei(np.zeros(shape, bool), minimum_area, separate, True)[0]
    assert empty.shape == shape
    assert empty.max() == 0
    full = label_nuclei(np.ones(shape, bool), minimum_area, separate, False)[0]
    assert full.max() == (1 if minimum_area in (0, 1) else 0)
    assert label_nuclei(np.ones(shape, bool), minimum_area, separate, True)[0].max() == 0


def test_more_nuclei_than_16_bits_can_number():
    mask = np.zeros((600, 1200), bool)
    mask[1::3, 1::3] = True
    labels = label(mask, 1, separate=True)
    assert labels.max() == 200 * 400
    assert np.array_equal(labels[mask], np.arange(1, 80_001))
    assert np.bincount(labels.ravel())[1:].max() == 1
