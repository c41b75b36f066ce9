"""The neural network that finds nuclei: a UNet, as it is taught, and its file.

O. Ronneberger, P. Fischer, T. Brox: U-Net: Convolutional Networks for Biomedical Image
Segmentation, MICCAI 2015, with batch normalisation; coarse maps are added to finer ones, which is
cheaper than putting both side by side. What its three maps are stands in `predictor`.
"""

import hashlib
import itertools
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor, nn
from torch.nn import functional

from immunostain.network.model_files import DATA_SHA256, MODEL
from immunostain.network.weights import INPUT_CHANNELS, MAPS, WIDTHS, read_weights, widths_of
from immunostain.shared.files import whole_file


class UNet(nn.Module):
    """A UNet from (N, 2, Y, X) to (N, 3, Y, X), Y and X multiples of `UNet.multiple`.

    The input is what `input.network_input` makes. The output's first two maps are logits, the
    third is a logarithm.

    Parameters
    ----------
    widths
        Number of channels at each resolution, finest first.

    Attributes
    ----------
    file
        Where it was read from, None: nowhere.
    """

    def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        self.file: Path | None = None
        self.widths = tuple(widths)
        self.multiple = 2 ** (len(widths) - 1)
        self.down = nn.ModuleList(
            _double_convolution(before, after)
            for before, after in zip((INPUT_CHANNELS, *widths[:-1]), widths, strict=True)
        )
        upwards = list(itertools.pairwise(reversed(self.widths)))
        self.narrow = nn.ModuleList(nn.Conv2d(coarse, fine, 1) for coarse, fine in upwards)
        self.up = nn.ModuleList(_double_convolution(fine, fine) for _, fine in upwards)
        self.out = nn.Conv2d(widths[0], MAPS, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        """Give the three maps of each picture."""
        seen = []
        maps = pictures.to(self.out.weight.dtype)
        for depth, block in enumerate(self.down):
            maps = block(functional.max_pool2d(maps, 2) if depth else maps)
            seen.append(maps)
        seen.pop()
        for narrow, block in zip(self.narrow, self.up, strict=True):
            finer = functional.interpolate(narrow(maps), scale_factor=2.0, mode="nearest")
            joined = finer + seen.pop()
            maps = joined + block(joined)
        return self.out(maps)


def _double_convolution(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
        nn.Conv2d(after, after, 3, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
    )


def short_float(device: torch.device) -> torch.dtype | None:
    """Name the 16-bit numbers with which a device convolves several times faster; None: it doesn't.

    Graphics cards do, and processors that have instructions for bfloat16 matrices or products.
    """
    if device.type == "cuda":
        return torch.float16
    able = torch.cpu.get_capabilities()
    return torch.bfloat16 if able.get("amx_bf16") or able.get("avx512_bf16") else None


def save_network(path: str | Path, network: UNet, metadata: dict[str, str]) -> None:
    """Write a network's weights as safetensors.

    Parameters
    ----------
    path
        Ends in ``.safetensors``.
    network
        In whatever mode, on whatever device.
    metadata
        Kept in the file: what the network was trained on, and how. A checksum of the weights is
        added, by which `model_files.check_model_file` sees damage.
    """
    weights = {name: value.cpu().contiguous() for name, value in network.state_dict().items()}
    plain = safetensors.torch.save(weights)
    data = memoryview(plain)[8 + int.from_bytes(plain[:8], "little") :]  # all behind the header
    metadata = metadata | {DATA_SHA256: hashlib.sha256(data).hexdigest()}
    with whole_file(path) as partial:
        partial.write_bytes(safetensors.torch.save(weights, metadata))


def load_network(path: str | Path, setting: str = MODEL) -> UNet:
    """Read a network, in evaluation mode; parameters and errors are those of `read_weights`."""
    weights = read_weights(path, setting)
    network = UNet(widths_of(weights))
    network.load_state_dict({key: torch.from_numpy(value) for key, value in weights.items()})
    network.file = Path(path)
    return network.eval()
