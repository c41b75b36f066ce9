"""The network on graphics cards, by PyTorch: with fewer steps, and in short numbers."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import fuse_conv_bn_eval

from immunostain.network.predictor import Predictor
from immunostain.network.unet import UNet, load_network, short_float
from immunostain.shared.errors import SettingsError

_AT_ONCE = 16  # pictures on a card


def choose_device(asked: str) -> torch.device:
    """Turn ``auto``, ``cpu`` or ``cuda`` into a device.

    Raises
    ------
    SettingsError
        A graphics card was asked for and there is none that torch can use.
    """
    if asked == "cuda" and not torch.cuda.is_available():
        raise SettingsError(
            "segmentation.unet.device is cuda, but no graphics card can be used here; "
            "set it to auto or cpu"
        )
    return torch.device("cuda" if asked != "cpu" and torch.cuda.is_available() else "cpu")


def load_on_card(model: Path, device: torch.device) -> Predictor:
    """Load a network; the errors are those of `unet.load_network` and `fold`."""
    return predictor_of(fold(load_network(model), device), device)


def predictor_of(network: UNet, device: torch.device) -> Predictor:
    """Make a network that is on a device, folded or not, ready to be asked."""
    short = short_float(device)
    on_a_card = device.type == "cuda"

    def answer(pictures: np.ndarray) -> np.ndarray:
        with torch.inference_mode(), torch.autocast(device.type, short, enabled=short is not None):
            shown = torch.from_numpy(pictures).to(device, memory_format=torch.channels_last)
            return network(shown).float().cpu().numpy()

    at_once = _AT_ONCE if on_a_card else 1
    return Predictor(answer, network.multiple, at_once, device.type, network.file)


class _Convolution(nn.Module):
    """A convolution with batch normalisation in its weights, then a ReLU."""

    def __init__(self, convolution: nn.Conv2d, normalisation: nn.BatchNorm2d) -> None:
        super().__init__()
        folded = fuse_conv_bn_eval(convolution, normalisation)
        self.weight, self.bias = folded.weight, folded.bias

    def forward(self, maps: Tensor) -> Tensor:
        return functional.conv2d(maps, self.weight, self.bias, padding=1).relu_()


def fold(network: UNet, device: torch.device) -> UNet:
    """Give a copy that can only predict, in about half the time.

    Batch normalisation goes into the weights of the convolutions, as in B. Jacob et al.,
    Quantization and Training of Neural Networks, CVPR 2018, and weights become 16-bit numbers
    where the device computes faster with them, see `unet.short_float`.

    Parameters
    ----------
    network
        In evaluation mode.
    device
        Where it will work.

    Raises
    ------
    SettingsError
        Weights that are finite are not when folded; what they give would look like no nuclei.
    """
    folded = copy.deepcopy(network)
    for blocks in (folded.down, folded.up):
        for at, block in enumerate(blocks):
            layers: list[Any] = list(block.children())  # see unet
            first, first_norm, _, second, second_norm, _ = layers
            blocks[at] = nn.Sequential(
                _Convolution(first, first_norm), _Convolution(second, second_norm)
            )
    folded = folded.to(  # type: ignore[call-overload]
        device, short_float(device), memory_format=torch.channels_last
    )
    if not all(weight.isfinite().all() for weight in folded.parameters()):
        raise SettingsError(
            f'segmentation.unet.model: "{network.file}" is damaged, some of its weights are far '
            "too large or below 0 where they can't be; copy or train it again"
        )
    return folded.requires_grad_(False)
