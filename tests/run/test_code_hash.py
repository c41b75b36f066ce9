"""The hash over the code of a rule, and the record of a run."""

import os
import re
import shutil
import subprocess
import sys
from modulefinder import ModuleFinder
from pathlib import Path

import pytest

from immunostain import __version__
from immunostain.results import provenance
from immunostain.run import code_hash

WORKFLOW = Path(__file__).parents[2] / "workflow"
SCRIPTS = sorted(
    str(path.relative_to(WORKFLOW / "scripts").with_suffix(""))
    for path in (WORKFLOW / "scripts").rglob("*.py")
)


@pytest.mark.parametrize("script", SCRIPTS)
def test_modules_are_those_that_the_compiled_script_imports(script):
    """Follow the imports in the byte code, those inside functions too."""
    finder = ModuleFinder(path=[str(WORKFLOW)])  # nothing outside of the library is followed
    finder.run_script(str(WORKFLOW / "scripts" / f"{script}.py"))
    found = {name for name in finder.modules if name.split(".")[0] == "immunostain"}
    assert code_hash.modules_of(script) == found


def test_modules_hold_what_is_loaded_when_a_script_starts():
    """Run the imports of every script, each with a library that isn't loaded yet."""
    code = """
import ast, pathlib, sys
scripts = pathlib.Path(sys.argv[1])
for path in sorted(scripts.rglob("*.py")):
    for name in [name for name in sys.modules if name.startswith("immunostain")]:
        del sys.modules[name]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = [n for n in ast.walk(tree) if isinstance(n, (ast.Import, ast.ImportFrom))]
    for node in imports:
        exec(compile(ast.Module([node], []), path.name, "exec"), {})
    loaded = [name for name in sys.modules if name.startswith("immunostain.")]
    print(path.relative_to(scripts).with_suffix(""), *loaded)
"""
    run = subprocess.run(
        [sys.executable, "-c", code, str(WORKFLOW / "scripts")],
        env={**os.environ, "PYTHONPATH": str(WORKFLOW)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line.split()[0]: set(line.split()[1:]) for line in run.stdout.splitlines()}
    assert sorted(loaded) == SCRIPTS
    for script, modules in loaded.items():
        assert modules, script
        assert modules <= code_hash.modules_of(script), script


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """Give a function that tells the hashes of all scripts of a copy of the workflow."""
    for part in ("immunostain", "scripts"):
        shutil.copytree(
            WORKFLOW / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__")
        )
    monkeypatch.setattr(code_hash, "LIBRARY", tmp_path / "immunostain")

    def hashes():
        forget()
        return {name: code_hash.source_hash(name) for name in SCRIPTS}

    hashes.folder = tmp_path / "immunostain"
    yield hashes
    forget()


def forget():
    """Have files read again, as a new run does."""
    for read in (code_hash._imports, code_hash._source, code_hash._files):
        read.cache_clear()


def changed(before, after):
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize(
    ("module", "script"),
    [
        ("immunostain.nuclei.separation", "nuclei/label_nuclei"),
        ("immunostain.czi.zisraw", "images/split_frames"),
        ("immunostain.measuring.columns", "results/tabulate_signal"),
        ("immunostain.tracking.link", "movement/track_nuclei"),
        ("immunostain", "report/write_report"),
        ("immunostain.run.start_and_end", None),
    ],
)
def test_the_hash_changes_with_what_is_imported_indirectly(copy, module, script):
    before = copy()
    place = copy.folder.parent.joinpath(*module.split("."))
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    assert file.is_file()
    with file.open("a", encoding="utf-8") as opened:
        opened.write("# one more line\n")
    found = changed(before, copy())
    assert found == {name for name in SCRIPTS if module in code_hash.modules_of(name)}
    assert script in found if script else not found


@pytest.mark.parametrize(
    "statement",
    [
        "from immunostain.rooms.small.corner import answer",
        "from immunostain.rooms.small import corner",
        "import immunostain.rooms.small.corner",
        "def late():\n    import immunostain.rooms.small.corner as here",
        "try:\n    pass\nexcept OSError:\n    import immunostain.rooms.small.corner",
        "try:\n    pass\nfinally:\n    for _ in []:\n        from immunostain import rooms",
        "match 1:\n    case 1:\n        from immunostain import rooms",
        "from ..rooms.small.corner import answer",
        "from ..rooms.small import corner",
        "from .. import rooms",
        "from immunostain import rooms",
    ],
)
def test_the_hash_changes_with_a_module_three_levels_deep(copy, statement):
    deep = copy.folder / "rooms" / "small"
    deep.mkdir(parents=True)
    # The package itself leads to the module too, one level after the other.
    (deep.parent / "__init__.py").write_text("from .small import corner\n", encoding="utf-8")
    (deep / "__init__.py").write_text("from ..small.corner import answer\n", encoding="utf-8")
    (deep / "corner.py").write_text("answer = 42\n", encoding="utf-8")
    with (copy.folder / "nuclei" / "separation.py").open("a", encoding="utf-8") as file:
        file.write(f"{statement}\n")
    before = copy()
    (deep / "corner.py").write_text("answer = 43\n", encoding="utf-8")
    users = {
        name for name in SCRIPTS if "immunostain.nuclei.separation" in code_hash.modules_of(name)
    }
    assert "nuclei/label_nuclei" in users
    assert changed(before, copy()) == users


def test_the_hash_changes_with_the_script(copy):
    before = copy()
    with (copy.folder.parent / "scripts" / "images" / "split_frames.py").open(
        "a", encoding="utf-8"
    ) as file:
        file.write("# one more line\n")
    assert changed(before, copy()) == {"images/split_frames"}


def test_the_hash_does_not_change_with_times(copy):
    before = copy()
    assert all(re.fullmatch("[0-9a-f]{16}", value) for value in before.values())
    for path in copy.folder.rglob("*.py"):
        os.utime(path, (1, 1))
    (copy.folder / "unused.py").write_text("# nobody imports this\n")
    assert copy() == before


def test_each_step_depends_on_no_more_than_it_must():
    """What decides the rerun table: a change in tables must not find nuclei again."""
    assert "immunostain.nuclei.labels" in code_hash.modules_of("nuclei/label_nuclei")
    for package in ("results", "run", "pictures", "measuring", "movement", "exports"):
        assert f"immunostain.{package}" not in code_hash.modules_of("nuclei/label_nuclei")
    assert "immunostain.czi" not in code_hash.modules_of("network/predict_nuclei")
    measuring = code_hash.modules_of("measuring/measure_nuclei")
    for package in ("nuclei", "network", "tracking", "results"):
        assert f"immunostain.{package}" not in measuring
    assert "immunostain.tracking.link" in code_hash.modules_of("movement/track_nuclei")


def test_no_two_settings_of_a_rule_are_params_of_their_own():
    """Snakemake sorts the values of params, so it doesn't see that two changed places."""
    setting = r'^        (\w+)=(?:lambda wildcards: )?(?:config\["(?!tracking"\])|RUN\.design\.)'
    for file in (WORKFLOW / "rules").glob("*.smk"):
        for rule in file.read_text(encoding="utf-8").split("\nrule ")[1:]:
            if "    output:" in rule:
                assert len(re.findall(setting, rule, re.M)) <= 1, (file.name, rule.split(":")[0])


def test_the_record_of_a_run():
    model = {"path": "a.safetensors", "sha256": "0"}
    levels = [
        {"channel": "GFP", "level": "12.5", "how": "given", "nuclei": ""},
        {"channel": "Cy5", "level": "", "how": "no nuclei", "nuclei": "0"},
    ]
    record = provenance.record_of_run({"a": 1}, model, levels)
    assert record["positive_levels"] == [
        {"channel": "GFP", "level": 12.5, "how": "given", "nuclei": None},
        {"channel": "Cy5", "level": None, "how": "no nuclei", "nuclei": 0},
    ]
    assert record["config"] == {"a": 1} and record["segmentation_model"] == model
    assert record["immunostain"]["version"] == __version__
    assert record["python"] == ".".join(map(str, sys.version_info[:3]))
    import numpy

    assert record["packages"]["numpy"] == numpy.__version__
    assert set(record["packages"]) == set(provenance.PACKAGES)


def test_the_preview_asks_the_network_anew_only_where_that_is_concerned():
    """Finding nuclei with all settings takes less time, and its code is none of the network's."""
    finding = {f"immunostain.{name}" for name in ("preview.by_settings", "nuclei.threshold")}
    assert finding <= code_hash.modules_of("preview/segment_preview")
    assert not finding & code_hash.modules_of("preview/predict_preview")
