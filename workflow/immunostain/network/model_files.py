"""Files of trained networks: which one a picture needs, whether it is whole, where it can run.

Standard library only: the Snakefile imports this.
"""

import hashlib
import json
import math
import shutil
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from immunostain.shared.errors import ImageError, SettingsError

SHIPPED = Path(__file__).parents[3]
# The SHA-256 of each model that comes with the workflow, by its path in there.
SHIPPED_MODELS = {
    "resources/models/nuclei.safetensors": (
        "d2b7c9d25684b157f6f127b1ed0113e6e22761fc6d45bda8c06cb300a64e12b2"
    )
}
MODEL = "segmentation.unet.model"  # the setting
# In the header of a .safetensors file that this workflow wrote: the SHA-256 of all that follows it.
DATA_SHA256 = "data_sha256"
_LARGEST_HEADER = 100_000_000


def find_model(path: str) -> Path:
    """Find a model below the folder in which the workflow runs, or beside the workflow."""
    shipped = SHIPPED / path
    return shipped if not Path(path).exists() and shipped.exists() else Path(path)


def fingerprints(model: str | dict[str, str]) -> str | dict[str, str]:
    """Replace the paths of `segmentation.unet.model` by the SHA-256 of what lies there.

    Raises
    ------
    SettingsError
        A model is missing or can't be used.
    """
    if isinstance(model, dict):
        return {key: _fingerprint(str(find_model(path))) for key, path in model.items()}
    return _fingerprint(str(find_model(model)))


@cache
def _fingerprint(path: str) -> str:
    check_model_file(path)
    return sha256(path)


def check_magnifications(model: str | dict[str, str]) -> None:
    """See that the keys of a map from magnification to model are magnifications.

    Raises
    ------
    SettingsError
        One is not, two are the same, or there is none.
    """
    if isinstance(model, str):
        return
    if not model:
        raise SettingsError("config: segmentation.unet.model names no model")
    seen: set[float] = set()
    for key in model:
        try:
            magnification = float(key)
        except (TypeError, ValueError):
            magnification = math.nan
        if not 0 < magnification < math.inf:
            raise SettingsError(
                f"config: segmentation.unet.model: '{key}' is not a magnification such as 63"
            )
        if magnification in seen:
            raise SettingsError(f"config: segmentation.unet.model has two models for {key}")
        seen.add(magnification)


def model_for(model: str | dict[str, str], magnification: float | None) -> str:
    """Choose the model for a picture.

    Parameters
    ----------
    model
        As in config.yaml: a path, or a path for each magnification.
    magnification
        Of the objective, None where the file doesn't say.

    Raises
    ------
    ImageError
        There is a model for each magnification, and none for this one.

    Examples
    --------
    >>> model_for({"10": "ten.safetensors", "63": "sixty.safetensors"}, 63.0)
    'sixty.safetensors'
    """
    if isinstance(model, str):
        return model
    if magnification is None:
        raise ImageError(
            "segmentation.unet.model has a model for each magnification, and the file does not say "
            "its own; analyse it apart, with a single model"
        )
    for key, path in model.items():
        if math.isclose(float(key), magnification, rel_tol=0.01):
            return path
    raise ImageError(
        f"segmentation.unet.model has no model for a magnification of {magnification:g}; add one"
    )


def are_safetensors(model: str | dict[str, str]) -> bool:
    """Tell whether every model of the settings is a .safetensors file."""
    paths = [model] if isinstance(model, str) else model.values()
    return all(str(path).endswith(".safetensors") for path in paths)


@cache
def sha256(path: str) -> str:
    """Give the SHA-256 of a file's content, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_model_file(path: str, setting: str = MODEL) -> None:
    """See that a model is there, and that a safetensors file is whole.

    A byte that changed on disk is seen in the models that come with the workflow, and in those that
    `unet.save_network` wrote. Wrong weights find wrong nuclei, or none, and nobody is told.

    Parameters
    ----------
    path
        The file.
    setting
        The key that names it.

    Raises
    ------
    SettingsError
        It is missing, can't be read, is of another kind or is damaged.
    """
    file = Path(path)
    if file.suffix not in (".safetensors", ".pth", ".pt"):
        raise SettingsError(f'{setting}: "{path}" is not a model; give a .safetensors or .pth file')
    try:
        size = file.stat().st_size
        if file.suffix == ".safetensors":
            with file.open("rb") as opened:
                header = _read_header(opened, size)
                told = (header.get("__metadata__") or {}).get(DATA_SHA256)
                if told and told != hashlib.file_digest(opened, "sha256").hexdigest():
                    raise ValueError("weights have changed")
        else:
            file.open("rb").close()
    except OSError as error:
        raise SettingsError(f'{setting}: "{path}": {error.strerror}') from error
    except Exception as error:  # what is damaged can raise anything
        raise SettingsError(
            f'{setting}: "{path}" is damaged or not a safetensors file; copy or train it again'
        ) from error
    if not _as_shipped(file):
        raise SettingsError(
            f'{setting}: "{path}" is not as it came with the workflow, it is damaged '
            "or was replaced; get it again, and keep a model of your own under another name"
        )


def _as_shipped(file: Path) -> bool:
    """Tell whether a model that comes with the workflow has not changed; others may."""
    for name, known in SHIPPED_MODELS.items():
        if file.resolve() == (SHIPPED / name).resolve():
            return sha256(str(file)) == known
    return True


def _read_header(file: BinaryIO, size: int) -> dict[str, Any]:
    """Read what a safetensors file says of itself; ValueError: its size is another one."""
    length = file.read(8)
    header_size = int.from_bytes(length, "little")
    if len(length) < 8 or header_size > min(size, _LARGEST_HEADER):
        raise ValueError("no header")
    header = json.loads(file.read(header_size))
    ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    if 8 + header_size + max(ends) != size:
        raise ValueError("cut short")
    return header


def graphics_card_here() -> bool:
    """See whether this computer has an NVIDIA card, which PyTorch would take seconds to tell."""
    return Path("/dev/nvidiactl").exists() or shutil.which("nvidia-smi") is not None
