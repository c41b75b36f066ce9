"""What is drawn of the tracks in each frame."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from immunostain.pictures.annotate import outlines
from immunostain.pictures.colours import track_colour
from immunostain.pictures.of_tracks import Moment, Style, draw_tracks, moments, style

BARE = Style(letters=0, line=1)
NOTHING = Moment({}, {}, [])


def table(*tracks):
    """Make a track table from (id, mother or None, {frame: (x, y)}), rows in no useful order."""
    rows = [
        (track, mother, frame, x, y)
        for track, mother, places in tracks
        for frame, (x, y) in places.items()
    ]
    names = ["track_id", "parent_track_id", "frame", "x_px", "y_px"]
    made = pd.DataFrame(rows, columns=names).sample(frac=1, random_state=1)
    types = {"track_id": "Int64", "parent_track_id": "Int64", "x_px": float, "y_px": float}
    return made.astype(types)


def disc(shape, cy, cx, r, value=1):
    y, x = np.indices(shape)
    return np.where((y - cy) ** 2 + (x - cx) ** 2 <= r**2, np.uint32(value), np.uint32(0))


def black(shape):
    return np.zeros(shape, np.uint8)


def coloured(drawn):
    """Tell which pixels aren't grey."""
    return (drawn != drawn[..., :1]).any(axis=2)


# ---- moments ----


def test_a_tail_is_the_path_of_the_last_frames():
    tracks = table((4, None, {frame: (frame, 10 * frame) for frame in range(8)}))
    (moment,) = moments(tracks, [6], length=3)
    assert moment.nuclei == {4: (6, 60)}
    assert moment.tails == {4: [(3, 30), (4, 40), (5, 50), (6, 60)]}
    assert moment.divisions == []


def test_a_tail_goes_straight_across_frames_where_the_nucleus_is_missing():
    tracks = table((1, None, {0: (0, 0), 1: (1, 1), 4: (9, 5)}))
    missing, back = moments(tracks, [3, 4])
    assert missing == Moment({}, {1: [(0, 0), (1, 1)]}, [])
    assert back == Moment({1: (9, 5)}, {1: [(0, 0), (1, 1), (9, 5)]}, [])


def test_the_tail_of_a_track_that_has_ended_is_gone():
    tracks = table((1, None, {0: (0, 0), 1: (1, 1)}), (2, None, {2: (5, 5)}))
    assert list(moments(tracks, [2])) == [Moment({2: (5, 5)}, {2: [(5, 5)]}, [])]


def test_the_tails_of_daughters_begin_where_their_mother_was_last_seen():
    tracks = table(
        (1, None, {0: (0, 0), 1: (5, 5)}),
        (2, 1, {3: (3, 8), 4: (2, 9), 5: (1, 9)}),
        (3, 1, {2: (7, 2), 4: (8, 1), 5: (9, 1)}),
    )
    waiting, one, two, later, gone = moments(tracks, [2, 3, 4, 5, 6], length=2)
    assert waiting.tails == {1: [(0, 0), (5, 5)], 3: [(5, 5), (7, 2)]}
    assert waiting.divisions == [(5, 5)]
    assert one.tails == {1: [(5, 5)], 2: [(5, 5), (3, 8)], 3: [(5, 5), (7, 2)]}
    assert two.tails == {2: [(5, 5), (3, 8), (2, 9)], 3: [(5, 5), (7, 2), (8, 1)]}
    assert two.divisions == [(5, 5)]
    assert later.tails == {2: [(5, 5), (3, 8), (2, 9), (1, 9)], 3: [(8, 1), (9, 1)]}
    assert gone == NOTHING


def test_a_mother_is_seen_until_her_daughters_begin():
    tracks = table((1, None, {0: (0, 0), 1: (5, 5)}), (2, 1, {4: (6, 6)}), (3, 1, {4: (4, 4)}))
    (between,) = moments(tracks, [3])
    assert between == Moment({}, {1: [(0, 0), (5, 5)]}, [])


def test_the_tails_of_a_family_are_seen_as_long_as_one_of_it_lives():
    tracks = table(
        (1, None, {0: (0, 0), 1: (1, 1)}),
        (2, 1, {2: (2, 2)}),
        (3, 1, {2: (0, 2)}),
        (4, 2, {3: (3, 3), 4: (3, 4)}),
        (5, 2, {3: (4, 3)}),
    )
    alive, ended = moments(tracks, [4, 5])
    assert alive.tails == {
        1: [(0, 0), (1, 1)],
        2: [(1, 1), (2, 2)],
        4: [(2, 2), (3, 3), (3, 4)],
    }
    assert alive.divisions == [(1, 1), (2, 2)]
    assert ended == NOTHING


def test_a_mother_that_is_not_in_the_table_does_no_harm():
    tracks = table((7, 3, {0: (1, 2)}))
    assert list(moments(tracks, [0])) == [Moment({7: (1, 2)}, {7: [(1, 2)]}, [])]


def test_no_tracks_and_frames_without_any():
    assert list(moments(table(), [0, 1])) == [NOTHING, NOTHING]
    assert list(moments(table((1, None, {5: (1, 1)})), [0, 9])) == [NOTHING, NOTHING]


@settings(deadline=None)
@given(
    hnp.arrays(bool, st.tuples(st.integers(0, 5), st.integers(1, 9))),
    st.integers(1, 6),
)
def test_tails_are_those_of_a_plain_search_through_the_table(present, length):
    # Nucleus n is at (n, frame), where it is present at all.
    tracks = table(
        *((n + 1, None, {f: (n, f) for f in np.flatnonzero(row)}) for n, row in enumerate(present))
    )
    frames = range(present.shape[1])
    for frame, moment in zip(frames, moments(tracks, frames, length), strict=True):
        expected = {
            n + 1: [(n, f) for f in range(max(0, frame - length), frame + 1) if row[f]]
            for n, row in enumerate(present)
            if row[frame:].any() and row[max(0, frame - length) : frame + 1].any()
        }
        assert moment.tails == expected
        assert moment.nuclei == {n + 1: (n, frame) for n, row in enumerate(present) if row[frame]}


# ---- contours ----


@settings(deadline=None)
@given(
    hnp.arrays(
        np.uint32,
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=12),
        elements=st.sampled_from([0, 1, 2, 70_000, 2**32 - 1]),
    ),
    st.integers(1, 30),
    st.integers(1, 30),
)
def test_contours_are_the_outlines_of_what_is_shown_in_the_colours_of_the_tracks(labels, h, w):
    picture = np.full(labels.shape, 90, np.uint8)
    drawn = draw_tracks(picture, labels, NOTHING, (h, w), BARE)
    assert drawn.shape == (h, w, 3)
    assert drawn.dtype == np.uint8
    for y, x in np.ndindex(h, w):
        track = labels[int((y + 0.5) * labels.shape[0] / h), int((x + 0.5) * labels.shape[1] / w)]
        tint = tuple(drawn[y, x])
        assert tint in {(90, 90, 90), track_colour(int(track)) if track else (90, 90, 90)}
    if (h, w) == labels.shape:
        assert np.array_equal(coloured(drawn), outlines(labels))


@pytest.mark.parametrize("line", [1, 2, 3])
def test_contours_lie_inside_the_nuclei_and_are_as_wide_as_wanted(line):
    labels = disc((50, 60), 25, 30, 15, 9)
    drawn = draw_tracks(black((50, 60)), labels, NOTHING, (50, 60), Style(0, line))
    contour = coloured(drawn)
    assert np.array_equal(ndimage.binary_fill_holes(contour), labels > 0)
    eroded = ndimage.binary_erosion(labels > 0, iterations=line)
    assert np.array_equal(contour, (labels > 0) & ~eroded)
    assert (drawn[contour] == track_colour(9)).all()


@pytest.mark.parametrize("shape", [(100, 140), (300, 420), (400, 560), (97, 131), (211, 300)])
def test_contours_lie_on_the_nuclei_of_a_resized_picture(shape):
    labels = disc((200, 280), 70, 190, 40, 5)
    picture = np.where(labels > 0, np.uint8(200), np.uint8(0))
    drawn = draw_tracks(picture, labels, NOTHING, shape, BARE)
    contour = coloured(drawn)
    y, x = ndimage.center_of_mass(contour)
    scale = np.array(shape) / labels.shape
    assert np.allclose([y, x], (np.array([70.5, 190.5])) * scale - 0.5, atol=0.3)
    filled = ndimage.binary_fill_holes(contour)
    inside = filled & ~contour
    further = ndimage.binary_erosion(inside), ~ndimage.binary_dilation(filled)
    assert drawn[further[0]].min() > 140, "what is bright is inside, to a pixel"
    assert drawn[further[1]].max() < 60, "what is dark is outside, to a pixel"
    assert inside.sum() == pytest.approx(np.pi * 40**2 * scale.prod(), rel=0.1)


def test_touching_nuclei_have_a_contour_each():
    labels = np.zeros((20, 20), np.uint32)
    labels[5:15, 2:10], labels[5:15, 10:18] = 1, 2
    drawn = draw_tracks(black((20, 20)), labels, NOTHING, (20, 20), BARE)
    assert tuple(drawn[10, 9]) == track_colour(1)
    assert tuple(drawn[10, 10]) == track_colour(2)


def test_the_picture_is_seen_where_nothing_is_drawn_and_inputs_stay_as_they_are():
    picture = np.arange(200, dtype=np.uint8).reshape(10, 20)
    labels = disc((10, 20), 5, 10, 3)
    before = picture.copy(), labels.copy()
    drawn = draw_tracks(picture, labels, NOTHING, (10, 20), BARE)
    free = ~outlines(labels)
    assert (drawn[free] == picture[free][:, np.newaxis]).all()
    assert np.array_equal(picture, before[0])
    assert np.array_equal(labels, before[1])


# ---- tails, divisions, ids ----


@pytest.mark.parametrize("zoom", [0.5, 1, 3])
def test_tails_are_drawn_in_the_colours_of_the_tracks(zoom):
    moment = Moment({}, {3: [(20, 30), (60, 30), (60, 70)], 8: [(100, 90)]}, [])
    shape = (int(120 * zoom), int(160 * zoom))
    labels = np.zeros((120, 160), np.uint32)
    drawn = draw_tracks(black((120, 160)), labels, moment, shape, BARE)
    for x, y in ((25, 30), (40, 30), (60, 50), (60, 65)):
        assert tuple(drawn[int((y + 0.5) * zoom), int((x + 0.5) * zoom)]) == track_colour(3)
    y, x = np.nonzero(coloured(drawn))
    assert y.min() >= 28 * zoom
    assert y.max() <= 73 * zoom
    assert x.min() >= 18 * zoom
    assert x.max() <= 63 * zoom


def test_two_daughters_come_from_a_white_dot():
    tails = {1: [(10, 50), (50, 50)], 2: [(50, 50), (80, 20)], 3: [(50, 50), (80, 80)]}
    moment = Moment({}, tails, [(50, 50)])
    labels = np.zeros((100, 100), np.uint32)
    drawn = draw_tracks(black((100, 100)), labels, moment, (100, 100), BARE)
    assert tuple(drawn[50, 50]) == (255, 255, 255)
    assert tuple(drawn[50, 30]) == track_colour(1)
    assert tuple(drawn[35, 65]) == track_colour(2)
    assert tuple(drawn[65, 65]) == track_colour(3)


def test_ids_are_white_with_a_dark_halo_on_top_of_all():
    labels = disc((100, 160), 50, 80, 30, 12)
    moment = Moment({12: (80, 50)}, {12: [(40, 50), (120, 50)]}, [])
    picture = np.full((100, 160), 200, np.uint8)
    drawn = draw_tracks(picture, labels, moment, (100, 160), Style(20, 1))
    around = drawn[38:63, 65:96]
    white = (around > 230).all(axis=2)
    assert white.sum() > 40
    dark = (around < 30).all(axis=2)
    assert dark.sum() > 40
    y, x = ndimage.center_of_mass(white)
    assert abs(y + 38 - 50) < 4
    assert abs(x + 65 - 80) < 4
    assert not ((drawn < 30).all(axis=2)).sum() > dark.sum(), "there is only one id"


def test_ids_at_the_edge_are_seen_whole():
    labels = np.zeros((100, 160), np.uint32)
    sizes = []
    for place in ((80, 50), (0, 0), (159, 99), (159, 0)):
        moment = Moment({372: place}, {}, [])
        drawn = draw_tracks(black((100, 160)), labels, moment, (100, 160), Style(20, 1))
        y, x = np.nonzero((drawn > 150).all(axis=2))
        sizes.append((np.ptp(y), np.ptp(x)))
    assert all(np.abs(np.subtract(size, sizes[0])).max() <= 1 for size in sizes)


def test_without_letters_there_are_no_ids():
    moment = Moment({12: (80, 50)}, {}, [])
    labels = np.zeros((100, 160), np.uint32)
    assert not draw_tracks(black((100, 160)), labels, moment, (100, 160), BARE).any()


@pytest.mark.parametrize("shape", [(1, 1), (3, 300), (300, 2)])
@pytest.mark.parametrize("drawn_shape", [(1, 1), (6, 500), (500, 4)])
def test_tiny_pictures_and_places_beyond_the_edge_do_no_harm(shape, drawn_shape):
    labels = np.ones(shape, np.uint32)
    moment = Moment({1: (-5, 2.5), 2: (1e4, 0)}, {1: [(-9, -9), (1e4, 1e4)]}, [(0, 0)])
    drawn = draw_tracks(black(shape), labels, moment, drawn_shape, Style(12, 2))
    assert drawn.shape == (*drawn_shape, 3)


# ---- style ----


def test_letters_and_lines_suit_the_nuclei():
    large = style(np.full(50, 2500), 40, (1024, 1024), (1024, 1024))
    assert large == Style(letters=20, line=2)
    halved = style(np.full(50, 2500), 40, (2048, 2048), (1024, 1024))
    assert halved == Style(letters=10, line=2)
    enlarged = style(np.full(50, 625), 40, (128, 64), (512, 256))
    assert enlarged == Style(letters=20, line=2)


def test_ids_that_would_hide_the_nuclei_are_left_out():
    shape = (1024, 1024)
    assert style(np.full(9, 100), 9, shape, shape).letters > 0
    assert style(np.full(9, 100), 1234, shape, shape).letters == 0
    assert style(np.full(9, 39), 9, shape, shape) == Style(letters=0, line=1)
    assert style(np.full(9, 150), 9, (4096, 4096), shape).letters == 0


def test_a_scene_without_nuclei_has_a_style():
    assert style(np.array([]), 0, (10, 10), (500, 500)) == Style(letters=0, line=1)


# ---- together ----


def test_a_nucleus_is_drawn_where_the_table_says_it_is():
    rng = np.random.default_rng(3)
    labels = np.zeros((80, 90), np.uint32)
    labels[30:50, 20:45] = 6
    y, x = ndimage.center_of_mass(labels == 6)
    tracks = table((6, None, {0: (x - 9, y), 1: (x, y)}))
    (moment,) = moments(tracks, [1])
    picture = rng.integers(0, 60, (80, 90), dtype=np.uint8)
    drawn = draw_tracks(picture, labels, moment, (480, 540), Style(20, 2))
    tinted = (drawn == track_colour(6)).all(axis=2)
    rows, columns = np.nonzero(tinted)
    assert (rows.min(), rows.max() + 1) == (180, 300)
    assert (columns.min(), columns.max() + 1) == (120, 270)
