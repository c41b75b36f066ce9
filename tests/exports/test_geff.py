"""GEFF folders, checked and read with geff itself."""

import geff
import numpy as np
import pytest
from geff.core_io._base_read import read_to_memory
from geff.validate.data import ValidationConfig, validate_data
from hypothesis import HealthCheck, given, settings
from tracked_scenes import brute_force_links, label_image, scene, scenes

from immunostain.exports.geff import write_geff

ALL_CHECKS = ValidationConfig(graph=True, lineage=True, tracklet=True)


def written(folder, table, pixel_size_um=None):
    """Write a scene, let geff check it, and give what it reads."""
    write_geff(folder, table, pixel_size_um)
    geff.validate_structure(folder)
    in_memory = read_to_memory(folder)
    validate_data(in_memory, ALL_CHECKS)
    return in_memory


def values(in_memory, name):
    return in_memory["node_props"][name]["values"]


def axes(in_memory):
    return {axis.name: axis for axis in in_memory["metadata"].axes}


def links_of(in_memory):
    """List links as the track and frame of both nuclei."""
    names = list(
        zip(values(in_memory, "track_id").tolist(), values(in_memory, "t").tolist(), strict=True)
    )
    return sorted((names[source], names[target]) for source, target in in_memory["edge_ids"])


def test_nodes_have_what_the_tables_say(tmp_path):
    table = scene({7: [0, 2], 8: [3], 9: [4]}, {8: 7, 9: 7}, without_track=[1])
    found = written(tmp_path / "a b.geff", table, (0.5, 0.25))
    assert found["node_ids"].tolist() == [0, 1, 2, 3]
    assert values(found, "track_id").tolist() == [7, 7, 8, 9]
    assert values(found, "lineage_id").tolist() == [7, 7, 7, 7]
    rows = table.dropna(subset=["track_id"]).sort_values(["track_id", "frame"])
    assert values(found, "t").tolist() == rows["frame"].tolist()
    assert np.allclose(values(found, "x"), rows["x_px"] * 0.5)
    assert np.allclose(values(found, "y"), rows["y_px"] * 0.25)
    assert values(found, "nucleus_id").tolist() == rows["nucleus_id"].tolist()
    assert values(found, "area_px").tolist() == [16] * 4
    for frame, x, y, label in zip(
        *(values(found, name) for name in ("t", "x", "y", "label")), strict=True
    ):
        assert label_image(table, frame)[int(y / 0.25), int(x / 0.5)] == label


def test_edges_go_along_tracks_and_from_mothers_to_daughters(tmp_path):
    table = scene({7: [0, 2], 8: [3], 9: [4]}, {8: 7, 9: 7})
    found = written(tmp_path / "x.geff", table)
    assert found["metadata"].directed
    assert found["edge_ids"].tolist() == [[0, 1], [1, 2], [1, 3]]


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(scenes(divisions_in_two=True))
def test_geff_finds_any_scene_valid_with_the_links_of_brute_force(tmp_path_factory, drawn):
    found = written(tmp_path_factory.mktemp("geff") / "x.geff", drawn[0])
    assert found["metadata"].track_node_props == {"tracklet": "track_id", "lineage": "lineage_id"}
    assert links_of(found) == brute_force_links(drawn[0])


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(scenes())
def test_tracks_are_not_called_tracklets_where_a_mother_has_one_daughter(tmp_path_factory, drawn):
    table = drawn[0]
    found = written(tmp_path_factory.mktemp("geff") / "x.geff", table)
    daughters = table.groupby("parent_track_id")["track_id"].nunique()
    assert ("tracklet" in found["metadata"].track_node_props) == (daughters != 1).all()
    assert links_of(found) == brute_force_links(table)


def test_units_are_those_that_geff_knows(tmp_path):
    table = scene({1: [0, 1, 5], 2: [1]}, seconds=90.5)
    known = axes(written(tmp_path / "known.geff", table, (0.5, 0.25)))
    assert [known[name].type for name in "tyx"] == ["time", "space", "space"]
    assert [known[name].unit for name in "tyx"] == ["frame", "micrometer", "micrometer"]
    assert (known["t"].scale, known["t"].scaled_unit) == (90.5, "second")
    assert (known["t"].min, known["t"].max) == (0, 5)
    unknown = axes(written(tmp_path / "unknown.geff", table.assign(time_s=np.nan)))
    assert [unknown[name].unit for name in "tyx"] == ["frame", "pixel", "pixel"]
    assert (unknown["t"].scale, unknown["t"].scaled_unit) == (None, None)


@pytest.mark.parametrize("table", [scene({}), scene({}, without_track=[0, 2])])
def test_without_tracks_the_graph_is_empty_and_valid(tmp_path, table):
    found = written(tmp_path / "x.geff", table, (0.5, 0.5))
    assert len(found["node_ids"]) == 0
    assert found["edge_ids"].shape == (0, 2)
    assert axes(found)["x"].unit == "micrometer"


def test_networkx_gets_the_graph_from_it(tmp_path):
    table = scene({7: [0, 2], 8: [3], 9: [4]}, {8: 7, 9: 7})
    write_geff(tmp_path / "x.geff", table, None)
    graph, _ = geff.read(tmp_path / "x.geff", structure_validation=True, backend="networkx")
    assert sorted(graph.edges) == [(0, 1), (1, 2), (1, 3)]
    assert graph.nodes[3]["track_id"] == 9
    assert graph.nodes[3]["t"] == 4


def test_an_old_folder_is_replaced(tmp_path):
    written(tmp_path / "x.geff", scene({1: [0, 1], 2: [0, 1]}))
    found = written(tmp_path / "x.geff", scene({5: [0]}))
    assert values(found, "track_id").tolist() == [5]
