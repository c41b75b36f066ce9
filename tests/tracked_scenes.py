"""Scenes whose tracks are known, as tables and as label images."""

import numpy as np
import pandas as pd
from hypothesis import strategies as st

PITCH = 6
SIDE = 4


def scene(tracks, mothers=None, without_track=(), seconds=60.0):
    """Make the linked table of a scene.

    `tracks` has the frames of each track by its id; `mothers` the mother by the daughter's id;
    `without_track` the frames in which a nucleus has no track. Nuclei are numbered in each frame in
    an order of no meaning, and each track has a column of the pictures for itself.
    """
    rows = []
    for column, (track, frames) in enumerate(tracks.items()):
        rows += [(frame, track, (mothers or {}).get(track), column) for frame in frames]
    rows += [(frame, None, None, len(tracks) + n) for n, frame in enumerate(without_track)]
    table = pd.DataFrame(rows, columns=["frame", "track_id", "parent_track_id", "column"])
    table = table.astype({"frame": np.int64, "column": np.int64})
    for name in ("track_id", "parent_track_id"):
        table[name] = pd.array(table[name].tolist(), dtype="Int64")
    table = table.sample(frac=1, random_state=len(rows)).reset_index(drop=True)
    left, top = table["column"] * PITCH, table["frame"] % 3
    return table.assign(
        scene=0,
        time_s=table["frame"] * seconds,
        nucleus_id=table.groupby("frame").cumcount(),
        x_px=left + (SIDE - 1) / 2,
        y_px=top + (SIDE - 1) / 2,
        area_px=SIDE * SIDE,
    )


def shape_of(table):
    """Give the shape of the pictures of a scene."""
    return (SIDE + 2, PITCH * (int(table["column"].max()) + 1) if len(table) else PITCH)


def label_image(table, frame):
    """Draw a frame: nucleus n has the value n + 1."""
    labels = np.zeros(shape_of(table), np.uint32)
    for row in table[table["frame"] == frame].itertuples():
        x, y = row.column * PITCH, row.frame % 3
        labels[y : y + SIDE, x : x + SIDE] = row.nucleus_id + 1
    return labels


def brute_force_links(table):
    """List ((track, frame), (track, frame)) of nuclei of which the second follows the first."""
    known = table.dropna(subset=["track_id"])
    places = sorted(zip(known["track_id"].tolist(), known["frame"].tolist(), strict=True))
    found = []
    for track, frame in places:
        later = [place for place in places if place[0] == track and place[1] > frame]
        if later:
            found.append(((track, frame), later[0]))
    for daughter, mother in set(
        known.dropna(subset=["parent_track_id"])[["track_id", "parent_track_id"]].itertuples(
            index=False, name=None
        )
    ):
        last = [place for place in places if place[0] == mother][-1]
        first = next(place for place in places if place[0] == daughter)
        found.append((last, first))
    return sorted(found)


@st.composite
def scenes(draw, most_frames=7, divisions_in_two=False):
    """Draw a scene with gaps, empty frames and divisions, maybe without any track.

    With `divisions_in_two` no mother has just one daughter.
    """
    frames = draw(st.integers(1, most_frames))
    first = draw(st.sampled_from([1, 40]))
    some = st.sets(st.integers(0, frames - 1), min_size=1).map(sorted)
    tracks = dict(enumerate(draw(st.lists(some, max_size=7)), first))
    mothers = {}
    for track, when in tracks.items():
        older = [
            other
            for other, earlier in tracks.items()
            if earlier[-1] < when[0] and list(mothers.values()).count(other) < 2
        ]
        mother = draw(st.sampled_from([None, *older]))
        if mother is not None:
            mothers[track] = mother
    if divisions_in_two:
        several = list(mothers.values())
        mothers = {key: value for key, value in mothers.items() if several.count(value) == 2}
    without = draw(st.lists(st.integers(0, frames - 1), max_size=2))
    return scene(tracks, mothers, without), frames
