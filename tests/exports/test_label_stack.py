"""Masks in which a nucleus keeps its value."""

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from tracked_scenes import label_image, scene, scenes, shape_of

from immunostain.exports import label_stack
from immunostain.shared import tiff


def test_a_nucleus_gets_the_number_of_its_track_and_one_without_becomes_background():
    labels = np.array([[0, 1, 1], [2, 0, 3]], np.uint32)
    found = label_stack.paint_tracks(labels, [2, 0], [70_000, 5])
    assert found.dtype == np.uint32
    assert found.tolist() == [[0, 5, 5], [0, 0, 70_000]]
    assert labels.tolist() == [[0, 1, 1], [2, 0, 3]]


@settings(deadline=None)
@given(
    arrays(np.uint32, array_shapes(min_dims=2, max_dims=2), elements=st.integers(0, 9)),
    st.dictionaries(st.integers(0, 12), st.integers(1, 2**32 - 1)),
)
def test_every_pixel_is_that_of_brute_force(labels, tracks):
    found = label_stack.paint_tracks(labels, list(tracks), list(tracks.values()))
    for place, value in np.ndenumerate(labels):
        assert found[place] == tracks.get(int(value) - 1, 0)


@settings(deadline=None)
@given(scenes(), st.sets(st.integers(0, 6)))
def test_masks_are_numbered_as_frames_are_and_those_of_missing_frames_are_empty(drawn, missing):
    table, frames = drawn

    def read(frame):
        return None if frame in missing else label_image(table, frame)

    masks = list(label_stack.track_masks(table, frames, shape_of(table), read))
    assert len(masks) == frames
    for frame, mask in enumerate(masks):
        assert mask.shape == shape_of(table)
        assert mask.dtype == np.uint32
        rows = table[(table["frame"] == frame) & table["track_id"].notna()]
        expected = {} if frame in missing else dict.fromkeys(rows["track_id"].tolist(), 16)
        values, counts = np.unique(mask[mask > 0], return_counts=True)
        assert dict(zip(values.tolist(), counts.tolist(), strict=True)) == expected
        for row in rows.itertuples():
            if frame not in missing:
                assert mask[int(row.y_px), int(row.x_px)] == row.track_id


def written(path, masks, pixel_size_um=None, interval_s=None):
    """Write masks and give what tifffile reads: pixels, what OME says of them, is it a BigTIFF."""
    frames, *shape = masks.shape
    label_stack.write_track_masks(path, iter(masks), frames, shape, pixel_size_um, interval_s)
    with tifffile.TiffFile(path) as file:
        assert len(file.pages) == frames
        (series,) = file.series
        assert series.kind == "ome"
        assert series.axes == ("TYX" if frames > 1 else "YX"), "it leaves out an axis of length 1"
        pixels = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]["Pixels"]
        return series.asarray().reshape(masks.shape), pixels, file.is_bigtiff


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_the_file_has_every_pixel_and_says_what_its_axes_are(tmp_path, frames):
    rng = np.random.default_rng(frames)
    masks = rng.integers(0, 2**32, (frames, 30, 40), np.uint32)
    read, pixels, big = written(tmp_path / "ä b.ome.tif", masks, (0.5, 0.25), 90.5)
    assert read.dtype == np.uint32
    assert np.array_equal(read, masks)
    assert (pixels["SizeT"], pixels["SizeY"], pixels["SizeX"]) == (frames, 30, 40)
    assert pixels["SizeC"] == pixels["SizeZ"] == 1
    assert (pixels["PhysicalSizeX"], pixels["PhysicalSizeY"]) == (0.5, 0.25)
    assert pixels["PhysicalSizeXUnit"] == pixels["PhysicalSizeYUnit"] == "µm"
    assert (pixels["TimeIncrement"], pixels["TimeIncrementUnit"]) == (90.5, "s")
    assert not big
    assert [each.name for each in tmp_path.iterdir()] == ["ä b.ome.tif"]


def test_what_is_not_known_is_left_out(tmp_path):
    _, pixels, _ = written(tmp_path / "x.ome.tif", np.zeros((2, 4, 5), np.uint32))
    assert not [name for name in pixels if "Physical" in name or "Time" in name]


def test_what_may_be_more_than_4_gb_is_a_bigtiff(tmp_path, monkeypatch):
    masks = np.arange(2 * 10 * 10, dtype=np.uint32).reshape(2, 10, 10)
    monkeypatch.setattr(tiff, "LARGE", 800)
    assert not written(tmp_path / "a.ome.tif", masks)[2]
    monkeypatch.setattr(tiff, "LARGE", 799)
    read, _, big = written(tmp_path / "b.ome.tif", masks)
    assert big
    assert np.array_equal(read, masks)


def test_only_one_frame_is_held_at_a_time(tmp_path):
    alive = 0

    class Counted(np.ndarray):
        def __del__(self):
            nonlocal alive
            alive -= 1

    def masks():
        nonlocal alive
        for _ in range(20):
            assert alive <= 1
            alive += 1
            yield np.zeros((8, 8), np.uint32).view(Counted)

    label_stack.write_track_masks(tmp_path / "x.ome.tif", masks(), 20, (8, 8), None, None)


def test_a_scene_without_nuclei_is_a_file_of_empty_masks(tmp_path):
    table = scene({})
    masks = label_stack.track_masks(table, 3, (4, 5), lambda _: np.zeros((4, 5), np.uint32))
    label_stack.write_track_masks(tmp_path / "x.ome.tif", masks, 3, (4, 5), None, None)
    assert not tifffile.imread(tmp_path / "x.ome.tif").any()


def test_a_failure_leaves_no_file(tmp_path):
    def masks():
        yield np.zeros((4, 5), np.uint32)
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        label_stack.write_track_masks(tmp_path / "x.ome.tif", masks(), 3, (4, 5), None, None)
    assert not list(tmp_path.iterdir())


def test_the_same_masks_make_the_same_file(tmp_path):
    for folder in ("one", "other"):
        masks = iter(np.ones((2, 4, 5), np.uint32))
        label_stack.write_track_masks(tmp_path / folder / "a.ome.tif", masks, 2, (4, 5), None, None)
    one, other = (tmp_path / folder / "a.ome.tif" for folder in ("one", "other"))
    assert one.read_bytes() == other.read_bytes()
