"""Divisions of nuclei whose paths are known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from immunostain.tracking.detections import Detections
from immunostain.tracking.divisions import LATEST, find_divisions
from immunostain.tracking.link import link_nuclei
from immunostain.tracking.settings import LinkingSettings

RADIUS = 10.0
AREA = np.pi * RADIUS**2
SETTINGS = LinkingSettings(None, 5)
FRAMES = 12
PITCH = 120.0


def scene(*families, frames=FRAMES, step=1.0, seed=0):
    """Let nuclei on a grid walk, with others between them.

    Each of the others is rows of (name, frame, x, y, area), places from the middle of a square of
    the grid; the grid's own names are 0, 1, 2 and so on.
    """
    rng = np.random.default_rng(seed)
    places = np.stack(np.divmod(np.arange(25), 5), 1) * PITCH
    rows = []
    for frame in range(frames):
        sizes = AREA * np.exp(rng.normal(0, 0.03, 25))
        rows += [(str(n), frame, *places[n], sizes[n]) for n in range(25)]
        places = places + rng.normal(0, step, places.shape)
    for number, family in enumerate(families):
        x, y = np.array(np.divmod(number, 4)) * PITCH + PITCH / 2
        jitter = rng.normal(0, step / 2, (len(family), 2))
        rows += [
            (f"{name} {number}", frame, x + dx + jx, y + dy + jy, area)
            for (name, frame, dx, dy, area), (jx, jy) in zip(family, jitter, strict=True)
        ]
    table = pd.DataFrame(rows, columns=["true", "frame", "x_px", "y_px", "area_px"])
    table = table.sample(frac=1, random_state=seed).reset_index(drop=True)
    return table.assign(scene=0, nucleus_id=table.groupby("frame").cumcount())


def stays(name, frames, x=0.0, y=0.0, area=AREA):
    return [(name, frame, x, y, area) for frame in frames]


def division(when, angle=0.5, apart=0.9, speed=0.1, missing=()):
    """Let a mother divide.

    `when` is the first frame of her daughters, `apart` how many radii from her place they begin and
    `speed` how many they move in a frame; `missing` has the name and the frame of nuclei that were
    not found.
    """
    rows = stays("mother", range(when))
    for name, side in (("one", 1), ("other", -1)):
        for frame in range(when, FRAMES):
            off = side * (apart + speed * min(frame - when, 3)) * RADIUS
            rows.append((name, frame, off * np.cos(angle), off * np.sin(angle), AREA / 2))
    return [row for row in rows if row[:2] not in set(missing)]


def families_of(linked):
    """Give (mother, her daughters, her last frame, their first ones) of each that was found.

    A track has the name of the nucleus that it is for most of its time.
    """
    tracks = linked.groupby("track_id").agg(
        name=("true", lambda names: names.value_counts().index[0]),
        first=("frame", "min"),
        last=("frame", "max"),
        mother=("parent_track_id", "first"),
    )
    return sorted(
        (
            tracks["name"][mother],
            set(daughters["name"]),
            int(tracks["last"][mother]),
            sorted(daughters["first"].tolist()),
        )
        for mother, daughters in tracks.groupby("mother")
    )


def is_true(linked):
    """See that tracks and true nuclei are the same."""
    pairs = len(linked[["true", "track_id"]].drop_duplicates())
    return pairs == linked["true"].nunique() == linked["track_id"].nunique()


@pytest.mark.parametrize("angle", np.linspace(0, np.pi, 5))
@pytest.mark.parametrize("seed", range(2))
def test_a_mother_and_two_daughters_half_her_size(angle, seed):
    linked = link_nuclei(scene(division(6, angle=angle), seed=seed), SETTINGS, None)
    assert families_of(linked) == [("mother 0", {"one 0", "other 0"}, 5, [6, 6])]
    assert is_true(linked)
    rows = linked[linked["true"].isin(["one 0", "other 0"])]
    (mother,) = linked.loc[linked["true"] == "mother 0", "track_id"].unique()
    assert (rows["parent_track_id"] == mother).all(), "in every frame of the daughters"
    assert linked["parent_track_id"].notna().sum() == len(rows)


def test_without_divisions_the_mother_goes_on_as_one_of_them_at_most():
    linked = link_nuclei(scene(division(6)), replace(SETTINGS, divisions=False), None)
    assert linked["parent_track_id"].isna().all()
    assert not linked.duplicated(["frame", "track_id"]).any()
    assert 27 <= linked["track_id"].nunique() <= 28


@pytest.mark.parametrize("number", [2, 8])
def test_several_divisions_at_the_same_time(number):
    linked = link_nuclei(scene(*[division(6, angle=n) for n in range(number)]), SETTINGS, None)
    assert families_of(linked) == [
        (f"mother {n}", {f"one {n}", f"other {n}"}, 5, [6, 6]) for n in range(number)
    ]
    assert is_true(linked)


@pytest.mark.parametrize("when", [1, 2, FRAMES - 2, FRAMES - 1])
def test_divisions_next_to_the_first_and_the_last_frame(when):
    linked = link_nuclei(scene(division(when)), SETTINGS, None)
    assert families_of(linked) == [("mother 0", {"one 0", "other 0"}, when - 1, [when, when])]
    assert is_true(linked)


@pytest.mark.parametrize(("when", "later"), [(3, 9), (2, 7), (1, 11)])
def test_a_daughter_can_be_a_mother(when, later):
    linked = link_nuclei(scene(grandmother(when, later)), SETTINGS, None)
    assert families_of(linked) == [
        ("mother 0", {"one 0", "other 0"}, when - 1, [when, when]),
        ("one 0", {"first 0", "second 0"}, later - 1, [later, later]),
    ]
    assert is_true(linked)


@pytest.mark.parametrize(("when", "later"), [(3, 5), (3, 6), (6, 10)])
def test_no_nucleus_divides_within_a_few_frames_of_its_birth(when, later):
    linked = link_nuclei(scene(grandmother(when, later)), SETTINGS, None)
    assert linked["parent_track_id"].nunique() == 1


def grandmother(when, later):
    """Let a mother divide and one of her daughters too."""
    rows = [row for row in division(when) if not (row[0] == "one" and row[1] >= later)]
    x, y = next(row[2:4] for row in reversed(rows) if row[0] == "one")
    for name, side in (("first", 7), ("second", -7)):
        dx, dy = -side * np.sin(0.5), side * np.cos(0.5)
        rows += [(name, frame, x + dx, y + dy, AREA / 4) for frame in range(later, FRAMES)]
    return rows


def late_daughter(name, late, when=5, apart=1.2, speed=0.0):
    missing = [(name, when + n) for n in range(late)]
    return division(when, apart=apart, speed=speed, missing=missing)


@pytest.mark.parametrize("late", [1, 2, 3])
@pytest.mark.parametrize("name", ["one", "other"])
@pytest.mark.parametrize("seed", range(3))
def test_a_daughter_that_is_found_late_is_a_daughter(late, name, seed):
    linked = link_nuclei(scene(late_daughter(name, late), seed=seed), SETTINGS, None)
    assert families_of(linked) == [("mother 0", {"one 0", "other 0"}, 4, [5, 5 + late])]
    assert is_true(linked)


@pytest.mark.parametrize("late", [1, 2, 3])
@pytest.mark.parametrize("seed", range(6))
def test_where_the_one_daughter_might_be_her_mother_until_then_she_divides_later(late, seed):
    """Where the one found first lies near her mother's place."""
    linked = link_nuclei(scene(late_daughter("one", late, 5, 0.9, 0.1), seed=seed), SETTINGS, None)
    ((mother, daughters, last, first),) = families_of(linked)
    assert mother == "mother 0"
    assert daughters == {"one 0", "other 0"}
    assert 4 <= last < first[1] == 5 + late


@pytest.mark.parametrize(("memory", "late", "found"), [(0, 1, 0), (1, 1, 1), (1, 2, 0), (2, 2, 1)])
def test_how_late_a_daughter_may_be_is_for_memory_to_say(memory, late, found):
    linked = link_nuclei(
        scene(late_daughter("one", late)), replace(SETTINGS, memory_frames=memory), None
    )
    assert len(families_of(linked)) == found


@pytest.mark.parametrize(("late", "found"), [(LATEST, 1), (LATEST + 1, 0)])
def test_however_long_memory_is_there_is_a_latest(late, found):
    linked = link_nuclei(
        scene(late_daughter("one", late, 3)), replace(SETTINGS, memory_frames=20), None
    )
    assert len(families_of(linked)) == found


@pytest.mark.parametrize("missing", [1, 2])
def test_a_mother_that_was_not_found_just_before_is_a_mother(missing):
    family = division(6, missing=[("mother", 5 - n) for n in range(missing)])
    linked = link_nuclei(scene(family), SETTINGS, None)
    assert families_of(linked) == [("mother 0", {"one 0", "other 0"}, 5 - missing, [6, 6])]


@pytest.mark.parametrize("distance", [22.0, 26.0, 32.0])
@pytest.mark.parametrize("area", [AREA, AREA / 2])
def test_a_nucleus_that_appears_next_to_another_is_no_daughter(distance, area):
    """The one that was there stays at its place and keeps its size."""
    family = stays("there", range(FRAMES)) + stays("new", range(6, FRAMES), distance, area=area)
    linked = link_nuclei(scene(family), SETTINGS, None)
    assert families_of(linked) == []
    assert is_true(linked)


@pytest.mark.parametrize("speed", [4.0, 8.0])
def test_a_nucleus_that_passes_by_is_no_daughter(speed):
    passing = [("passing", f, 22.0, speed * (f - 6), AREA) for f in range(FRAMES)]
    linked = link_nuclei(scene(stays("there", range(FRAMES)) + passing), SETTINGS, None)
    assert families_of(linked) == []
    assert is_true(linked)


def test_a_nucleus_that_comes_into_view_and_goes_past_another_is_no_daughter():
    passing = [("passing", f, 22.0, 5.0 * (f - 6), AREA) for f in range(5, FRAMES)]
    linked = link_nuclei(scene(stays("there", range(FRAMES)) + passing), SETTINGS, None)
    assert families_of(linked) == []


@pytest.mark.parametrize("when", [3, 6, 9])
@pytest.mark.parametrize("share", [0.5, 0.4])
@pytest.mark.parametrize("apart", [0.85, 1.2])
def test_a_nucleus_that_is_cut_in_two_by_mistake_has_not_divided(when, share, apart):
    """For one frame; it is whole again in the next. Halves of a disc are 0.85 radii apart."""
    rows = stays("whole", [frame for frame in range(FRAMES) if frame != when])
    rows.append(("piece", when, (1 - share) * apart * RADIUS, 0.0, share * AREA))
    rows.append(("piece", when, -share * apart * RADIUS, 0.0, (1 - share) * AREA))
    assert families_of(link_nuclei(scene(rows), SETTINGS, None)) == []


def test_two_nuclei_that_are_taken_for_one_have_not_divided():
    """For one frame; both were there before."""
    rows = [row for side in (-1, 1) for row in stays(str(side), range(FRAMES), side * 11.0)]
    rows = [row for row in rows if row[1] != 6] + [("both", 6, 0.0, 0.0, 2 * AREA)]
    assert families_of(link_nuclei(scene(rows), SETTINGS, None)) == []


def test_nuclei_that_are_lost_far_from_two_that_appear_are_no_mothers():
    family = stays("lost", range(6)) + stays("a", range(6, FRAMES), 40, 9)
    family += stays("b", range(6, FRAMES), 40, -9)
    assert families_of(link_nuclei(scene(family), SETTINGS, None)) == []


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("step", [0.5, 1.0, 3.0])
def test_where_nothing_divides_no_division_is_found(seed, step):
    linked = link_nuclei(scene(step=step, seed=seed), SETTINGS, None)
    assert families_of(linked) == []
    assert linked["track_id"].nunique() == 25


def test_the_first_pass_leaves_daughters_that_come_late_to_the_second():
    rows = [(f, 0, AREA) for f in range(4)]
    rows += [(f, -12, AREA / 2) for f in range(4, 9)] + [(f, 12, AREA / 2) for f in range(5, 9)]
    frame, x, area = np.array(sorted(rows), float).T
    place = np.stack([x, np.zeros(len(x))], 1)
    nuclei = Detections(frame.astype(int), place, np.log(area), RADIUS, 0.5)
    # The daughter that comes first was taken for her mother.
    after = np.full(len(rows), -1)
    for path in (np.flatnonzero(x <= 0), np.flatnonzero(x > 0)):
        after[path[:-1]] = path[1:]
    mother, given_links = np.full(len(rows), -1), after.copy()
    cut, mothers = find_divisions(nuclei, after, mother, 5, 100.0, late=False)
    assert np.array_equal(cut, after)
    assert (mothers < 0).all()
    cut, mothers = find_divisions(nuclei, after, mother, 5, 100.0, late=True)
    assert np.flatnonzero(cut != after).tolist() == [3]
    assert cut[3] == -1
    assert np.flatnonzero(mothers >= 0).tolist() == [4, np.flatnonzero(x > 0)[0]]
    assert set(mothers[mothers >= 0].tolist()) == {3}
    assert np.array_equal(after, given_links), "what was given is not changed"
    assert (mother < 0).all()


@hypothesis_settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 4),
            st.floats(0, 45),
            st.floats(0, 45),
            st.sampled_from([AREA, AREA / 2]),
        ),
        min_size=1,
        max_size=14,
    ),
    st.integers(0, 3),
)
def test_whatever_is_found_mothers_end_before_two_daughters_begin(rows, memory):
    frame, x, y, area = zip(*rows, strict=True)
    table = pd.DataFrame({"scene": 0, "frame": frame, "x_px": x, "y_px": y, "area_px": area})
    linked = link_nuclei(table, LinkingSettings(25.0, memory), None)
    assert not linked.duplicated(["frame", "track_id"]).any()
    tracks = linked.groupby("track_id").agg(
        first=("frame", "min"),
        last=("frame", "max"),
        mothers=("parent_track_id", lambda ids: ids.nunique(dropna=False)),
        mother=("parent_track_id", "first"),
    )
    assert (tracks["mothers"] == 1).all()
    daughters = tracks.dropna(subset=["mother"])
    assert (daughters["mother"].value_counts() == 2).all()
    ends = tracks["last"][daughters["mother"]].to_numpy()
    assert (daughters["first"].to_numpy() > ends).all()
    assert (daughters["first"].to_numpy() <= ends + 1 + memory).all()
    gaps = linked.sort_values("frame").groupby("track_id")["frame"].diff().max()
    assert np.isnan(gaps) or gaps <= memory + 1
