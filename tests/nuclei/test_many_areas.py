"""Nuclei for many minimum areas at once: the same as for each of them alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from immunostain.nuclei import many_areas
from immunostain.nuclei.from_maps import nuclei_of_maps
from immunostain.nuclei.labels import label_nuclei

AREAS = [None, 0, 3, 12, 30, 120]


def outlines(labels, least=0):
    """Give the pixels of each object that is not smaller."""
    places = (np.flatnonzero(labels == n) for n in np.unique(labels[labels > 0]))
    return sorted(tuple(place.tolist()) for place in places if place.size >= least)


def found(by_area, number, shape):
    """Give the pixels of each nucleus for one of the minimum areas."""
    nuclei = []
    for labels, part, numbers in by_area.objects:
        if number in numbers:
            whole = np.zeros(shape, np.uint32)
            whole[part] = labels
            nuclei += outlines(whole, by_area.minimum_areas[number])
    return sorted(nuclei)


@settings(deadline=None, max_examples=150)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.35, 0.5, 0.6, 0.75]),
    st.sampled_from([0.0, 0.8, 1.5, 2.5]),
    st.booleans(),
)
def test_a_mask_has_the_nuclei_that_each_minimum_area_gives_alone(seed, share, blur, separate):
    # From specks to lace: islands in holes, holes in islands, corners that touch.
    noise = np.random.default_rng(seed).random((40, 52))
    noise = ndimage.gaussian_filter(noise, blur) if blur else noise
    mask = noise < np.quantile(noise, share)
    by_area = many_areas.of_mask(mask, AREAS, separate)
    for number, area in enumerate(AREAS):
        alone = label_nuclei(mask.copy(), area, separate, False)
        assert by_area.minimum_areas[number] == alone.minimum_area
        assert found(by_area, number, mask.shape) == outlines(alone.labels)


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.4, 0.7]),
    st.sampled_from([1.0, 1.6]),
    st.booleans(),
    st.booleans(),
)
def test_maps_have_the_nuclei_that_each_minimum_area_gives_alone(
    seed, probability, zoom, separate, masked
):
    rng = np.random.default_rng(seed)
    noise = ndimage.gaussian_filter(rng.random((2, 36, 44)), (0, 1.6, 1.6))
    maps = ((noise - noise.min()) * (255 / np.ptp(noise))).astype(np.uint8)
    maps[0] = np.where(maps[0] > 120, 255 - rng.integers(0, 30, maps[0].shape), maps[0] // 2)
    shape = tuple(round(side * zoom) for side in maps[0].shape)
    left_out = np.indices(shape)[0] < 5 if masked else None
    by_area = many_areas.of_maps(maps, shape, probability, AREAS, separate, left_out)
    for number, area in enumerate(AREAS):
        alone = nuclei_of_maps(maps, shape, probability, area, separate, False, left_out)
        assert by_area.minimum_areas[number] == alone.minimum_area
        assert found(by_area, number, shape) == outlines(alone.labels)


@pytest.mark.parametrize("separate", [False, True])
def test_a_hole_is_filled_where_it_is_smaller_than_a_nucleus(separate):
    mask = np.zeros((30, 30), bool)
    mask[5:25, 5:25] = True
    mask[10:14, 10:14] = False
    by_area = many_areas.of_mask(mask, [16, 17, 384, 385], separate)
    assert [sum(map(len, found(by_area, n, mask.shape))) for n in range(4)] == [384, 400, 400, 0]


def test_a_picture_without_nuclei_has_none():
    by_area = many_areas.of_mask(np.zeros((9, 9), bool), [None, 5], True)
    assert found(by_area, 0, (9, 9)) == found(by_area, 1, (9, 9)) == []
