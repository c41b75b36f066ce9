"""The network on a processor, by OpenVINO, which starts in a tenth of PyTorch's time.

Convolutions of 3 x 3 pixels, but the first, get whole numbers of 8 bits, which processors multiply
two to three times faster than numbers of 32 bits, after B. Jacob et al., Quantization and Training
of Neural Networks for Efficient Integer-Arithmetic-Only Inference, CVPR 2018. No pictures are
needed to see how large numbers get: batch normalisation knows how they were spread in training,
after M. Nagel et al., Data-Free Quantization Through Weight Equalization and Bias Correction,
ICCV 2019.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from immunostain.network.model_files import MODEL
from immunostain.network.weights import (
    INPUT_CHANNELS,
    TINY,
    Convolution,
    folded_weights,
    widths_of,
)

# When it is imported, OpenVINO tells its makers so over the internet, and keeps a number for that
# in the user's home, all without asking. The part that does converts models, which isn't needed
# here; OpenVINO does without it where it can't be imported.
sys.modules["openvino.tools.ovc"] = None  # type: ignore[assignment]
import openvino  # noqa: E402
from openvino import Node, opset13  # noqa: E402

# Numbers that are further from their mean than so many standard deviations are cut off. Of 5 to 10,
# with 7 the maps of 25 pictures that were learnt from were nearest to those of 32-bit numbers.
DEVIATIONS = 7
_LEVELS = 256  # of numbers of 8 bits
_WEIGHT_LEVELS = 255  # as many below 0 as above


@dataclass(frozen=True)
class Spread:
    """How the numbers of some maps were spread in training, as far as is known.

    Attributes
    ----------
    mean, deviation
        Of each map.
    low, high
        Hardly any number of any map is beyond them.
    """

    mean: np.ndarray
    deviation: np.ndarray
    low: float
    high: float


@dataclass(frozen=True)
class _Maps:
    """Maps somewhere in the network; if their spread isn't known, they keep 32 bits."""

    node: Node
    spread: Spread | None


def graph_of(
    weights: Mapping[str, np.ndarray], setting: str = MODEL, whole_numbers: bool = True
) -> openvino.Model:
    """Build the network `unet.UNet` of its weights, for pictures of any number and size.

    Parameters
    ----------
    weights
        From `weights.read_weights`.
    setting
        The key that names their file, and the file.
    whole_numbers
        False: all numbers have 32 bits.

    Returns
    -------
    openvino.Model
        From ``pictures``, (N, 2, Y, X), to maps, (N, 3, Y, X), see `predictor.Predictor`.

    Raises
    ------
    SettingsError
        See `weights.folded_weights`.
    """
    folded = folded_weights(weights, setting)

    def block(maps: _Maps, name: str) -> _Maps:
        for convolution in (folded[f"{name}.0"], folded[f"{name}.3"]):
            normal = convolution.normal if whole_numbers else None
            node = opset13.relu(_convolved(maps, convolution))
            maps = _Maps(node, normal and rectified(*normal))
        return maps

    levels = len(widths_of(weights))
    pictures = opset13.parameter([-1, INPUT_CHANNELS, -1, -1], np.float32, "pictures")
    maps, seen = _Maps(pictures, None), []
    for level in range(levels):
        if level:
            maps = _Maps(_half(maps.node), maps.spread)
        maps = block(maps, f"down.{level}")
        seen.append(maps)
    seen.pop()
    for level in range(levels - 1):
        narrow = folded[f"narrow.{level}"]
        spread = maps.spread and mixed(maps.spread, narrow)
        joined = _sum(_Maps(_twice(_convolved(maps, narrow)), spread), seen.pop())
        maps = _sum(joined, block(joined, f"up.{level}"))
    return openvino.Model([_convolved(maps, folded["out"])], [pictures], "unet")


def _half(node: Node) -> Node:
    return opset13.max_pool(node, [2, 2], [1, 1], [0, 0], [0, 0], [2, 2]).output(0)


def _twice(node: Node) -> Node:
    nearest = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    factors, axes = np.array([2, 2], np.float32), np.array([2, 3])
    return opset13.interpolate(node, factors, "nearest", "scales", axes=axes, **nearest)


def _sum(one: _Maps, other: _Maps) -> _Maps:
    spread = one.spread and other.spread and added(one.spread, other.spread)
    return _Maps(opset13.add(one.node, other.node), spread)


def _convolved(maps: _Maps, convolution: Convolution) -> Node:
    weight, side = convolution.weight, convolution.weight.shape[-1]
    node, factors = maps.node, opset13.constant(weight)
    if maps.spread and side > 1:
        limits = np.float32(maps.spread.low), np.float32(maps.spread.high)
        node = opset13.fake_quantize(node, *limits, *limits, _LEVELS)
        most = np.abs(weight).max((1, 2, 3), keepdims=True)
        most[most == 0] = 1
        factors = opset13.fake_quantize(factors, -most, most, -most, most, _WEIGHT_LEVELS)
    beyond = [side // 2] * 2
    node = opset13.convolution(node, factors, [1, 1], beyond, beyond, [1, 1])
    return opset13.add(node, convolution.bias[:, None, None])


def rectified(mean: np.ndarray, deviation: np.ndarray) -> Spread:
    """Tell how normal numbers are spread when those below 0 are made 0."""
    deviation = np.maximum(deviation, TINY)
    z = mean / deviation
    above, density = ndtr(z), np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    first = mean * above + deviation * density
    second = (mean**2 + deviation**2) * above + mean * deviation * density
    high = max(TINY, float((mean + DEVIATIONS * deviation).max()))
    return Spread(first, np.sqrt(np.maximum(second - first**2, 0)), 0.0, high)


def mixed(spread: Spread, convolution: Convolution) -> Spread:
    """Tell how what a convolution of single pixels gives is spread, if maps don't hang together."""
    factors = convolution.weight[:, :, 0, 0].astype(float)
    mean = factors @ spread.mean + convolution.bias
    return _normal(mean, np.sqrt(factors**2 @ spread.deviation**2))


def added(one: Spread, other: Spread) -> Spread:
    """Tell how sums are spread, if maps don't hang together."""
    return _normal(one.mean + other.mean, np.hypot(one.deviation, other.deviation))


def _normal(mean: np.ndarray, deviation: np.ndarray) -> Spread:
    far = DEVIATIONS * np.maximum(deviation, TINY)
    return Spread(mean, deviation, float((mean - far).min()), float((mean + far).max()))


def answering(graph: openvino.Model, threads: int) -> Callable[[np.ndarray], np.ndarray]:
    """Make what `graph_of` built ready to be asked, see `predictor.Predictor.answer`."""
    how = {
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        # There are other jobs on this computer, which would get the same cores.
        "ENABLE_CPU_PINNING": False,
        # Some processors would take 16 bits for what isn't whole, and give other nuclei.
        "INFERENCE_PRECISION_HINT": "f32",
    }
    request = openvino.Core().compile_model(graph, "CPU", how).create_infer_request()

    def answer(pictures: np.ndarray) -> np.ndarray:
        return request.infer([pictures], share_inputs=True)[0]

    return answer
