"""Where a network runs: by OpenVINO on a processor, by PyTorch on a card."""

from pathlib import Path

from immunostain.network.model_files import MODEL
from immunostain.network.on_processor import answering, graph_of
from immunostain.network.predictor import Predictor
from immunostain.network.weights import read_weights, widths_of
from immunostain.shared.errors import SettingsError


def load_predictor(model: Path, device: str, card: int, threads: int) -> Predictor:
    """Load a network where it is to run.

    Parameters
    ----------
    model
        Its file.
    device
        ``auto``, ``cpu`` or ``cuda``. PyTorch, which takes seconds to start, is not needed for
        ``auto`` and ``cpu``.
    card
        Whether the job was given a card. If not, PyTorch isn't even imported.
    threads
        So many of a processor's.

    Raises
    ------
    SettingsError
        The model can't be used, or a card was asked for and there is none.
    """
    if card and device != "cpu":
        try:  # only here: the environment for processors has no PyTorch
            from immunostain.network import on_card

            chosen = on_card.choose_device(device)
            if chosen.type == "cuda":
                return on_card.load_on_card(model, chosen)
        except ModuleNotFoundError as error:
            if device == "cuda":
                raise SettingsError(
                    "segmentation.unet.device is cuda, and PyTorch isn't installed; "
                    "see docs/running.md, or set it to auto or cpu"
                ) from error
    return load_on_processor(model, threads)


def load_on_processor(model: str | Path, threads: int = 1) -> Predictor:
    """Load a network that is to run on a processor.

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
