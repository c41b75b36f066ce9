"""Projects to run, and the order of the files."""

from pathlib import Path

import pytest
from project import Project, copy_example, made_once

# Those that take longest, in that order; the first one waits for SLURM most of its time.
LONGEST = [
    *("test_slurm", "test_conda", "test_real_files", "test_bad_input", "test_killed"),
    *("test_preview", "test_reruns"),
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put long files first, so that no process is left with one when the others have ended."""

    def place(item: pytest.Item) -> tuple[bool, int]:
        name = item.path.stem
        here = item.path.parent == Path(__file__).parent
        return not here, LONGEST.index(name) if here and name in LONGEST else len(LONGEST)

    items.sort(key=place)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Give an empty project."""
    (tmp_path / "images").mkdir()
    return Project(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Give a project in which the example data has been analysed; not to be changed."""
    return made_once(tmp_path_factory, "finished", lambda p: copy_example(p).configure().finish())
