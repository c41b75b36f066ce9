"""What a training that was interrupted needs to go on."""

import hashlib
import json
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from immunostain.shared.files import whole_file

_FINGERPRINT = "fingerprint"


def fingerprint(settings: dict[str, Any], files: Iterable[str]) -> str:
    """Tell one training from another: by its settings, and its files in order.

    Parameters
    ----------
    settings
        All that decides how training goes, as numbers and text.
    files
        Paths of all pictures and label images; their contents count, their folders don't.
    """
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for path in files:
        with open(path, "rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"\n{Path(path).name}\n{content}".encode(errors="surrogateescape"))
    return digest.hexdigest()


def save_checkpoint(path: Path, made_from: str, content: dict[str, Any]) -> None:
    """Write a checkpoint: weights, plain numbers, text, and lists and dictionaries of them.

    Parameters
    ----------
    path
        The file.
    made_from
        The training's `fingerprint`.
    content
        What to keep.
    """
    with whole_file(path) as partial:
        torch.save({_FINGERPRINT: made_from, **content}, partial)


def load_checkpoint(
    path: Path, made_from: str, device: torch.device, log: logging.Logger
) -> dict[str, Any] | None:
    """Read a checkpoint.

    Returns
    -------
    dict or None
        What was kept; None where there is no checkpoint, or one that is damaged or of another
        training (the log says so).
    """
    if not path.exists():
        return None
    try:
        content = torch.load(path, map_location=device, weights_only=True)
        theirs = content.pop(_FINGERPRINT)
    except Exception as error:  # damaged files make torch raise nearly anything
        log.warning("%s is damaged and not used: %s", path, error)
        return None
    if theirs != made_from:
        log.info("%s is of a training with other images or settings, and not used", path)
        return None
    return content
