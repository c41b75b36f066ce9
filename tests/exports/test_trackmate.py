"""TrackMate files, held against what TrackMate's reader asks for, and read by geff's reader."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import geff
import numpy as np
import pytest
from geff.convert import from_trackmate_xml_to_geff
from hypothesis import HealthCheck, given, settings
from tracked_scenes import brute_force_links, scene, scenes, shape_of

from immunostain.exports import trackmate

IMAGE = Path("/data/Träger & Co/a <b>.czi")

# fiji.plugin.trackmate.Dimension
DIMENSIONS = {
    "NONE",
    "QUALITY",
    "COST",
    "INTENSITY",
    "INTENSITY_SQUARED",
    "POSITION",
    "VELOCITY",
    "LENGTH",
    "AREA",
    "VOLUME",
    "TIME",
    "ANGLE",
    "RATE",
    "ANGLE_RATE",
    "STRING",
}

# The elements without which TmXmlReader breaks off or reports a problem.
DEMANDED = [
    "Log",
    "Model/FeatureDeclarations/SpotFeatures",
    "Model/FeatureDeclarations/EdgeFeatures",
    "Model/FeatureDeclarations/TrackFeatures",
    "Model/AllSpots",
    "Model/AllTracks",
    "Model/FilteredTracks",
    "Settings/ImageData",
    "Settings/BasicSettings",
    "Settings/DetectorSettings[@DETECTOR_NAME='MANUAL_DETECTOR']",
    "Settings/InitialSpotFilter",
    "Settings/SpotFilterCollection",
    "Settings/TrackerSettings[@TRACKER_NAME='MANUAL_TRACKER']",
    "Settings/TrackFilterCollection",
    "Settings/AnalyzerCollection/SpotAnalyzers",
    "Settings/AnalyzerCollection/EdgeAnalyzers",
    "Settings/AnalyzerCollection/TrackAnalyzers",
    "GUIState[@state='ConfigureViews']",
    "DisplaySettings",
]


def written(path, table, frames, pixel_size_um=None, image=IMAGE):
    """Write a scene and parse it."""
    trackmate.write_trackmate(path, table, image, frames, shape_of(table), pixel_size_um)
    return ET.parse(path).getroot()


def features(root, kind):
    """Give the declared features of spots, edges or tracks, and whether they are whole numbers."""
    declared = root.findall(f"Model/FeatureDeclarations/{kind}Features/Feature")
    for each in declared:
        assert set(each.attrib) == {"feature", "name", "shortname", "dimension", "isint"}
        assert each.get("dimension") in DIMENSIONS
    names = {each.get("feature"): {"true": True, "false": False}[each.get("isint")]
             for each in declared}  # fmt: skip
    assert len(names) == len(declared)
    return names


def check(root):
    """See that TrackMate can read a file: what `TmXmlReader` looks up is there and fits together.

    TrackMate keeps features as numbers by the names of attributes.
    """
    assert root.tag == "TrackMate"
    assert tuple(map(int, root.get("version").split("."))) >= (2, 1, 0)
    for path in DEMANDED:
        assert len(root.findall(path)) == 1, path
    model = root.find("Model")
    assert set(model.attrib) == {"spatialunits", "timeunits"}
    for kind, plain in (("Spot", {"ID", "name"}), ("Edge", set()), ("Track", {"name"})):
        declared = features(root, kind)
        for each in model.iter(kind):
            assert set(each.attrib) == set(declared) | plain
            for name, whole in declared.items():
                number = int(each.get(name)) if whole else float(each.get(name))
                assert np.isfinite(number)
    in_frames = model.findall("AllSpots/SpotsInFrame")
    numbers = [int(each.get("frame")) for each in in_frames]
    assert numbers == sorted(set(numbers))
    spots = {}
    for each, frame in zip(in_frames, numbers, strict=True):
        for spot in each:
            assert spot.tag == "Spot"
            assert int(spot.get("FRAME")) == frame
            assert float(spot.get("RADIUS")) > 0
            assert spot.get("VISIBILITY") == "1"
            assert spots.setdefault(int(spot.get("ID")), spot) is spot, "ids are unique"
    assert int(model.find("AllSpots").get("nspots")) == len(spots)
    seen = {}
    tracks = model.findall("AllTracks/Track")
    for track in tracks:
        mine = set()
        assert len(track) > 0
        for edge in track:
            assert edge.tag == "Edge"
            source = spots[int(edge.get("SPOT_SOURCE_ID"))]
            target = spots[int(edge.get("SPOT_TARGET_ID"))]
            times = float(source.get("POSITION_T")), float(target.get("POSITION_T"))
            assert int(source.get("FRAME")) < int(target.get("FRAME"))
            assert times[0] < float(edge.get("EDGE_TIME")) < times[1]
            mine |= {source.get("ID"), target.get("ID")}
        assert int(track.get("NUMBER_SPOTS")) == len(mine)
        for spot in mine:
            assert seen.setdefault(spot, track) is track, "a spot is in one track"
    ids = [track.get("TRACK_ID") for track in tracks]
    assert len(set(ids)) == len(ids)
    assert [track.get("TRACK_INDEX") for track in tracks] == [str(n) for n in range(len(ids))]
    shown = model.findall("FilteredTracks/TrackID")
    assert [each.get("TRACK_ID") for each in shown] == ids
    start = root.find("Settings/InitialSpotFilter")
    assert (start.get("feature"), start.get("isabove")) == ("QUALITY", "true")
    assert all(float(each.get("QUALITY")) > float(start.get("value")) for each in spots.values())
    return spots


def links_of(root, spots):
    """List links as the track and frame of both nuclei."""
    found = []
    for edge in root.iter("Edge"):
        ends = [spots[int(edge.get(name))] for name in ("SPOT_SOURCE_ID", "SPOT_TARGET_ID")]
        found.append(
            tuple((int(end.get("IMMUNOSTAIN_TRACK_ID")), int(end.get("FRAME"))) for end in ends)
        )
    return sorted(found)


def test_spots_are_nuclei_with_the_numbers_of_their_tracks(tmp_path):
    table = scene({7: [0, 2], 8: [3], 9: [4]}, {8: 7, 9: 7}, without_track=[1])
    root = written(tmp_path / "x.xml", table, 6, (0.5, 0.25))
    spots = check(root)
    rows = table.dropna(subset=["track_id"]).sort_values(["track_id", "frame"])
    assert len(spots) == len(rows)
    for spot, row in zip(spots.values(), rows.itertuples(), strict=True):
        assert spot.get("name") == spot.get("IMMUNOSTAIN_TRACK_ID") == str(row.track_id)
        assert int(spot.get("IMMUNOSTAIN_NUCLEUS_ID")) == row.nucleus_id
        assert float(spot.get("POSITION_X")) == row.x_px * 0.5
        assert float(spot.get("POSITION_Y")) == row.y_px * 0.25
        assert float(spot.get("POSITION_Z")) == 0
        assert float(spot.get("POSITION_T")) == row.time_s
        radius = float(spot.get("RADIUS"))
        assert np.pi * radius**2 == pytest.approx(row.area_px * 0.5 * 0.25)
        assert float(spot.get("QUALITY")) == row.area_px * 0.5 * 0.25


def test_a_mother_and_all_that_descend_from_her_are_one_track_of_trackmate(tmp_path):
    tracks = {7: [0, 2], 8: [3], 9: [4, 5], 3: [6], 4: [6], 2: [0, 1], 1: [5]}
    table = scene(tracks, {8: 7, 9: 7, 3: 9, 4: 9})
    root = written(tmp_path / "x.xml", table, 8)
    spots = check(root)
    found = {track.get("TRACK_ID"): track for track in root.iter("Track")}
    assert sorted(found) == ["2", "7"], "a nucleus alone is no track of TrackMate"
    assert found["7"].get("name") == "Track_7"
    assert found["7"].get("NUMBER_SPOTS") == "7"
    assert links_of(root, spots) == brute_force_links(table)


def test_costs_are_squared_lengths_and_edges_lie_between_their_spots(tmp_path):
    table = scene({1: [0, 2]}, seconds=10.0).sort_values("frame")
    table["x_px"], table["y_px"] = [1.0, 4.0], [2.0, 6.0]
    edge = next(written(tmp_path / "x.xml", table, 3, (2.0, 0.5)).iter("Edge"))
    assert float(edge.get("LINK_COST")) == 6.0**2 + 2.0**2
    assert float(edge.get("EDGE_TIME")) == 10.0


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(scenes())
def test_any_scene_is_readable_with_the_links_of_brute_force(tmp_path_factory, drawn):
    table, frames = drawn
    root = written(tmp_path_factory.mktemp("trackmate") / "x.xml", table, frames, (0.5, 0.5))
    spots = check(root)
    assert len(spots) == table["track_id"].notna().sum()
    assert links_of(root, spots) == brute_force_links(table)


def test_the_image_is_described(tmp_path):
    table = scene({1: [0, 1, 5]}, seconds=90.5)
    root = written(tmp_path / "x.xml", table, 6, (0.5, 0.25))
    height, width = shape_of(table)
    assert root.find("Settings/ImageData").attrib == {
        "filename": "a <b>.czi",
        "folder": "/data/Träger & Co",
        "width": str(width),
        "height": str(height),
        "nslices": "1",
        "nframes": "6",
        "pixelwidth": "0.5",
        "pixelheight": "0.25",
        "voxeldepth": "1",
        "timeinterval": "90.5",
    }
    assert root.find("Model").attrib == {"spatialunits": "micron", "timeunits": "sec"}


@pytest.mark.parametrize("times", [[np.nan] * 3, [0, np.nan, 20], [0, 20, 10], [5, 5, 5]])
def test_without_good_times_and_a_pixel_size_there_are_frames_and_pixels(tmp_path, times):
    table = scene({1: [0, 1, 5]}).sort_values("frame")
    root = written(tmp_path / "x.xml", table.assign(time_s=times), 6)
    spots = check(root)
    assert root.find("Model").attrib == {"spatialunits": "pixel", "timeunits": "frame"}
    assert [float(spot.get("POSITION_T")) for spot in spots.values()] == [0, 1, 5]
    image = root.find("Settings/ImageData")
    assert float(image.get("pixelwidth")) == float(image.get("timeinterval")) == 1


@pytest.mark.parametrize("seconds", [60.0, np.nan])
def test_one_frame_has_spots_and_no_tracks(tmp_path, seconds):
    root = written(tmp_path / "x.xml", scene({1: [0], 2: [0]}, seconds=seconds), 1, (0.5, 0.5))
    assert len(check(root)) == 2
    assert not list(root.iter("Track"))
    assert float(root.find("Settings/ImageData").get("timeinterval")) == 1


@pytest.mark.parametrize("table", [scene({}), scene({}, without_track=[0, 2])])
def test_without_tracks_there_are_no_spots(tmp_path, table):
    assert check(written(tmp_path / "x.xml", table, 3)) == {}


def test_names_that_xml_can_not_hold_do_no_harm(tmp_path):
    image = Path("/data") / "a\x01\udcff\t.czi"
    root = written(tmp_path / "x.xml", scene({1: [0, 1]}), 2, image=image)
    assert root.find("Settings/ImageData").get("filename") == "a__\t.czi"


def test_display_settings_are_complete_and_name_each_spot(tmp_path):
    # Those of a file that TrackMate 8.1.6 saved; what is missing would be 0 or nothing.
    names = (
        "name spotUniformColor spotColorByType spotColorByFeature spotDisplayRadius "
        "spotDisplayedAsRoi spotMin spotMax spotShowName trackMin trackMax trackColorByType "
        "trackColorByFeature trackUniformColor undefinedValueColor missingValueColor "
        "highlightColor trackDisplayMode colormap limitZDrawingDepth drawingZDepth fadeTracks "
        "fadeTrackRange useAntialiasing spotVisible trackVisible font lineThickness "
        "selectionLineThickness trackschemeBackgroundColor1 trackschemeBackgroundColor2 "
        "trackschemeForegroundColor trackschemeDecorationColor trackschemeFillBox spotFilled "
        "spotTransparencyAlpha"
    )
    root = written(tmp_path / "x.xml", scene({n: [0, 1] for n in range(1, 8)}), 2)
    found = json.loads(root.find("DisplaySettings").text)
    assert sorted(found) == sorted(names.split())
    assert found["spotShowName"] is True
    assert found["trackMax"] == found["spotMax"] == 6
    assert found["trackColorByFeature"] in features(root, "Track")


# geff wants micrometer and second, TrackMate writes micron and sec.
@pytest.mark.filterwarnings("ignore:(Spatial|Temporal) unit (micron|sec) not:UserWarning")
def test_geff_converts_it_to_the_same_graph(tmp_path):
    table = scene({7: [0, 2], 8: [3], 9: [4, 5], 1: [0, 1, 2]}, {8: 7, 9: 7})
    written(tmp_path / "x.xml", table, 6, (0.5, 0.25), Path("a.czi"))
    from_trackmate_xml_to_geff(tmp_path / "x.xml", tmp_path / "x.geff")
    graph, _ = geff.read(tmp_path / "x.geff", backend="networkx")
    names = {
        node: (spot["IMMUNOSTAIN_TRACK_ID"], spot["FRAME"]) for node, spot in graph.nodes(data=True)
    }
    found = sorted((names[source], names[target]) for source, target in graph.edges)
    assert found == brute_force_links(table)
