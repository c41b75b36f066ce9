"""What made the results: versions, settings, and the state of the code.

Standard library only: the Snakefile imports this.
"""

import hashlib
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

from immunostain import __version__

LIBRARY = Path(__file__).parent
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
    "openpyxl",
    "matplotlib",
]


def source_hash(*modules: str) -> str:
    """Give a hash over what modules of the library contain.

    A rule has it among its params: Snakemake sees that a script has changed, but not a module that
    the script imports. Only the content counts, so touching a file reruns nothing.

    Parameters
    ----------
    modules
        Names without ``immunostain.``; all that the rule's script imports, directly or not.

    Examples
    --------
    >>> source_hash("scale") == source_hash("scale")
    True
    """
    digest = hashlib.sha256()
    for module in sorted(modules):
        digest.update((LIBRARY / f"{module}.py").read_bytes())
    return digest.hexdigest()[:16]


def describe(config: dict[str, Any]) -> dict[str, Any]:
    """Tell what makes the results of this run.

    Parameters
    ----------
    config
        The complete settings.
    """
    return {
        "immunostain": {"version": __version__, "git_commit": _git_commit()},
        "config": config,
        "segmentation_model": None,
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
        command = ["git", "-C", str(LIBRARY), "describe", "--always", "--dirty", "--abbrev=40"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
