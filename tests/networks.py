"""Networks that nobody has trained."""

import torch

from immunostain.network.unet import UNet


def random_network(*widths):
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
