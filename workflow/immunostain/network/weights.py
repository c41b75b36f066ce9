"""The weights of the network: their names and shapes, and the files that hold them."""

import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy

from immunostain.network.model_files import MODEL
from immunostain.shared.errors import SettingsError

WIDTHS = (16, 48, 96, 256)  # channels at full resolution, a half, a quarter and an eighth
INPUT_CHANNELS, MAPS = 2, 3
TINY = 1e-5  # what batch normalisation adds to a variance


def read_weights(path: str | Path, setting: str = MODEL) -> dict[str, np.ndarray]:
    """Read a network's weights, as numbers of 32 bits.

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
        held = _held_by(Path(path))
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"{name} needs PyTorch, which isn't installed; see docs/running.md, or give a "
            ".safetensors file"
        ) from error
    except Exception as error:  # what is damaged can raise anything
        raise SettingsError(
            f"{name} is damaged, or holds more than weights; copy or train it again"
        ) from error
    try:
        weights = {key: np.asarray(value) for key, value in held.items()}
        shapes = {key: value.shape for key, value in weights.items()}
        if shapes != weight_shapes(widths_of(weights)):
            raise ValueError("other weights")
    except (AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise SettingsError(
            f"{name} has the weights of another kind of network; "
            "use one that `snakemake train_unet` of this version made"
        ) from error
    if not all(np.isfinite(value).all() for value in weights.values()):
        raise SettingsError(
            f"{name} is damaged, some of its weights are no numbers; copy or train it again"
        )
    return {key: value.astype(np.float32) for key, value in weights.items()}


def _held_by(path: Path) -> Any:
    if path.suffix == ".safetensors":
        return safetensors.numpy.load_file(path)
    torch = importlib.import_module("torch")  # of which other files, and most users, need nothing
    return torch.load(path, map_location="cpu", weights_only=True)


def widths_of(weights: Mapping[str, np.ndarray]) -> tuple[int, ...]:
    """Give the number of channels at each resolution, finest first.

    Raises
    ------
    ValueError
        There are none, or so many that the network sees further than tiles overlap.
    """
    first = [key for key in weights if re.fullmatch(r"down\.\d+\.0\.weight", key)]
    if not 0 < len(first) <= len(WIDTHS):
        raise ValueError("it sees further than tiles overlap")
    return tuple(weights[f"down.{level}.0.weight"].shape[0] for level in range(len(first)))


def weight_shapes(widths: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    """Give the shape of each of the weights of `unet.UNet`, by their names."""
    shapes: dict[str, tuple[int, ...]] = {}
    fine, coarse = widths[-2::-1], widths[:0:-1]  # on the way up
    for level, (before, after) in enumerate(zip((INPUT_CHANNELS, *widths), widths, strict=False)):
        shapes |= _block(f"down.{level}", before, after)
    for level, (to, of) in enumerate(zip(fine, coarse, strict=True)):
        shapes |= _convolution(f"narrow.{level}", of, to, 1) | _block(f"up.{level}", to, to)
    return shapes | _convolution("out", widths[0], MAPS, 1)


def _convolution(name: str, before: int, after: int, side: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (after, before, side, side), f"{name}.bias": (after,)}


def _block(name: str, before: int, after: int) -> dict[str, tuple[int, ...]]:
    """Give those of two convolutions, each with batch normalisation and a ReLU."""
    shapes: dict[str, tuple[int, ...]] = {}
    for convolution, of in ((0, before), (3, after)):
        shapes[f"{name}.{convolution}.weight"] = (after, of, 3, 3)
        for part in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"{name}.{convolution + 1}.{part}"] = (after,)
        shapes[f"{name}.{convolution + 1}.num_batches_tracked"] = ()
    return shapes


@dataclass(frozen=True)
class Convolution:
    """A convolution with what follows it folded in.

    Attributes
    ----------
    weight, bias
        (after, before, Y, X) and (after,) float32.
    normal
        The mean and the deviation, (after,), of what it gave in training, where batch normalisation
        tells them; else None.
    """

    weight: np.ndarray
    bias: np.ndarray
    normal: tuple[np.ndarray, np.ndarray] | None = None


def folded_weights(
    weights: Mapping[str, np.ndarray], setting: str = MODEL
) -> dict[str, Convolution]:
    """Put batch normalisation into the convolutions before it, and name these.

    Parameters
    ----------
    weights
        From `read_weights`.
    setting
        The key that names their file, and the file.

    Raises
    ------
    SettingsError
        Weights that are finite are not when folded; what they give would look like no nuclei.
    """
    folded = {}
    for name in (key.removesuffix(".weight") for key in weights if weights[key].ndim == 4):
        weight = weights[f"{name}.weight"]
        if f"{name}.bias" in weights:
            folded[name] = Convolution(weight, weights[f"{name}.bias"])
            continue
        block, _, number = name.rpartition(".")
        scale, shift, mean, variance = (
            weights[f"{block}.{int(number) + 1}.{part}"].astype(float)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        with np.errstate(invalid="ignore", over="ignore"):  # such as aren't finite are told
            gain = scale / np.sqrt(variance + TINY)
            weight = (weight * gain[:, None, None, None]).astype(np.float32)
            bias = (shift - mean * gain).astype(np.float32)
        folded[name] = Convolution(weight, bias, (shift, np.abs(scale)))
    parts = [part for each in folded.values() for part in (each.weight, each.bias)]
    if not all(np.isfinite(part).all() for part in parts):
        raise SettingsError(
            f"{setting} is damaged, some of its weights are far "
            "too large or below 0 where they can't be; copy or train it again"
        )
    return folded
