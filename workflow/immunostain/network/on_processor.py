"""The network on a processor, by OpenVINO, which starts in a tenth of PyTorch's time."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import openvino

from immunostain.network.graph import graph_of
from immunostain.network.model_files import MODEL
from immunostain.network.predictor import Predictor
from immunostain.network.weights import read_weights, widths_of


def load_on_processor(model: str | Path, threads: int = 1) -> Predictor:
    """Load a network.

    Parameters
    ----------
    model
        The file of its weights.
    threads
        So many are used.

    Raises
    ------
    SettingsError
        The model can't be used.
    """
    weights = read_weights(model)
    graph = graph_of(weights, f'{MODEL}: "{model}"')
    multiple = 2 ** (len(widths_of(weights)) - 1)
    return Predictor(answering(graph, threads), multiple, 1, "processor", Path(model))


def answering(graph: openvino.Model, threads: int) -> Callable[[np.ndarray], np.ndarray]:
    """Make what `graph.graph_of` built ready to be asked, see `predictor.Predictor.answer`."""
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
