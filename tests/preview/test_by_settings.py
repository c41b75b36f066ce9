"""What a region of a large frame shows is what a run finds there."""

import numpy as np
import pytest
from drawn_nuclei import drawn
from polygons import painted

from immunostain.images.eight_bit import brightness_range
from immunostain.nuclei.by_threshold import stretched
from immunostain.nuclei.labels import label_nuclei
from immunostain.nuclei.threshold import above_level
from immunostain.preview.by_settings import by_level, by_probability, masks_by_level
from immunostain.preview.contours import Contours, canvas
from immunostain.preview.regions import Region, regions_of

LEVELS, AREAS = [60, "otsu"], [None, 0, 150]
AROUND = 60  # pixels beyond a region, for nuclei that reach out of it


@pytest.fixture(scope="module")
def frame():
    """Give nuclei of 20 pixels, brighter to one side, with holes, specks and pairs that touch."""
    rng = np.random.default_rng(3)
    nuclei = np.tile(drawn(20, 6, 6), (4, 4)).astype(float)
    size = nuclei.shape
    nuclei *= np.linspace(0.4, 1.4, size[1])
    light = np.maximum(nuclei, np.roll(nuclei, (9, 13), (0, 1)) * (np.indices(size)[0] < 300))
    light[rng.random(size) < 0.001] *= 4
    return (light + rng.normal(100, 3, size)).clip(0, 65535).astype(np.uint16)


def within(labels, region):
    """Give the nuclei of a label image that reach into a region, and which lie in it wholly."""
    labels = np.pad(labels, AROUND)
    around = labels[region.top :, region.left :]
    around = around[: region.height + 2 * AROUND, : region.width + 2 * AROUND]
    inner = around[AROUND:-AROUND, AROUND:-AROUND]
    found = {}
    for number in np.unique(inner[inner > 0]):
        pixels = np.flatnonzero(around == number)
        found[tuple(pixels.tolist())] = (inner == number).sum() == (labels == number).sum()
    return found


def test_nuclei_that_lie_in_a_region_are_those_of_a_run(frame):
    picture = stretched(frame, *brightness_range(frame))
    (region,) = regions_of(frame, 20.0, 1)
    assert region.height < frame.shape[0]
    known = Contours()
    found = by_level(
        masks_by_level(frame, [region], LEVELS)[0], AREAS, canvas(region, frame.shape), known
    )
    shape = region.height + 2 * AROUND, region.width + 2 * AROUND
    pixels = [
        tuple(np.flatnonzero(painted(path, shape, (-AROUND, -AROUND))).tolist())
        for path in known.paths
    ]
    for level, of_level in zip(LEVELS, found, strict=True):
        mask = above_level(picture, level)
        for separate, of_switch in enumerate(of_level):
            for area, result in zip(AREAS[1:], of_switch["areas"][1:], strict=True):
                assert result["minimum_area_px"] == area
                of_run = within(label_nuclei(mask, area, bool(separate), False).labels, region)
                numbers = result["nuclei"] + result["at_edge"]
                inside = {nucleus for nucleus, whole in of_run.items() if whole}
                assert inside and inside <= {pixels[number] for number in numbers}


def test_a_frame_of_noise_has_no_nuclei_whatever_the_level():
    frame = np.random.default_rng(0).normal(500, 30, (300, 300)).astype(np.uint16)
    whole = Region(0, 0, 300, 300, 0, 0, 300, 300)
    known = Contours()
    found = by_level(
        masks_by_level(frame, [whole], LEVELS)[0], AREAS, canvas(whole, frame.shape), known
    )
    assert known.paths == []
    assert all(result["sizes"] == [] for of_level in found for result in of_level)


def test_masked_pixels_are_no_nucleus_whatever_the_network_says():
    maps = np.zeros((2, 40, 60), np.uint8)
    maps[:, 10:20, 10:20] = maps[:, 10:20, 40:50] = 255
    whole, left_out = Region(0, 0, 40, 60, 0, 0, 40, 60), np.zeros((40, 60), bool)
    left_out[:, 30:] = True
    known = Contours()
    on = canvas(whole, left_out.shape)
    ((_, separated),) = by_probability(maps, whole, [0.5], [0, 50], left_out, on, known)
    assert [result["nuclei"] for result in separated["areas"]] == [[0], [0]]
    assert known.paths == ["M10 10h10v10h-10z"]
    assert separated["sizes"] == [[90.51, 1]]
