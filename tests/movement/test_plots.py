"""Plots of tracks: what stands on them, and that any number of tracks can be drawn."""

import io

import numpy as np
import pandas as pd
import pytest
from matplotlib import cbook
from PIL import Image

from immunostain.measuring.columns import TRACK_COLUMNS
from immunostain.movement.by_condition import all_msds, all_tracks
from immunostain.movement.lineage_plot import family_trees
from immunostain.movement.motility import ensemble_msd, motility_table, track_msds
from immunostain.movement.plots_of_conditions import msd_by, speeds_by
from immunostain.movement.plots_of_image import msd_curves, rose, speeds
from immunostain.results.figures import save
from immunostain.samples.sample_sheet import SampleSheet

NO_SHEET = SampleSheet()


def table(rows, minutes=5.0, pixel_um=0.5):
    """Make a table of tracks from rows (track, mother, frame, x, y)."""
    rows = [
        (0, track, mother, frame, frame * minutes * 60, x, y, x * pixel_um, y * pixel_um, 0)
        for track, mother, frame, x, y in rows
    ]
    tracks = pd.DataFrame(rows, columns=TRACK_COLUMNS)
    return tracks.astype({"track_id": "Int64", "parent_track_id": "Int64"})


def walks(number, frames=20, seed=0, **known):
    places = np.random.default_rng(seed).normal(size=(number, frames, 2)).cumsum(axis=1) + 50
    rows = [
        (track + 1, None, frame, *places[track, frame])
        for track in range(number)
        for frame in range(frames)
    ]
    return table(rows, **known)


def family(lives, **known):
    """Make tracks from {track: (mother, first frame, last frame)}."""
    rows = [
        (track, mother, frame, frame, track)
        for track, (mother, first, last) in lives.items()
        for frame in range(first, last + 1)
    ]
    return table(rows, **known)


def figures(tracks, title="a"):
    msds = track_msds(tracks)
    return {
        "rose": rose(tracks, title),
        "speeds": speeds(motility_table(tracks, msds), title),
        "msd": msd_curves(msds, ensemble_msd(msds), title),
        "lineages": family_trees(tracks, title),
    }


def together(images, sheet=NO_SHEET, by="image", title="all"):
    msds = {image: track_msds(tracks) for image, tracks in images.items()}
    tables = {image: motility_table(images[image], msds[image]) for image in images}
    curves = {image: ensemble_msd(table) for image, table in msds.items()}
    return {
        "speeds": speeds_by(all_tracks(tables, sheet), by, title),
        "msd": msd_by(all_msds(curves, sheet), by, title),
    }


def drawn(figure):
    file = io.BytesIO()
    save(figure, file)
    return np.asarray(Image.open(file).convert("RGB"))


def nothing_is_cut_off(figure):
    picture = drawn(figure)
    edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    return (edge == 255).all()


def segments(collection):
    return [segment.tolist() for segment in collection.get_segments()]


@pytest.mark.parametrize(
    "tracks",
    [walks(0), walks(1, 1), walks(1, 2), walks(1, 30), walks(3, 1), walks(5000, 3)],
    ids=["none", "one frame", "one step", "one track", "no steps", "5000 tracks"],
)
def test_any_number_of_tracks_can_be_drawn(tracks):
    for figure in [*figures(tracks).values(), *together({"a": tracks}).values()]:
        assert nothing_is_cut_off(figure)


def test_nuclei_that_stand_still_can_be_drawn():
    still = table([(track, None, frame, 3.0, 4.0) for track in (1, 2) for frame in range(20)])
    for figure in [*figures(still).values(), *together({"a": still}).values()]:
        drawn(figure)
    assert figures(still)["msd"].axes[0].get_title() == "a\nno nucleus moves"


@pytest.mark.parametrize(
    ("known", "length", "speed", "square", "lag", "time"),
    [
        ({}, "µm", "µm/min", "µm²", "min", "Time after the first frame (min)"),
        (
            {"pixel_um": np.nan},
            "pixels",
            "pixels/frame",
            "pixels²",
            "frames",
            "Time after the first frame (min)",
        ),
        ({"minutes": np.nan}, "µm", "pixels/frame", "pixels²", "frames", "Frame"),
    ],
)
def test_axes_say_their_units(known, length, speed, square, lag, time):
    found = {name: figure.axes[0] for name, figure in figures(walks(5, **known)).items()}
    assert found["rose"].get_xlabel() == f"Displacement in x ({length})"
    assert found["rose"].get_ylabel().startswith(f"Displacement in y ({length})")
    assert found["speeds"].get_xlabel() == f"Mean speed of a track ({speed})"
    assert found["msd"].get_xlabel() == f"Lag ({lag})"
    assert found["msd"].get_ylabel() == f"Mean squared displacement ({square})"
    assert found["lineages"].get_xlabel() == time
    both = {name: figure.axes[0] for name, figure in together({"a": walks(5, **known)}).items()}
    assert both["speeds"].get_ylabel() == f"Mean speed of a track ({speed})"
    assert both["msd"].get_ylabel() == f"Mean squared displacement ({square})"


@pytest.mark.parametrize("name", ["cost $5 and $6", r"\alpha", "$x", "_hidden", "ü + %", "a" * 200])
def test_any_name_can_be_drawn(name):
    images = {name: walks(5), "other $5 $6": walks(5, seed=1)}
    found = figures(images[name], name) | {
        f"all {key}": figure for key, figure in together(images, title=name).items()
    }
    for figure in found.values():
        assert nothing_is_cut_off(figure)
        for axes in figure.axes:
            texts = [axes.get_title(), *(label.get_text() for label in axes.get_xticklabels())]
            texts += [text.get_text() for text in (axes.get_legend() or axes).findobj(_is_text)]
            assert not any(cbook.is_math_text(text) for text in texts)


def _is_text(artist):
    return hasattr(artist, "get_text")


def test_a_rose_has_all_tracks_from_one_origin():
    tracks = table([(1, None, 0, 10, 10), (1, None, 1, 14, 4), (2, None, 5, 90, 90)])
    tracks = pd.concat([tracks, table([(3, None, 0, 50, 50), (3, None, 1, 50, 58)])])
    (axes,) = rose(tracks, "a").axes
    assert segments(axes.collections[0]) == [[[0, 0], [2, -3]], [[0, 0], [0, 4]]]
    assert axes.get_title() == "a\n2 tracks of more than one frame"
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    assert (left, bottom) == (-right, -top)
    assert bottom > top  # y goes downwards, as in the picture
    assert right >= 4
    assert axes.get_aspect() == 1


def test_a_rose_of_many_tracks_says_how_many_are_drawn():
    (axes,) = rose(walks(1200, 2), "a").axes
    assert len(segments(axes.collections[0])) == 500
    assert axes.get_title() == "a\n500 of 1200 tracks of more than one frame"


def test_speeds_are_counted():
    tracks = table([(n, None, frame, n * frame, 0) for n in (1, 2, 4) for frame in (0, 1)])
    (axes,) = speeds(motility_table(tracks, track_msds(tracks)), "a").axes
    assert sum(bar.get_height() for bar in axes.patches) == 3
    assert axes.lines[0].get_xdata()[0] == pytest.approx(0.2)
    assert axes.get_legend().get_texts()[0].get_text() == "median 0.2"


@pytest.mark.parametrize(("number", "grey"), [(1, 1), (199, 199), (200, 0)])
def test_single_tracks_are_drawn_where_they_are_few(number, grey):
    tracks = walks(number, 30)
    msds = track_msds(tracks)
    (axes,) = msd_curves(msds, ensemble_msd(msds), "a").axes
    assert sum(len(segments(part)) for part in axes.collections) == grey
    curve = axes.lines[0]
    assert curve.get_ydata().tolist() == ensemble_msd(msds)["msd_um2"].tolist()
    assert curve.get_xdata().tolist() == [5, 10, 15, 20, 25, 30, 35]
    assert axes.get_xscale() == axes.get_yscale() == "log"
    for guide, slope in zip(axes.lines[1:], (1, 2), strict=True):
        x, y = np.log(guide.get_xdata()), np.log(guide.get_ydata())
        assert (y[1] - y[0]) / (x[1] - x[0]) == pytest.approx(slope)


def test_the_legend_tells_the_fit():
    tracks = table([(1, None, frame, 3 * frame, 4 * frame) for frame in range(41)])
    msds = track_msds(tracks)
    (axes,) = msd_curves(msds, ensemble_msd(msds), "a").axes
    texts = [text.get_text() for text in axes.get_legend().get_texts()]
    assert "all tracks: D = 0.312 µm²/min, exponent 2.00" in texts


def ids(axes):
    """Give the ids beside the rows, from top to bottom."""
    ticks = zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)
    downwards = axes.get_ylim()[0] > axes.get_ylim()[1]
    return [int(label.get_text()) for _, label in sorted(ticks, key=lambda pair: pair[0])][
        :: 1 if downwards else -1
    ]


LIVES = {
    1: (None, 0, 3),
    2: (None, 0, 9),  # never divides
    3: (1, 4, 6),
    4: (1, 6, 9),  # seen late
    5: (3, 7, 9),
    6: (3, 7, 7),
    7: (None, 0, 2),
    8: (7, 3, 9),  # the other daughter was lost
    9: (99, 4, 9),  # its mother is not there
}


def test_a_lineage_has_each_mother_amid_her_daughters():
    (axes,) = family_trees(family(LIVES), "a").axes
    assert axes.get_title() == "a\n1 lineage with a division"
    assert ids(axes) == [5, 3, 6, 1, 4]
    joints, lives = (segments(part) for part in axes.collections[:2])
    row = {track: place for place, track in enumerate([5, 3, 6, 1, 4])}
    assert sorted(lives) == sorted(
        [[5.0 * LIVES[track][1], place], [5.0 * LIVES[track][2], place]]
        for track, place in row.items()
    )
    assert [[15.0, row[1]], [15.0, row[4]], [30.0, row[4]]] in joints
    assert [[30.0, row[3]], [30.0, row[6]], [35.0, row[6]]] in joints
    assert len(joints) == 4


def test_without_times_a_lineage_is_over_frames():
    (axes,) = family_trees(family(LIVES, minutes=np.nan), "a").axes
    assert axes.get_xlabel() == "Frame"
    assert [[4, 1], [6, 1]] in segments(axes.collections[1])


def test_an_image_without_divisions_says_so():
    (axes,) = family_trees(walks(3), "a").axes
    assert axes.get_title() == "a\nno divisions"


def dividing(number):
    lives = {}
    for n in range(number):
        mother = 3 * n + 1
        lives |= {mother: (None, 0, 2), mother + 1: (mother, 3, 5), mother + 2: (mother, 3, 5)}
    return lives


def test_of_many_lineages_the_largest_are_drawn():
    lives = dividing(70)
    last = max(lives)
    lives |= {last + 1: (last, 6, 7), last + 2: (last, 6, 7)}
    figure = family_trees(family(lives), "a")
    assert nothing_is_cut_off(figure)
    (axes,) = figure.axes
    assert axes.get_title() == "a\nthe 49 largest of 70 lineages with a division"
    assert len(ids(axes)) == 48 * 3 + 5
    assert last in ids(axes)


def test_a_lineage_too_large_for_ids_is_drawn_without():
    lives = {1: (None, 0, 0)}
    for track in range(2, 2048):
        mother = track // 2
        frame = lives[mother][2] + 1
        lives[track] = (mother, frame, frame)
    figure = family_trees(family(lives), "a")
    (axes,) = figure.axes
    assert len(axes.get_yticks()) == 0
    assert len(segments(axes.collections[1])) == 2047
    drawn(figure)


def test_a_long_chain_of_divisions_can_be_drawn():
    """Deeper than Python lets functions call themselves."""
    lives = {1: (None, 0, 0)}
    for n in range(1500):
        mother = 2 * n
        lives[2 * n + 2] = (mother or 1, n + 1, n + 1)
        lives[2 * n + 3] = (mother or 1, n + 1, n + 1)
    (axes,) = family_trees(family(lives), "a").axes
    assert len(segments(axes.collections[1])) == 3001


IMAGES = {
    "a": walks(6),
    "b": walks(7, seed=1),
    "c": walks(8, seed=2),
    "d": walks(3, seed=3, pixel_um=np.nan),
}
SHEET = SampleSheet(("condition",), {"a": ("x",), "b": ("$5 $6",), "c": ("x",), "d": ("x",)})


def test_speeds_stand_side_by_side_for_each_condition_and_unit():
    figure = together(IMAGES, SHEET, "condition")["speeds"]
    assert nothing_is_cut_off(figure)
    um, px = figure.axes
    texts = [label.get_text() for label in um.get_xticklabels()]
    assert texts == ["x\n2 images\n14 tracks", "\\$5 \\$6\n1 image\n7 tracks"]
    assert [label.get_text() for label in px.get_xticklabels()] == ["x\n1 image\n3 tracks"]
    assert um.get_ylabel() == "Mean speed of a track (µm/min)"
    assert px.get_ylabel() == "Mean speed of a track (pixels/frame)"
    dots = um.collections[1].get_offsets()
    table = motility_table(IMAGES["c"], track_msds(IMAGES["c"]))
    assert dots[1][1] == pytest.approx(table["mean_speed_um_per_min"].mean())
    assert len(dots) == 2


def test_msd_has_a_line_for_each_image_and_a_mean_for_each_condition():
    figure = together(IMAGES, SHEET, "condition")["msd"]
    assert nothing_is_cut_off(figure)
    um, px = figure.axes
    assert um.get_xlabel() == "Lag (min)"
    assert px.get_xlabel() == "Lag (frames)"
    assert [len(segments(part)) for part in um.collections] == [2, 1]
    curves = [ensemble_msd(track_msds(IMAGES[image]))["msd_um2"] for image in ("a", "c")]
    np.testing.assert_allclose(um.lines[0].get_ydata(), (curves[0] + curves[1]) / 2)
    texts = [text.get_text() for text in um.get_legend().get_texts()]
    assert texts[:2] == ["x", "\\$5 \\$6"]
    assert next(text.get_text() for text in px.get_legend().get_texts()) == "x"


def test_images_of_other_intervals_have_no_mean():
    images = {"a": walks(6), "b": walks(6, minutes=10.0)}
    figure = together(images, SampleSheet(("condition",), {"a": ("x",), "b": ("x",)}), "condition")[
        "msd"
    ]
    (axes,) = figure.axes
    assert len(axes.lines[0].get_xdata()) == 0
    assert len(segments(axes.collections[0])) == 2
    drawn(figure)


def test_conditions_that_are_numbers_are_sorted_and_others_may_be_missing():
    sheet = SampleSheet(("dose",), {"a": ("10",), "b": ("0,5",)})
    images = {image: IMAGES[image] for image in "abc"}
    found = together(images, sheet, "dose")
    texts = [label.get_text() for label in found["speeds"].axes[0].get_xticklabels()]
    assert [text.split("\n")[0] for text in texts] == ["0.5", "10", "no dose"]
    legend = found["msd"].axes[0].get_legend().get_texts()
    assert [text.get_text() for text in legend][:3] == ["0.5", "10", "no dose"]


def test_many_images_are_drawn_in_part_and_it_is_said():
    images = {f"an image with a long name {n}": walks(2, seed=n) for n in range(45)}
    found = together(images)
    (axes,) = found["speeds"].axes
    assert len(axes.get_xticks()) == 40
    assert axes.get_title().endswith("the first 40 of 45")
    (axes,) = found["msd"].axes
    assert axes.get_legend() is None
    assert len(axes.lines) == 45 + 2
    assert all(nothing_is_cut_off(figure) for figure in found.values())
