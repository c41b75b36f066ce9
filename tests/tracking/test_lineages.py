"""Which nucleus follows which."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from tracked_scenes import brute_force_links, scene, scenes

from immunostain.tracking import lineages


def by_track_and_frame(nuclei, pairs):
    """Name rows by track and frame."""
    names = list(zip(nuclei["track_id"].tolist(), nuclei["frame"].tolist(), strict=True))
    return sorted((names[source], names[target]) for source, target in pairs)


def test_links_go_along_tracks_and_from_mothers_to_daughters():
    table = scene({7: [0, 2], 3: [4, 5], 9: [3]}, {3: 7, 9: 7}, without_track=[1])
    nuclei = lineages.nuclei_with_track(table)
    found = by_track_and_frame(nuclei, lineages.links(nuclei))
    across = [((7, 2), (3, 4)), ((7, 2), (9, 3))]
    assert found == sorted([((7, 0), (7, 2)), ((3, 4), (3, 5)), *across])


@settings(deadline=None)
@given(scenes())
def test_links_are_those_of_brute_force(drawn):
    nuclei = lineages.nuclei_with_track(drawn[0])
    found = lineages.links(nuclei)
    assert found.dtype == np.int64
    assert found.shape[1:] == (2,)
    assert found.tolist() == sorted(found.tolist())
    assert by_track_and_frame(nuclei, found) == brute_force_links(drawn[0])


@settings(deadline=None)
@given(scenes())
def test_a_lineage_is_what_links_connect_and_is_named_after_the_first_mother(drawn):
    nuclei = lineages.nuclei_with_track(drawn[0])
    group = list(range(len(nuclei)))
    for source, target in lineages.links(nuclei).tolist():
        old, new = group[target], group[source]
        group = [new if each == old else each for each in group]
    found = lineages.lineages(nuclei)
    for one in range(len(nuclei)):
        for other in range(len(nuclei)):
            assert (found[one] == found[other]) == (group[one] == group[other])
    for key in set(found.tolist()):
        members = nuclei[found == key]
        earliest = members.sort_values("frame")["track_id"].iloc[0]
        assert key == earliest
        assert members.loc[members["track_id"] == key, "parent_track_id"].isna().all()


def test_a_mother_that_is_not_there_is_none():
    nuclei = lineages.nuclei_with_track(scene({5: [1, 2]}, {5: 4}))
    assert lineages.mothers(nuclei) == {}
    assert lineages.lineages(nuclei).tolist() == [5, 5]
    assert lineages.links(nuclei).tolist() == [[0, 1]]


@pytest.mark.parametrize("empty", [scene({}), scene({}, without_track=[0, 1])])
def test_without_tracks_there_are_no_links(empty):
    nuclei = lineages.nuclei_with_track(empty)
    assert len(nuclei) == 0
    assert lineages.links(nuclei).shape == (0, 2)
    assert lineages.lineages(nuclei).shape == (0,)
    assert lineages.frame_interval(nuclei) is None


@pytest.mark.parametrize(
    ("times", "interval"),
    [
        ({0: 5.0, 1: 15.0, 4: 45.0}, 10.0),
        ({0: 0.0, 2: 10.0, 3: 30.0}, 10.0),
        ({3: 9.0}, None),
        ({0: 0.0, 1: float("nan")}, None),
        ({0: float("nan"), 1: float("nan")}, None),
        ({0: 0.0, 1: 20.0, 2: 10.0}, None),
        ({0: 5.0, 1: 5.0}, None),
    ],
)
def test_the_interval_is_the_mean_over_frames_and_none_where_times_are_no_good(times, interval):
    table = scene({1: list(times), 2: list(times)})
    table["time_s"] = table["frame"].map(times)
    assert lineages.frame_interval(lineages.nuclei_with_track(table)) == interval


def test_rows_as_read_from_a_file_will_do():
    table = scene({1: [0, 1], 2: [3]}, {2: 1}, without_track=[0])
    read = table.astype({"track_id": float, "parent_track_id": float})
    same = lineages.nuclei_with_track(table)
    nuclei = lineages.nuclei_with_track(read)
    assert lineages.links(nuclei).tolist() == lineages.links(same).tolist()
    pd.testing.assert_frame_equal(read, table.astype(read.dtypes))
