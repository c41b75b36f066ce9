"""The network made quick gives what the network gives."""

import pytest
import torch
from czi_files import ROOT
from networks import random_network

from immunostain.network import folding
from immunostain.network.folding import fold
from immunostain.network.unet import load_network

CPU = torch.device("cpu")
SHIPPED = ROOT / "resources" / "models" / "nuclei.safetensors"


def pictures(*shape):
    return torch.rand(*shape, generator=torch.manual_seed(1))


@pytest.mark.parametrize("in_one_step", [True, False])
@pytest.mark.parametrize("widths", [(3,), (4, 6), (2, 3, 4, 5)])
def test_in_32_bit_numbers_nothing_changes(monkeypatch, widths, in_one_step):
    monkeypatch.setattr(folding, "short_float", lambda device: None)
    if not in_one_step:
        monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    network, seen = random_network(*widths), pictures(2, 2, 16, 24)
    before = network(seen)
    folded = fold(network, CPU)
    with torch.inference_mode():
        torch.testing.assert_close(folded(seen), before, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(network(seen), before)  # it was a copy
    assert folded.multiple == network.multiple


def test_in_short_numbers_maps_hardly_change():
    seen = pictures(1, 2, 64, 64)
    with torch.inference_mode():
        maps = fold(load_network(SHIPPED), CPU)(seen).float()
        expected = load_network(SHIPPED)(seen)
    torch.testing.assert_close(maps[:, :2].sigmoid(), expected[:, :2].sigmoid(), atol=0.02, rtol=0)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no graphics card")
def test_a_card_gives_what_the_processor_gives():
    seen, card = pictures(1, 2, 64, 64), torch.device("cuda")
    with torch.inference_mode():
        maps = fold(load_network(SHIPPED), card)(seen.to(card)).float().cpu()
        expected = load_network(SHIPPED)(seen)
    torch.testing.assert_close(maps[:, :2].sigmoid(), expected[:, :2].sigmoid(), atol=0.02, rtol=0)
