"""Sets of ROIs, read by roifile; tests/exports/test_in_imagej.py opens them in ImageJ."""

import zipfile

import numpy as np
import pytest
import roifile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from polygons import filled

from immunostain.exports.rois import Stack, rois_of_frame, write_rois

STILL = Stack(scenes=1, frames=1, is_hyperstack=True)
ONE_PIXEL = np.array([[0, 1]], np.uint32)


def rings_of(roi):
    """Give the polygons of a ROI, as ImageJ has them."""
    if roi.roitype == roifile.ROI_TYPE.TRACED:
        return [roi.integer_coordinates + np.array([roi.left, roi.top])]
    assert roi.composite
    rings, path = [], iter(roi.multi_coordinates.astype(int).tolist())
    for kind in path:
        if kind == 0:  # moves to the first corner of a ring; 1 is a line, 4 closes the ring
            rings.append([])
        if kind < 4:
            rings[-1].append((next(path), next(path)))
    return list(map(np.array, rings))


def read(rois):
    return [roifile.ImagejRoi.frombytes(roi.content) for roi in rois]


@given(
    arrays(np.uint32, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.integers(0, 3))
)
def test_what_a_roi_encloses_is_the_nucleus(labels):
    rois = rois_of_frame(labels, 0, 0, STILL)
    assert [roi.name for roi in rois] == [str(n - 1) for n in sorted({*labels.flat} - {0})]
    for (name, _), roi in zip(rois, read(rois), strict=True):
        nucleus = labels == int(name) + 1
        assert roi.name == name
        assert np.array_equal(filled(rings_of(roi), labels.shape), nucleus)
        y, x = np.nonzero(nucleus)
        bounds = (roi.left, roi.top, roi.right, roi.bottom)
        assert bounds == (x.min(), y.min(), x.max() + 1, y.max() + 1)


@pytest.mark.parametrize("far", [32_766, 32_767, 40_000, 70_000])
def test_far_out_in_a_large_picture_nothing_is_lost(far):
    for shape, place in (((2, far + 2), (1, far)), ((far + 2, 2), (far, 1))):
        labels = np.zeros(shape, np.uint8)
        labels[place] = 1
        [ring] = rings_of(*read(rois_of_frame(labels, 0, 0, STILL)))
        y, x = place
        assert {*map(tuple, ring.tolist())} == {(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)}


@pytest.mark.parametrize(
    ("stack", "name", "position", "time", "group"),
    [
        (Stack(1, 1, True), "0", 0, 0, 0),
        (Stack(1, 20, True), "s002_t0012_0", 0, 13, 0),
        (Stack(1, 20, False), "s002_t0012_0", 13, 0, 0),
        (Stack(3, 1, True), "s002_t0012_0", 0, 0, 3),
        (Stack(3, 20, False), "s002_t0012_0", 13, 0, 3),
    ],
)
def test_a_roi_tells_where_it_belongs(stack, name, position, time, group):
    [roi] = read(rois_of_frame(ONE_PIXEL, 2, 12, stack))
    assert (roi.name, roi.position, roi.t_position, roi.group) == (name, position, time, group)
    assert roi.c_position == roi.z_position == 0, "of any channel and z"


def test_there_are_no_groups_for_more_scenes_than_imagej_has_groups():
    groups = [
        read(rois_of_frame(ONE_PIXEL, s, 0, Stack(300, 1, True)))[0].group for s in (254, 255)
    ]
    assert groups == [255, 0]


def test_names_of_an_image_sort():
    labels = np.arange(13, dtype=np.uint32).reshape(1, 13)
    stack = Stack(2, 2, True)
    rois = [r for s in (0, 1) for t in (0, 1) for r in rois_of_frame(labels, s, t, stack)]
    names = [roi.name for roi in rois]
    assert names == sorted(names) and len({*names}) == 4 * 12
    assert names[:2] == ["s000_t0000_00", "s000_t0000_01"]


def test_a_set_has_the_names_of_its_rois_and_is_always_the_same(tmp_path):
    rois = rois_of_frame(np.array([[1, 0, 3]], np.uint32), 0, 0, STILL)
    for name in ("one.zip", "other.zip"):
        write_rois(tmp_path / name, iter(rois))
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "other.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as file:
        assert file.namelist() == ["0.roi", "2.roi"]
    assert [roi.name for roi in roifile.roiread(tmp_path / "one.zip")] == ["0", "2"]


def test_without_nuclei_a_set_is_empty(tmp_path):
    rois = rois_of_frame(np.zeros((3, 4), np.uint32), 0, 0, Stack(2, 2, True))
    write_rois(tmp_path / "a.zip", rois)
    with zipfile.ZipFile(tmp_path / "a.zip") as file:
        assert file.namelist() == []
