"""The network as PyTorch runs it, folded and on whatever device there is."""

import re

import numpy as np
import pytest
import torch
from networks import CPU, SHIPPED, by_torch, random_network

from immunostain.network import on_card
from immunostain.network.on_card import choose_device, fold, load_on_card, predictor_of
from immunostain.network.unet import load_network
from immunostain.shared.errors import SettingsError


def pictures(*shape):
    return np.random.default_rng(1).random(shape, np.float32)


def test_devices():
    assert choose_device("cpu") == CPU
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a graphics card")
def test_a_card_that_is_not_there_is_told_in_a_sentence():
    with pytest.raises(SettingsError) as caught:
        choose_device("cuda")
    assert re.fullmatch(r"segmentation\.unet\.device is cuda, but [^\n]+", str(caught.value))


def test_what_is_asked_is_answered_in_numbers_of_32_bits():
    network = random_network(4, 6)
    ready, seen = by_torch(network), pictures(3, 2, 8, 16)
    answer = ready.answer(seen)
    assert answer.dtype == np.float32 and ready.multiple == 2 and ready.at_once == 1
    with torch.inference_mode():
        expected = network(torch.from_numpy(seen)).numpy()
    np.testing.assert_allclose(answer, expected, atol=0.1)  # 16-bit numbers on some processors


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no graphics card")
def test_a_card_gives_what_the_processor_gives():
    seen, card = pictures(2, 2, 64, 64), load_on_card(SHIPPED, torch.device("cuda"))
    assert card.at_once > 1 and card.file == SHIPPED
    shares = [
        1 / (1 + np.exp(-each.answer(seen)[:, :2]))
        for each in (card, by_torch(load_network(SHIPPED)))
    ]
    np.testing.assert_allclose(*shares, atol=0.02)


def test_a_folded_network_can_be_asked():
    network = random_network(4, 6)
    seen = pictures(1, 2, 8, 8)
    folded = predictor_of(fold(network, CPU), CPU)
    np.testing.assert_allclose(folded.answer(seen), by_torch(network).answer(seen), atol=0.1)


def random_pictures(*shape):
    return torch.from_numpy(pictures(*shape))


@pytest.mark.parametrize("widths", [(3,), (4, 6), (2, 3, 4, 5)])
def test_in_32_bit_numbers_nothing_changes(monkeypatch, widths):
    monkeypatch.setattr(on_card, "short_float", lambda device: None)
    network, seen = random_network(*widths), random_pictures(2, 2, 16, 24)
    before = network(seen)
    folded = fold(network, CPU)
    with torch.inference_mode():
        torch.testing.assert_close(folded(seen), before, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(network(seen), before)  # it was a copy
    assert folded.multiple == network.multiple


def test_in_short_numbers_maps_hardly_change():
    seen = random_pictures(1, 2, 64, 64)
    with torch.inference_mode():
        maps = fold(load_network(SHIPPED), CPU)(seen).float()
        expected = load_network(SHIPPED)(seen)
    torch.testing.assert_close(maps[:, :2].sigmoid(), expected[:, :2].sigmoid(), atol=0.02, rtol=0)
