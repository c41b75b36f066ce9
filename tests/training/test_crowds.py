"""Nuclei of one crop laid over another one."""

import numpy as np
import pytest
import torch

from immunostain.training.crowds import GONE, Crop, crowded
from immunostain.training.examples import depth_map

SIDE = 60


def crop_of(*squares, brightness=1.0):
    """Draw squares (top, left, side), the first is nucleus 1."""
    nuclei = np.zeros((SIDE, SIDE), np.int32)
    for number, (top, left, side) in enumerate(squares, 1):
        nuclei[top : top + side, left : left + side] = number
    inside = torch.from_numpy((nuclei > 0).astype(np.float32))
    diameters = 2 * np.sqrt(np.bincount(nuclei.ravel()) / np.pi)
    diameters[0] = 0
    return Crop(
        brightness * inside,
        inside,
        torch.from_numpy(depth_map(nuclei)),
        torch.from_numpy(nuclei).long(),
        torch.ones(SIDE, SIDE),
        diameters.astype(np.float32),
    )


def tried(below, above, times=60):
    """Lay one over the other with several seeds; those that changed."""
    made = [crowded(below, above, np.random.default_rng(seed)) for seed in range(times)]
    return [one for one in made if not torch.equal(one.nuclei, below.nuclei)]


def test_a_nucleus_is_laid_beside_others():
    below, above = crop_of((5, 5, 20)), crop_of((30, 30, 16))
    made = tried(below, above)
    assert made
    for one in made:
        assert torch.equal(one.nuclei == 3, above.nuclei == 1)  # numbers go on
        assert torch.equal(one.nuclei == 1, below.nuclei == 1)
        assert torch.equal(one.foreground, below.foreground + above.foreground)
        torch.testing.assert_close(one.depth, below.depth + above.depth)
        assert one.diameters.tolist() == [*below.diameters, *above.diameters]
        assert one.picture[36:40, 36:40].min() > 0.3 and (one.known == 1).all()
        assert one.picture[10:20, 10:20].mean() == pytest.approx(1)


def test_the_hidden_nucleus_gets_a_new_middle():
    below, above = crop_of((10, 10, 20)), crop_of((16, 26, 20))
    made = tried(below, above)
    assert made
    for one in made:
        assert int((one.nuclei == 3).sum()) == 400  # on top it is whole
        rest = one.nuclei == 1
        assert 0 < int((below.nuclei == 1).sum() - rest.sum()) <= 0.3 * 400
        torch.testing.assert_close(
            one.depth[rest], torch.from_numpy(depth_map(one.nuclei.numpy().astype(np.int32)))[rest]
        )
        assert (one.foreground[(one.nuclei > 0)] == 1).all()


def test_none_is_laid_where_it_would_hide_much_of_itself():
    assert not tried(crop_of((10, 10, 20)), crop_of((12, 12, 20)))


def test_what_is_nearly_hidden_is_not_learnt_from():
    below, above = crop_of((20, 20, 8)), crop_of((10, 10, 16))
    for one in tried(below, above):
        left = int((one.nuclei == 1).sum())
        known = one.known[one.nuclei == 1]
        assert bool((known == 0).all()) == (64 - left > GONE * 64)


def test_specks_are_not_laid_over_nuclei():
    assert not tried(crop_of((5, 5, 20)), crop_of((40, 40, 4)))
