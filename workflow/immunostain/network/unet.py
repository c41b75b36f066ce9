"""The neural network that finds nuclei: a UNet, its file and the numbers it works with.

O. Ronneberger, P. Fischer, T. Brox: U-Net: Convolutional Networks for Biomedical Image
Segmentation, MICCAI 2015, with batch normalisation; coarse maps are added to finer ones, which is
cheaper than putting both side by side. Its output is three maps:

foreground
    how sure the network is that a pixel is nucleus;
depth
    how far inside its nucleus a pixel is: 0 at the outline, also where two nuclei touch, 1 from
    half the way to the middle on. The distance to the outline over half its largest value in the
    nucleus, after P. Naylor et al., IEEE Trans. Med. Imaging 38 (2019) 448-459;
size
    the binary logarithm of the nucleus's diameter over the one that the network is meant for.
"""

import hashlib
import itertools
import re
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor, nn
from torch.nn import functional

from immunostain.network.model_files import DATA_SHA256, MODEL
from immunostain.shared.errors import SettingsError
from immunostain.shared.files import whole_file

WIDTHS = (16, 48, 96, 256)  # channels at full resolution, a half, a quarter and an eighth
FOREGROUND, DEPTH, SIZE = range(3)
NUCLEUS_DIAMETER = 24.0  # pixels; pictures are resampled so that the typical nucleus has it
SIZES = (-2.0, 3.0)  # limits of the size map


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
            for before, after in zip((2, *widths[:-1]), widths, strict=True)
        )
        upwards = list(itertools.pairwise(reversed(self.widths)))
        self.narrow = nn.ModuleList(nn.Conv2d(coarse, fine, 1) for coarse, fine in upwards)
        self.up = nn.ModuleList(_double_convolution(fine, fine) for _, fine in upwards)
        self.out = nn.Conv2d(widths[0], 3, 1)

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
    """Read a network, in evaluation mode.

    Parameters
    ----------
    path
        A ``.safetensors`` file, or a ``.pth`` or ``.pt`` file with the same weights (a state
        dictionary and nothing else: code in such a file is never run).
    setting
        The key that names it.

    Raises
    ------
    SettingsError
        The file can't be read, is damaged, or has the weights of something else or such as are no
        numbers.
    """
    name = f'{setting}: "{path}"'
    try:
        Path(path).open("rb").close()
    except OSError as error:
        raise SettingsError(f"{name}: {error.strerror or error}") from error
    try:
        if Path(path).suffix == ".safetensors":
            weights = safetensors.torch.load_file(path)
        else:
            weights = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # what is damaged can raise anything
        raise SettingsError(
            f"{name} is damaged, or holds more than weights; copy or train it again"
        ) from error
    try:
        convolutions = [key for key in weights if re.fullmatch(r"down\.\d+\.0\.weight", key)]
        widths = [weights[f"down.{at}.0.weight"].shape[0] for at in range(len(convolutions))]
        if len(widths) > len(WIDTHS):
            raise ValueError("it sees further than tiles overlap")
        network = UNet(tuple(widths))
        network.load_state_dict(weights)
    except (AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise SettingsError(
            f"{name} has the weights of another kind of network; "
            "use one that `snakemake train_unet` of this version made"
        ) from error
    if not all(value.isfinite().all() for value in network.state_dict().values()):
        raise SettingsError(
            f"{name} is damaged, some of its weights are no numbers; copy or train it again"
        )
    network.file = Path(path)
    return network.eval()
