"""How crops are made to look: within bounds, and as nuclei still."""

import numpy as np
import pytest
import torch

from immunostain.training import appearance
from immunostain.training.appearance import blur, clouds, vary_appearance


def discs(side=96):
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    nuclei = torch.zeros(side, side, dtype=torch.long)
    for number, (cy, cx) in enumerate(((24, 24), (24, 70), (70, 40)), 1):
        nuclei[(y - cy) ** 2 + (x - cx) ** 2 <= 144] = number
    inside = (nuclei > 0).float()
    return inside, inside, nuclei


def test_some_crops_keep_their_look(monkeypatch):
    def plainness(share):
        monkeypatch.setattr(appearance, "PLAIN", share)
        picture, foreground, nuclei = discs()
        made = [
            vary_appearance(picture, foreground, nuclei, 24.0, np.random.default_rng(seed))
            for seed in range(40)
        ]
        pairs = [np.corrcoef(one.ravel(), picture.ravel())[0, 1] for one in made]
        return float(np.mean(np.array(pairs) > 0.99))

    assert plainness(1.1) > 0.8 and plainness(0) < 0.3


@pytest.mark.parametrize("seed", range(6))
def test_values_stay_within_bounds_and_all_chance_is_the_generator_s(seed):
    made = [vary_appearance(*discs(), 24.0, np.random.default_rng(seed)) for _ in range(2)]
    assert torch.equal(*made)
    assert made[0].isfinite().all() and made[0].min() >= -1 and made[0].max() <= 4


def test_nuclei_stay_brighter_than_what_is_around_them():
    picture, foreground, nuclei = discs()
    brighter = []
    for seed in range(60):
        varied = vary_appearance(picture, foreground, nuclei, 24.0, np.random.default_rng(seed))
        brighter.append(float(varied[nuclei > 0].mean() - varied[nuclei == 0].mean()))
    assert np.mean(np.array(brighter) > 0) > 0.9
    assert np.ptp(brighter) > 0.5  # and they are not all alike


def test_a_blur_keeps_what_is_there():
    picture = torch.zeros(41, 41)
    picture[20, 20] = 1
    blurred = blur(picture, 3.0)
    assert float(blurred.sum()) == pytest.approx(1, abs=1e-4)
    y = torch.arange(41.0) - 20
    assert float((blurred.sum(1) * y**2).sum()) ** 0.5 == pytest.approx(3, rel=0.03)
    assert torch.allclose(blur(torch.ones(5, 9), 30.0), torch.ones(5, 9))


def test_clouds_change_over_their_grain():
    found = clouds((200, 200), 25.0, np.random.default_rng(0))
    assert found.shape == (200, 200) and 0.3 < float(found.std()) < 1.5
    assert float((found[:, 1:] - found[:, :-1]).abs().mean()) < 0.1
