"""Folders in which the real Snakefile is run as a user would."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from czi_files import EXAMPLE, ROOT
from held_steps import copy_program
from python_at_hand import run_snakemake

# Files that are the same whenever the same is done.
COMPARED = ["*.csv", "*.tsv", "*.tif", "*.png", "*.json"]


class Project:
    """A folder with a config.yaml, in which the workflow is run as a user would."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.results = folder / "results"
        self.snakefile = ROOT / "workflow" / "Snakefile"

    def configure(self, **settings: Any) -> "Project":
        """Write config.yaml; nuclei are found by a threshold unless the settings say otherwise."""
        (self.folder / "config").mkdir(exist_ok=True, parents=True)
        config = {"input_folder": "images", "email": {}} | settings
        config["segmentation"] = {"method": "threshold"} | config.get("segmentation", {})
        (self.folder / "config" / "config.yaml").write_text(yaml.safe_dump(config))
        return self

    def arguments(self, *options: str) -> list[str]:
        place = ["--snakefile", str(self.snakefile), "--directory", str(self.folder)]
        return [*place, "--cores", "2", *options]

    def command(self, *options: str) -> list[str]:
        """Give the command that starts Snakemake, for tests that talk with it while it runs."""
        return [sys.executable, "-m", "snakemake", *self.arguments(*options)]

    def run(
        self, *options: str, environ: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return run_snakemake(
            self.arguments(*options), self.folder, {**os.environ, **(environ or {})}
        )

    def finish(self, *options: str) -> str:
        """Run to a good end and give what was printed."""
        done = self.run(*options)
        printed = done.stdout + done.stderr
        assert done.returncode == 0, printed
        assert "This version of Snakemake can't" not in printed
        return printed

    def planned(self, *options: str) -> dict[str, int]:
        """Tell what a dry run would do: how many jobs of each rule; nothing is an empty dict."""
        printed = self.finish("--dry-run", *options)
        if "Nothing to be done" in printed:
            return {}
        table = printed.partition("Job stats:")[2].partition("total")[0]
        rows = re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE)
        assert rows, printed
        return {rule: int(count) for rule, count in rows if rule != "all"}

    def script(self, name: str) -> Path:
        """Give a script of a copy of the workflow, which is used from now on and may be changed."""
        (script,) = (self.program() / "scripts").glob(f"*/{name}.py")
        return script

    def program(self) -> Path:
        """Give the folder of a copy of the workflow, which is used from now on."""
        if self.snakefile.is_relative_to(ROOT):
            self.snakefile = copy_program(self.folder / "program")
        return self.snakefile.parent

    def copy(self, folder: Path) -> "Project":
        """Copy everything, what Snakemake remembers and times of files too."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Project(folder)


def made_once(
    factory: pytest.TempPathFactory, name: str, make: Callable[[Project], object]
) -> Project:
    """Give a project that is made once, by the first of pytest's processes that needs it.

    It is not to be changed: tests in other processes read it at the same time.
    """
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    project = Project(base / name)
    with open(base / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (base / f"{name}.made").exists():
            shutil.rmtree(project.folder, ignore_errors=True)  # of one that could not make it
            (project.folder / "images").mkdir(parents=True)
            make(project)
            (base / f"{name}.made").touch()
    return project


def copy_example(project: Project) -> Project:
    """Copy the images of the example into a project."""
    for path in EXAMPLE.glob("*.czi"):
        shutil.copy2(path, project.folder / "images")
    return project
