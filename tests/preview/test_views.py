"""What is shown of a region of a frame, and what isn't where no network can look at it."""

import json

import numpy as np
import pytest
from drawn_nuclei import drawn
from networks import by_torch, random_network, shipped_network

from immunostain.images.facts import FileFacts, FrameFacts, SceneFacts
from immunostain.images.frames import write_frame
from immunostain.preview import of_views, options, views
from immunostain.preview.folder import FolderImage
from immunostain.preview.maps import maps_of_view, networks_for
from immunostain.preview.options import Size
from immunostain.preview.regions import Region
from immunostain.preview.views import View

MODEL = "resources/models/nuclei.safetensors"
IN_USE = {
    "threshold": {"level": 50},
    "unet": {"probability": 0.5, "nucleus_diameter": "12 um"},
    "minimum_area": "auto",
}


def view_of(frame, pixel_size_um=None):
    whole = Region(0, 0, *frame.shape, 0, 0, *frame.shape)
    return View("a", 0, 0, *frame.shape, whole, Size(20.0, pixel_size_um))


@pytest.fixture(scope="module")
def network():
    return by_torch(random_network(4, 8))


def test_a_diameter_in_micrometres_needs_the_size_of_a_pixel(network):
    frame = drawn(20, 3, 3)
    assert list(maps_of_view(network, frame, view_of(frame), ["12 um"])) == [None]
    (in_pixels,) = maps_of_view(network, frame, view_of(frame), [24])
    (in_um,) = maps_of_view(network, frame, view_of(frame, (0.5, 0.5)), ["12 um"])
    np.testing.assert_array_equal(in_pixels, in_um)
    as_estimated, same = maps_of_view(network, frame, view_of(frame), ["auto", 20])
    np.testing.assert_array_equal(as_estimated, same)


def test_a_network_is_taken_for_each_magnification_and_none_where_there_is_none():
    def load(model):
        return shipped_network()

    facts = {"a": 20.0, "b": 63.0, "c": None, "d": 20.0}
    known = {image: FileFacts(magnification=times) for image, times in facts.items()}
    networks = networks_for(known, {"20": MODEL}, load)
    assert networks["a"] is networks["d"] is not None
    assert networks["b"] is networks["c"] is None
    assert all(networks_for(known, MODEL, load).values())


def test_what_no_network_can_look_at_is_shown_with_thresholds(tmp_path):
    frame = drawn(20, 3, 3)
    view = view_of(frame)
    views.write_views(tmp_path, [view])
    assert views.read_views(tmp_path) == [view]
    views.write_maps_of_view(tmp_path, 0, 0, np.zeros((2, 30, 40), np.uint8))
    views.write_maps_of_view(tmp_path, 0, 1, None)
    maps = [views.read_maps_of_view(tmp_path, 0, diameter) for diameter in (0, 1)]
    assert maps[0].shape == (2, 30, 40) and maps[1] is None
    write_frame(tmp_path, view.scene, view.frame, frame)
    facts = FileFacts(
        channels=("DAPI",),
        nuclear_channel="DAPI",
        scenes=(SceneFacts(frame.shape[1], frame.shape[0], 1),),
        frames=(FrameFacts(0, 0, None),),
    )
    tried = options.all_options([view.size], IN_USE)
    known = FolderImage(view.image, "a.czi", 1, facts)
    (shown,) = of_views.of_image([view], known, tmp_path, tmp_path, tried)
    assert json.loads(json.dumps(shown)) == shown
    assert len(shown["unet"]) == len(tried["diameters"]) and shown["unet"][1] == []
    assert len(shown["unet"][0]) == len(tried["probabilities"])
    (_, separated) = shown["threshold"][tried["levels"].index(50)]
    automatic = separated["areas"][0]
    assert len(automatic["nuclei"]) + len(automatic["at_edge"]) == 9
    assert len(shown["threshold"]) == len(tried["levels"])


def test_areas_are_told_by_a_pixel_that_need_not_be_square():
    frame = drawn(20, 2, 2)
    facts = FileFacts(
        channels=("DAPI",),
        nuclear_channel="DAPI",
        pixel_size_um=(0.5, 0.2),
        scenes=(SceneFacts(frame.shape[1], frame.shape[0], 1),),
        frames=(FrameFacts(0, 0, None),),
    )
    nothing = {"levels": [], "probabilities": [], "diameters": [], "minimum_areas": ["auto", 0]}
    known = FolderImage("a", "a.czi", 1, facts)
    shown = of_views.shown(view_of(frame, (0.5, 0.2)), known, frame, [], [], nothing)
    assert shown["pixel_size_um"] ** 2 == pytest.approx(0.1) and shown["pixel_width_um"] == 0.5
