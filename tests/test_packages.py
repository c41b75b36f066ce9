"""The house: which package may import which, what is where, and how large it is."""

import ast
import re
from pathlib import Path

import pytest
from czi_files import ROOT

WORKFLOW = ROOT / "workflow"
LIBRARY = WORKFLOW / "immunostain"
# Each imports only what stands before it.
ORDER = [
    "shared",
    "inputs",
    "czi",
    "images",
    "nuclei",
    "network",
    "measuring",
    "samples",
    "excel",
    "tracking",
    "repair",
    "exports",
    "pictures",
    "results",
    "comparison",
    "plots",
    "movement",
    "report",
    "preview",
    "evaluation",
    "training",
    "mail",
    "starting",
    "run",
]
MODULES = sorted(LIBRARY.rglob("*.py"))
RULES = sorted(path.stem for path in (WORKFLOW / "rules").glob("*.smk") if path.stem != "common")
SMALL = {"errors"}  # what a package or a module of errors has to say is short


def imports(path: Path) -> set[str]:
    """Name what a file imports, by full names: modules, or what is in them."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def packages_of(names: set[str]) -> set[str]:
    """Name the packages of the library in which imported things are."""
    parts = [name.split(".") for name in names if name.startswith("immunostain.")]
    return {part[1] for part in parts} - {"__version__"}


def test_packages_are_those_that_are_ordered():
    assert sorted(path.parent.name for path in LIBRARY.glob("*/__init__.py")) == sorted(ORDER)
    assert [path.name for path in LIBRARY.glob("*.py")] == ["__init__.py"]


@pytest.mark.parametrize("package", ORDER)
def test_a_package_imports_only_those_before_it(package):
    allowed = {*ORDER[: ORDER.index(package) + 1]}
    for path in (LIBRARY / package).glob("*.py"):
        assert packages_of(imports(path)) <= allowed, path.name


@pytest.mark.parametrize("package", ORDER)
def test_modules_of_a_package_import_each_other_in_no_circle(package):
    waiting = {
        path.stem: {
            name.split(".")[2]
            for name in imports(path)
            if name.startswith(f"immunostain.{package}.")
        }
        for path in (LIBRARY / package).glob("*.py")
    }
    while waiting:
        free = {module for module, needs in waiting.items() if not needs & waiting.keys()}
        assert free, f"a circle among {', '.join(sorted(waiting))}"
        waiting = {module: needs for module, needs in waiting.items() if module not in free}


@pytest.mark.parametrize("package", ORDER)
def test_a_package_says_what_belongs_there_and_is_no_heap(package):
    face = ast.parse((LIBRARY / package / "__init__.py").read_text(encoding="utf-8"))
    assert len(face.body) == 1 and len(ast.get_docstring(face).splitlines()) >= 3
    assert 4 <= len(list((LIBRARY / package).glob("*.py"))) - 1 <= 12


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_no_module_is_too_large_or_too_small(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= 300
    assert lines >= 25 or path.stem in {"__init__", *SMALL}


def test_rules_scripts_and_the_library_have_the_same_names():
    scripts = WORKFLOW / "scripts"
    assert sorted(path.name for path in scripts.iterdir() if path.name[0] != "_") == RULES
    assert {*RULES} <= {*ORDER}
    for name in RULES:
        text = (WORKFLOW / "rules" / f"{name}.smk").read_text(encoding="utf-8")
        rules = re.findall(r"^rule (\w+):$", text, re.MULTILINE)
        assert rules == re.findall(rf'"\.\./scripts/{name}/(\w+)\.py"', text)
        assert rules == re.findall(rf'source_hash\("{name}/(\w+)"\)', text)
        assert sorted(rules) == sorted(path.stem for path in (scripts / name).glob("*.py"))
        for rule in rules:
            used = packages_of(imports(scripts / name / f"{rule}.py"))
            assert name in used, f"{rule} uses nothing of immunostain.{name}"


def test_tests_are_where_what_they_test_is():
    folders = {path.parent.name for path in (ROOT / "tests").glob("*/test_*.py")}
    assert folders == {*ORDER, "workflow"}
