"""The network as ONNX Runtime wants it, which runs it on processors without PyTorch.

The model stays the file of weights; this is made of it, and has its SHA-256 for a name.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from immunostain import __version__
from immunostain.network.model_files import find_model
from immunostain.network.on_processor import MULTIPLE, predictor_of, prepared_name
from immunostain.network.predictor import Predictor
from immunostain.network.weights import INPUT_CHANNELS, MAPS, read_weights, widths_of
from immunostain.shared.errors import SettingsError
from immunostain.shared.files import whole_file

OPERATORS = 18  # the version of ONNX's operators
FORMAT = 9  # and that of its files
TINY = 1e-5  # what batch normalisation adds to a variance


def prepare(model: str | dict[str, str], folder: Path) -> None:
    """Write each network of the settings into a folder, under the SHA-256 of its model.

    Parameters
    ----------
    model
        `segmentation.unet.model`: a path, or a path for each magnification.
    folder
        Is there.

    Raises
    ------
    SettingsError
        A model can't be used.
    """
    paths = [model] if isinstance(model, str) else model.values()
    for path in {find_model(one) for one in paths}:
        graph = onnx_model(read_weights(path), str(path))
        with whole_file(folder / prepared_name(path)) as partial:
            partial.write_bytes(graph.SerializeToString())


def ready_network(model: str | Path, threads: int = 1) -> Predictor:
    """Make a model's file ready for a processor here and now, for one that asks but once."""
    graph = onnx_model(read_weights(model), str(model))
    return predictor_of(graph.SerializeToString(), threads, Path(model))


def onnx_model(weights: Mapping[str, np.ndarray], name: str) -> onnx.ModelProto:
    """Build the network `unet.UNet` of its weights, for pictures of any number and size.

    Batch normalisation goes into the weights of the convolutions before it, as in B. Jacob et al.,
    Quantization and Training of Neural Networks, CVPR 2018.

    Parameters
    ----------
    weights
        From `weights.read_weights`.
    name
        Of the model's file.

    Returns
    -------
    onnx.ModelProto
        From ``pictures``, (N, 2, Y, X), to ``maps``, (N, 3, Y, X), see `predictor.Predictor`.

    Raises
    ------
    SettingsError
        Weights that are finite are not when folded; what they give would look like no nuclei.
    """
    graph = _Graph()
    levels = len(widths_of(weights))
    maps, seen = "pictures", []
    for level in range(levels):
        if level:
            maps = graph.add("MaxPool", [maps], kernel_shape=[2, 2], strides=[2, 2])
        maps = graph.add_block(maps, weights, f"down.{level}")
        seen.append(maps)
    seen.pop()
    twice = graph.constant(np.array([1, 1, 2, 2], np.float32))
    nearest = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    for level in range(levels - 1):
        narrow = (weights[f"narrow.{level}.{part}"] for part in ("weight", "bias"))
        maps = graph.add_convolution(maps, *narrow)
        finer = graph.add("Resize", [maps, "", twice], mode="nearest", **nearest)
        joined = graph.add("Add", [finer, seen.pop()])
        maps = graph.add("Add", [joined, graph.add_block(joined, weights, f"up.{level}")])
    maps = graph.add_convolution(maps, weights["out.weight"], weights["out.bias"])
    graph.nodes[-1].output[0] = "maps"
    if not all(np.isfinite(numpy_helper.to_array(each)).all() for each in graph.constants):
        raise SettingsError(
            f'segmentation.unet.model: "{name}" is damaged, some of its weights are far '
            "too large or below 0 where they can't be; copy or train it again"
        )
    model = graph.finished()
    model.metadata_props.add(key=MULTIPLE, value=str(2 ** (levels - 1)))
    return model


class _Graph:
    """A graph that grows: each operation gets a name for what it gives."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, values: np.ndarray) -> str:
        name = f"constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def add(self, operation: str, inputs: Iterable[str], **how: Any) -> str:
        name = f"{operation}{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, list(inputs), [name], name=name, **how))
        return name

    def add_convolution(self, maps: str, weight: np.ndarray, bias: np.ndarray) -> str:
        side = weight.shape[-1]
        inputs = [maps, self.constant(weight), self.constant(bias)]
        return self.add("Conv", inputs, kernel_shape=[side, side], pads=[side // 2] * 4)

    def add_block(self, maps: str, weights: Mapping[str, np.ndarray], name: str) -> str:
        for convolution in (0, 3):
            folded = _folded(weights, f"{name}.{convolution}", f"{name}.{convolution + 1}")
            maps = self.add("Relu", [self.add_convolution(maps, *folded)])
        return maps

    def finished(self) -> onnx.ModelProto:
        whole, part = (
            helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["n", channels, "y", "x"])
            for name, channels in (("pictures", INPUT_CHANNELS), ("maps", MAPS))
        )
        graph = helper.make_graph(self.nodes, "unet", [whole], [part], self.constants)
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPERATORS)],
            ir_version=FORMAT,
            producer_name="immunostain",
            producer_version=__version__,
        )
        onnx.checker.check_model(model)
        return model


def _folded(
    weights: Mapping[str, np.ndarray], convolution: str, normalisation: str
) -> tuple[np.ndarray, np.ndarray]:
    scale, shift, mean, variance = (
        weights[f"{normalisation}.{part}"].astype(float)
        for part in ("weight", "bias", "running_mean", "running_var")
    )
    with np.errstate(invalid="ignore", over="ignore"):  # such as aren't finite are told
        gain = scale / np.sqrt(variance + TINY)
        folded = weights[f"{convolution}.weight"] * gain[:, None, None, None]
        return folded.astype(np.float32), (shift - mean * gain).astype(np.float32)
