"""What a run would skip is told without a run, by the same sentences."""

import numpy as np
import pytest
from czi_files import write_czi

from immunostain.preview.folder import FolderImage, Reading, as_listed, as_refused, describe_all

FRAME = np.zeros((40, 50), np.uint16)


def listed(path, names=("DAPI", "GFP"), pixel_um=0.5, frames=1, **how):
    planes = {(0, t, c, 0): FRAME for t in range(frames) for c in range(len(names))}
    write_czi(path, planes, names, pixel_um)
    reading = Reading(**{"nuclear_channel": "dapi", "z_projection": "max"} | how)
    (found,) = describe_all({"one": str(path)}, reading)
    return as_listed(found, shown=True)


def test_an_image_is_listed_with_what_is_known_of_it(tmp_path):
    path = tmp_path / "a.czi"
    found = listed(path, frames=2)
    assert found["status"] == "ok" and found["bytes"] == path.stat().st_size
    assert (found["frames"], found["scenes"], found["z_planes"]) == (2, 1, 1)
    assert found["channels"] == ["DAPI", "GFP"] and found["nuclear_channel"] == "DAPI"
    assert (found["width_px"], found["height_px"]) == ([50], [40])
    assert found["pixel_size_um"] == 0.5 and found["magnification"] is None


@pytest.mark.parametrize(
    ("image", "how", "reason"),
    [
        ({}, {"nuclear_channel": "Hoechst"}, "no channel"),
        ({"pixel_um": 0}, {"in_micrometres": ("30 um2",)}, '"30 um2" is in the settings'),
        ({"pixel_um": 0}, {"in_micrometres": ("1.5 µm",)}, '"1.5 µm" is in the settings'),
        ({}, {"magnifications": ("20", "63")}, "does not say its own"),
        ({"names": ("DAPI", "DAPI_perinuclear")}, {}, "two channels would have a column"),
    ],
)
def test_why_a_run_would_skip_an_image_is_told(tmp_path, image, how, reason):
    found = listed(tmp_path / "a.czi", **image, **how)
    assert found["status"] == "skipped" and reason in found["reason"]


def test_lengths_in_micrometres_are_no_reason_where_a_pixel_is_known(tmp_path):
    assert listed(tmp_path / "a.czi", in_micrometres=("30 um2", "1.5 um"))["status"] == "ok"


def test_a_file_that_is_none_is_told_and_others_are_described(tmp_path):
    (tmp_path / "empty.czi").write_bytes(b"")
    write_czi(tmp_path / "b.czi", {(0, 0, 0, 0): FRAME}, ["DAPI"])
    images = {"empty": str(tmp_path / "empty.czi"), "b": str(tmp_path / "b.czi")}
    empty, good = describe_all(images, Reading("DAPI", "max"))
    assert isinstance(empty, FolderImage) and "empty" in empty.facts.unreadable
    assert good.facts.unreadable is None and good.facts.channels == ("DAPI",)


def test_a_refused_file_has_no_size():
    assert as_refused("a{b}.czi", "rename it") == {
        **{"image": "", "file": "a{b}.czi", "bytes": None, "status": "skipped"},
        **{"reason": "rename it", "shown": False},
    }
