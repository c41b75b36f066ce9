"""What the conda environments of the workflow hold, and folders in which nothing else is found."""

import re
from importlib import metadata
from pathlib import Path

import yaml
from czi_files import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FOLDER = ROOT / "workflow" / "envs"
ENVIRONMENTS = ["analysis", "network", "unet", "evaluation"]


def environment_file(name: str) -> dict:
    """Read a conda environment."""
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


def lines_for_pip(name: str) -> list[str]:
    """Give what conda hands to pip, line by line."""
    return environment_file(name)["dependencies"][-1]["pip"]


def pinned(name: str) -> dict[str, Requirement]:
    """Give what pip installs in an environment here, by the name of the package."""
    lines = map(Requirement, lines_for_pip(name))
    return {
        canonicalize_name(line.name): line
        for line in lines
        if line.marker is None or line.marker.evaluate()
    }


def scripts_of_rules() -> dict[str, tuple[str, str]]:
    """Give the environment and the script of every rule that has one.

    Where the environment depends on the settings or the file, it is the last, which has the least.
    """
    text = "\n".join(
        path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "workflow" / "rules").glob("*.smk"))
    )
    parts = re.split(r"^rule (\w+):$", text, flags=re.MULTILINE)
    rules = dict(zip(parts[1::2], parts[2::2], strict=True))
    found = {}
    for rule, body in rules.items():
        script = re.search(r'^ +script:\n +"\.\./scripts/([\w/]+)\.py"$', body, re.MULTILINE)
        conda = re.findall(r'"\.\./envs/(\w+)\.yaml"', body)
        if script:
            assert conda, f"{rule} has no environment"
            found[rule] = (conda[-1], script[1])
    return found


def link_package(name: str, folder: Path) -> None:
    """Make an installed package importable from a folder, and nothing beside it.

    Links to the files in this Python's site-packages: what is installed is what is tested, and
    half a gigabyte needn't be copied. No two packages share a top folder there.
    """
    installed = metadata.distribution(name)
    tops = {file.parts[0] for file in installed.files or []} - {"..", "__pycache__"}
    assert tops, name
    for top in tops:
        (folder / top).symlink_to(Path(str(installed.locate_file(top))).resolve())
