"""What made the results: versions, settings, and the state of the code.

Standard library only: the Snakefile imports this.
"""

import ast
import hashlib
import platform
import subprocess
from functools import cache
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
    "torch",
    "safetensors",
    "openpyxl",
    "matplotlib",
]


def source_hash(script: str) -> str:
    """Give a hash over a rule's script and all modules of the library that it uses.

    A rule has it among its params: Snakemake sees neither that a module has changed nor, where the
    output is temporary and gone, that the script has. Only the content counts.

    Parameters
    ----------
    script
        The name of a script in workflow/scripts, without ``.py``.

    Examples
    --------
    >>> source_hash("split_frames") == source_hash("split_frames")
    True
    """
    digest = hashlib.sha256(_source(_script(script)))
    for module in sorted(modules_of(script)):
        digest.update(f"{module}\n".encode() + _source(LIBRARY / f"{module}.py"))
    return digest.hexdigest()[:16]


def modules_of(script: str) -> set[str]:
    """Name the modules of the library that a script imports, directly or through others."""
    found: set[str] = set()
    waiting = _imports(_script(script))
    while waiting:
        found |= waiting
        waiting = set().union(*(_imports(LIBRARY / f"{name}.py") for name in waiting)) - found
    return found


def _script(name: str) -> Path:
    return LIBRARY.parent / "scripts" / f"{name}.py"


@cache
def _imports(path: Path) -> set[str]:
    """Name the modules of the library that a file imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(_source(path))):
        if isinstance(node, ast.ImportFrom) and node.module == "immunostain":
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            package, _, module = node.module.partition(".")
            names |= {module} if package == "immunostain" and node.level == 0 else set()
    return {name for name in names if (LIBRARY / f"{name}.py").exists()} | {"__init__"}


@cache
def _source(path: Path) -> bytes:
    return path.read_bytes()


def describe(config: dict[str, Any], model: dict[str, Any] | None) -> dict[str, Any]:
    """Tell what makes the results of this run.

    Parameters
    ----------
    config
        The complete settings.
    model
        The path and the SHA-256 of the neural network, or of one for each magnification; None
        where nuclei are found by a threshold.
    """
    return {
        "immunostain": {"version": __version__, "git_commit": _git_commit()},
        "config": config,
        "segmentation_model": model,
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
