"""Networks that nobody has trained, and the one that is shipped, ready to be asked."""

import functools

import torch
from czi_files import ROOT

from immunostain.network import on_card
from immunostain.network.loading import load_on_processor
from immunostain.network.predictor import Predictor
from immunostain.network.unet import UNet

CPU = torch.device("cpu")
SHIPPED = ROOT / "resources" / "models" / "nuclei.safetensors"


def random_network(*widths) -> UNet:
    """Give a small network in eval mode whose maps are not flat, nor its normalisation idle."""
    torch.manual_seed(0)
    network = UNet(widths)
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight)
        elif isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.uniform_(-0.2, 0.2)
            module.running_var.uniform_(0.5, 2)
    return network.eval()


def weights_of(network: UNet) -> dict:
    """Give a network's weights as `weights.read_weights` does."""
    return {name: value.numpy() for name, value in network.state_dict().items()}


def by_torch(network: UNet) -> Predictor:
    """Make a network ready as PyTorch runs it, unfolded."""
    return on_card.predictor_of(network, CPU)


@functools.cache
def shipped_network() -> Predictor:
    """Give the network that is shipped, as a processor runs it."""
    return load_on_processor(SHIPPED)
