"""What made the results: versions, settings, and the state of the code."""

import platform
import subprocess
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from immunostain import __version__

PACKAGES = [
    "snakemake",
    "aicspylibczi",
    "aicsimageio",
    "numpy",
    "scipy",
    "scikit-image",
    "trackpy",
    "pandas",
    "pyarrow",
    "tifffile",
    "imagecodecs",
    "pillow",
    "openvino",
    "torch",
    "safetensors",
    "openpyxl",
    "matplotlib",
]


def record_of_run(
    config: dict[str, Any], model: dict[str, Any] | None, levels: Sequence[dict[str, str]]
) -> dict[str, Any]:
    """Tell what makes the results of this run.

    Parameters
    ----------
    config
        The complete settings.
    model
        The path and the SHA-256 of the neural network, or of one for each magnification; None
        where nuclei are found by a threshold.
    levels
        The rows of positive_levels.csv.
    """
    return {
        "immunostain": {"version": __version__, "git_commit": _git_commit()},
        "config": config,
        "segmentation_model": model,
        "positive_levels": [
            {
                "channel": row["channel"],
                "level": float(row["level"]) if row["level"] else None,
                "how": row["how"],
                "nuclei": int(row["nuclei"]) if row["nuclei"] else None,
            }
            for row in levels
        ],
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: _version(name) for name in PACKAGES},
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _git_commit() -> str | None:
    """Name the commit of the workflow, with ``-dirty`` where it was changed since."""
    try:
        here = str(Path(__file__).parent)
        command = ["git", "-C", here, "describe", "--always", "--dirty", "--abbrev=40"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
