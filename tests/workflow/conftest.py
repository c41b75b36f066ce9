"""Run the real Snakefile in a folder of its own."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from czi_files import EXAMPLE, ROOT
from held_steps import copy_program


def wait_until(condition: Callable[[], object], process: subprocess.Popen | None = None) -> None:
    """Wait for what will be so and will stay so; a process that is given must not end before."""
    deadline = time.monotonic() + 240
    while not condition():
        assert time.monotonic() < deadline
        assert process is None or process.poll() is None
        time.sleep(0.1)


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

    def command(self, *options: str) -> list[str]:
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(self.snakefile)]
        return [*command, "--directory", str(self.folder), "--cores", "2", *options]

    def run(
        self, *options: str, environ: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*options),
            capture_output=True,
            text=True,
            cwd=self.folder,
            env={**os.environ, **(environ or {})},
            timeout=900,
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
        return self.program() / "scripts" / f"{name}.py"

    def program(self) -> Path:
        """Give the folder of a copy of the workflow, which is used from now on."""
        if self.snakefile.is_relative_to(ROOT):
            self.snakefile = copy_program(self.folder / "program")
        return self.snakefile.parent

    def copy(self, folder: Path) -> "Project":
        """Copy everything, what Snakemake remembers and times of files too."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Project(folder)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Give an empty project."""
    (tmp_path / "images").mkdir()
    return Project(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Give a project in which the example data has been analysed; not to be changed."""
    project = Project(tmp_path_factory.mktemp("finished"))
    (project.folder / "images").mkdir()
    for path in EXAMPLE.glob("*.czi"):
        shutil.copy2(path, project.folder / "images")
    project.configure().finish()
    return project
