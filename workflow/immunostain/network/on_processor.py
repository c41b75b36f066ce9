"""The network on a processor, by ONNX Runtime, which starts in a tenth of PyTorch's time."""

from pathlib import Path

import numpy as np
import onnxruntime

from immunostain.network.model_files import sha256
from immunostain.network.predictor import Predictor
from immunostain.shared.errors import SettingsError

MULTIPLE = "multiple"  # in such a file: that of `Predictor`


def prepared_name(model: Path) -> str:
    """Name the file in which a model is ready for processors, see `prepared.prepare`."""
    return f"{sha256(str(model))}.onnx"


def load_on_processor(model: Path, prepared: str, threads: int) -> Predictor:
    """Load a network that was prepared.

    Parameters
    ----------
    model
        The file of its weights.
    prepared
        The folder of `prepared.prepare`.
    threads
        So many are used.

    Raises
    ------
    SettingsError
        It is not there, or damaged.
    """
    path = Path(prepared, prepared_name(model))
    try:
        return predictor_of(path.read_bytes(), threads, model)
    except Exception as error:  # what is damaged can raise anything
        raise SettingsError(
            f'"{path}", made from "{model}", is damaged; delete the folder, it is made again'
        ) from error


def predictor_of(content: bytes, threads: int, model: Path | None = None) -> Predictor:
    """Make what `prepared.onnx_model` built ready to be asked."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that wait for work sleep, and memory that isn't needed is given back: there are other
    # jobs on this computer.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = False
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])

    def answer(pictures: np.ndarray) -> np.ndarray:
        (maps,) = session.run(None, {"pictures": pictures})
        return maps

    multiple = int(session.get_modelmeta().custom_metadata_map[MULTIPLE])
    return Predictor(answer, multiple, 1, "processor", model)
