"""Crops without nuclei: as the network would be shown them, and not all alike."""

import numpy as np
import pytest
import torch

from immunostain.network.input import stretch_range
from immunostain.training import negatives
from immunostain.training.negatives import without_nuclei


@pytest.mark.parametrize("seed", range(8))
def test_they_are_stretched_as_any_picture(seed):
    picture = without_nuclei(96, np.random.default_rng(seed))
    assert picture.shape == (96, 96) and picture.dtype == torch.float32
    assert picture.isfinite().all() and picture.min() >= -1 and picture.max() <= 4
    low, high = stretch_range(picture.numpy())
    assert low == pytest.approx(0, abs=0.02) and high == pytest.approx(1, abs=0.05)


def test_all_chance_comes_from_the_generator():
    one, again, other = (without_nuclei(64, np.random.default_rng(n)) for n in (3, 3, 4))
    assert torch.equal(one, again) and not torch.equal(one, other)


def test_noise_has_no_neighbours_alike_and_things_have(monkeypatch):
    monkeypatch.setattr(negatives, "BLURRED", 0.0)

    def likeness(share):
        monkeypatch.setattr(negatives, "ONLY_NOISE", share)
        found = []
        for seed in range(20):
            picture = without_nuclei(96, np.random.default_rng(seed)).numpy()
            found.append(np.corrcoef(picture[:, 1:].ravel(), picture[:, :-1].ravel())[0, 1])
        return found

    assert max(np.abs(likeness(1.0))) < 0.1
    assert np.mean(np.array(likeness(0.0)) > 0.3) > 0.7


@pytest.mark.parametrize("thing", ["_haze", "_veins", "_waves", "_walls", "_holes"])
def test_things_are_drawn_in_any_size(thing):
    for seed in range(3):
        drawn = getattr(negatives, thing)(33, np.random.default_rng(seed))
        assert drawn.shape == (33, 33) and drawn.isfinite().all() and drawn.std() > 0.01
