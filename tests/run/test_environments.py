"""The conda environments: the locked versions, and all that the scripts import.

Snakemake appends its own site-packages to sys.path of a script, so a package that an environment
lacks would be missed only where Snakemake was installed without it.
"""

import ast
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from czi_files import ROOT
from environments import (
    ENVIRONMENTS,
    FOLDER,
    environment_file,
    lines_for_pip,
    link_package,
    pinned,
    scripts_of_rules,
)
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from immunostain.run.code_hash import files_of

WORKFLOW = ROOT / "workflow"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RULES = scripts_of_rules()


def imported(path):
    """Name the packages that a file imports, anywhere in it, other than Python's and our own."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module)
    return {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"immunostain"}


def scripts_in(environment):
    return sorted({script for used, script in RULES.values() if used == environment})


def asked_for_by_name(environment):
    """Give what pyproject.toml names for an environment, all with its reason."""
    extras = PROJECT["project"]["optional-dependencies"].get(environment, [])
    return [Requirement(line) for line in PROJECT["project"]["dependencies"] + extras]


def asked_for(environment):
    """Name what an environment needs: follow what packages ask for, as far as they are installed.

    What a package asks for is what it says itself, or what pyproject.toml tells uv instead.
    """
    told = {entry["name"]: entry for entry in PROJECT["tool"]["uv"]["dependency-metadata"]}
    waiting, seen = asked_for_by_name(environment), set()
    while waiting:
        asked = waiting.pop()
        name = canonicalize_name(asked.name)
        lines = told[name]["requires-dist"] if name in told else metadata.requires(name) or []
        for extra in {"", *asked.extras} - {extra for known, extra in seen if known == name}:
            seen.add((name, extra))
            for more in map(Requirement, lines):
                if more.marker is None or more.marker.evaluate({"extra": extra}):
                    waiting.append(more)
    return {name for name, _ in seen}


def test_every_script_runs_in_an_environment_that_is_there():
    scripts = WORKFLOW / "scripts"
    assert {str(path.relative_to(scripts).with_suffix("")) for path in scripts.rglob("*.py")} == {
        script for _, script in RULES.values()
    }
    assert {environment for environment, _ in RULES.values()} == set(ENVIRONMENTS)
    assert {path.stem for path in FOLDER.glob("*.yaml")} == {*ENVIRONMENTS, "head"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_conda_gives_python_and_pip_and_nothing_else(environment):
    content = environment_file(environment)
    assert content["channels"] == ["conda-forge", "nodefaults"]
    assert content["dependencies"][:-1] == ["python =3.11", "pip"]
    assert set(content) == {"channels", "dependencies"}
    assert list(content["dependencies"][-1]) == ["pip"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_has_the_locked_versions(environment):
    text = (ROOT / "requirements-unet.lock").read_text(encoding="utf-8")
    locked = {line for line in text.splitlines() if line and not line.lstrip().startswith("#")}
    lines = lines_for_pip(environment)
    assert len(lines) == len(set(lines)) and set(lines) <= locked


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_holds_what_its_packages_ask_for_and_no_more(environment):
    pins = pinned(environment)
    assert set(pins) == asked_for(environment)
    for name, line in pins.items():  # or else something else was followed than what is pinned
        assert line.specifier.contains(metadata.version(name)), name


def test_uv_is_told_what_packages_ask_for_themselves_but_for_cuda():
    """Or else pip would take the newest of what is missing, not a locked version."""
    for told in PROJECT["tool"]["uv"]["dependency-metadata"]:
        lines = map(Requirement, metadata.requires(told["name"]))
        asked = {str(line) for line in lines if "extra" not in str(line.marker)}
        cuda = {line for line in asked if line.startswith(("nvidia-", "cuda-", "triton"))}
        assert asked - cuda == {str(Requirement(line)) for line in told["requires-dist"]}


def test_torch_and_snakemake_are_only_where_they_are_needed():
    for environment in ENVIRONMENTS:
        assert ("torch" in pinned(environment)) == (environment == "unet")
        assert not [name for name in pinned(environment) if "snakemake" in name]
    for script in scripts_in("unet"):
        assert any("torch" in imported(path) for path in files_of(script)), script
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "\nopenvino==" in text and "\ntorch==" not in text


def runs_in(environment, script):
    """Name the files of a script that are imported in an environment: not what needs torch.

    Those that do are imported where there is a card or a model of PyTorch's own, see
    `loading.load_predictor` and `weights.read_weights`, so by no other module of the others.
    """
    return [
        path for path in files_of(script) if environment == "unet" or "torch" not in imported(path)
    ]


def test_the_lock_without_torch_has_the_versions_of_the_other_one():
    small, large = (
        {
            line
            for line in (ROOT / f"{name}.lock").read_text(encoding="utf-8").splitlines()
            if line[:1].isalpha()
        }
        for name in ("requirements", "requirements-unet")
    )
    assert small < large and any(line.startswith("torch==") for line in large - small)


def test_the_library_and_the_scripts_import_nothing_of_snakemake():
    for path in [*WORKFLOW.glob("immunostain/**/*.py"), *WORKFLOW.glob("scripts/**/*.py")]:
        assert not [name for name in imported(path) if "snakemake" in name], path.name


@pytest.fixture(scope="module")
def packages():
    """Tell which installed packages a module can come from."""
    return metadata.packages_distributions()


@pytest.mark.parametrize("rule", sorted(RULES))
def test_what_a_rule_imports_is_asked_for_by_name_in_its_environment(rule, packages):
    environment, script = RULES[rule]
    named = {canonicalize_name(line.name) for line in asked_for_by_name(environment)}
    assert named <= set(pinned(environment))
    for path in runs_in(environment, script):
        for name in imported(path):
            of = {canonicalize_name(package) for package in packages.get(name, [])}
            assert of & named, f"{path.name} imports {name}, which {environment}.yaml lacks"


BARE = """
import ast, sys
sys.path += sys.argv[1:3]
left_out = set(sys.argv[3].split())
assert not [path for path in sys.path if path.endswith("site-packages")], sys.path
for path in sys.argv[4:]:
    for node in ast.walk(ast.parse(open(path, encoding="utf-8").read())):
        if isinstance(node, ast.ImportFrom):
            if left_out & {node.module, *(f"{node.module}.{name.name}" for name in node.names)}:
                continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            exec(compile(ast.Module([node], []), path, "exec"), {})
print("imported", len(sys.argv[4:]))
"""


def import_in_bare_python(folder, environment, scripts):
    """Run all imports of scripts with Python's own library and one folder, and nothing else."""
    files = sorted({str(path) for script in scripts for path in runs_in(environment, script)})
    every = {str(path) for script in scripts for path in files_of(script)}
    left_out = " ".join(
        ".".join(Path(path).relative_to(WORKFLOW).with_suffix("").parts)
        for path in every - set(files)
    )
    command = [sys.executable, "-I", "-S", "-c", BARE, str(folder), str(WORKFLOW), left_out, *files]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode or run.stdout.split() == ["imported", str(len(files))]
    return run


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_bare_python_with_an_environment_s_packages_runs_all_imports(environment, tmp_path):
    for name in pinned(environment):
        link_package(name, tmp_path)
    run = import_in_bare_python(tmp_path, environment, scripts_in(environment))
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize(
    ("missing", "module", "script"),
    [
        ("pillow", "PIL", "pictures/draw_nuclei"),
        ("kiwisolver", "kiwisolver", "results/count_nuclei"),
    ],
)
def test_bare_python_misses_a_package_that_is_not_in_the_environment(
    missing, module, script, tmp_path
):
    """One that scripts import, and one that only matplotlib does."""
    for name in set(pinned("analysis")) - {missing}:
        link_package(name, tmp_path)
    run = import_in_bare_python(tmp_path, "analysis", [script])
    assert f"No module named '{module}'" in run.stderr


def test_both_recipes_of_a_container_install_the_lock_on_the_same_python():
    docker, apptainer = (
        (ROOT / name).read_text(encoding="utf-8") for name in ("Dockerfile", "apptainer.def")
    )
    for recipe, start in ((docker, "FROM"), (apptainer, "From:")):
        assert f"\n{start} python:3.11-slim-bookworm\n" in recipe
        assert "/opt/venv/bin/pip install --no-cache-dir -r requirements-unet.lock\n" in recipe
    for name in ("LICENSE", "requirements-unet.lock", "resources/models", "workflow"):
        assert (ROOT / name).exists()
        assert (
            f"\nCOPY {name} " in docker and f"\n    {name} /opt/immunostain/{name}\n" in apptainer
        )
        assert f"\n!{name}\n" in (ROOT / ".dockerignore").read_text(encoding="utf-8")
