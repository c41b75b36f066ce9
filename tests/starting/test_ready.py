"""Scripts run in forks of one process, as if each had been started by itself."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from czi_files import ROOT
from snakemake.benchmark import benchmarked
from snakemake.script import PythonScript

from immunostain.starting.ready import start_from_ready

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Python starts anew")

SNAKEFILE = """
import logging
from immunostain.run import inside_snakemake

inside_snakemake.start_scripts_lightly(logging.getLogger())

rule all:
    input: expand("{name}.json", name=config["names"].split()), "once.json"

rule tell:
    output: "{name,[a-z]}.json"
    benchmark: "{name}.tsv"
    threads: 2
    resources: tmpdir="its own"
    script: "tell.py"

rule once:
    output: "once.json"
    script: "tell.py"
"""
SCRIPT = """
import json, os, signal, sys, time
before = set(sys.modules)
what = dict(snakemake.wildcards).get("name")
if what == "f":
    raise ValueError("it fails")
if what == "k":
    os.kill(os.getpid(), signal.SIGKILL)
if what == "p" and not os.path.exists("killed"):
    open("killed", "w").close()
    os.kill(os.getppid(), signal.SIGKILL)
if what == "x":
    sys.exit(3)
late = "colorsys" in sys.modules
if not late:
    import colorsys
print("printed by", what)
told = {
    "parent": os.getppid(), "argv": sys.argv, "name": __name__, "file": __file__,
    "folder": os.getcwd(), "threads": os.environ["OMP_NUM_THREADS"], "tmp": os.environ["TMPDIR"],
    "early": "wave" in before, "late": late,
}
import wave
while time.process_time() < 0.02:  # so that there is something to measure
    pass
with open(snakemake.output[0], "w") as file:
    json.dump(told, file)
"""


def run(folder: Path, names: str, *options: str, **environ: str):
    (folder / "Snakefile").write_text(SNAKEFILE)
    (folder / "tell.py").write_text(SCRIPT)
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--keep-going", *options]
    return subprocess.run(
        [*command, "--config", f"names={names}"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT / "workflow")} | environ,
        capture_output=True,
        text=True,
    )


def told(folder: Path) -> dict[str, dict]:
    """Give what scripts told, in the order in which they ran."""
    paths = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    return {path.stem: json.loads(path.read_text()) for path in paths}


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ran")
    done = run(folder, "a b c")
    assert done.returncode == 0, done.stderr
    return folder, done


def test_scripts_of_wildcards_have_one_parent_which_ends_with_the_run(ran):
    folder, _ = ran
    scripts = told(folder)
    once = scripts.pop("once")
    assert set(scripts) == {"a", "b", "c"}
    (parent,) = {each["parent"] for each in scripts.values()}
    assert once["parent"] != parent
    with pytest.raises(ProcessLookupError):
        os.kill(parent, 0)


def test_what_scripts_import_is_there_before(ran):
    """What stands in their first lines for all, the rest when one has imported it."""
    scripts = told(ran[0])
    assert not scripts.pop("once")["early"]
    assert [each["early"] for each in scripts.values()] == [True] * 3
    assert [each["late"] for each in scripts.values()] == [False, True, True]


def test_a_script_is_as_if_started_by_itself(ran):
    folder, done = ran
    for name in "abc":
        script = told(folder)[name]
        assert script["name"] == "__main__" and script["file"] == str(folder / "tell.py")
        assert script["folder"] == str(folder)
        assert len(script["argv"]) == 1 and script["argv"][0].endswith(".tell.py")
        assert script["threads"] == "1" and script["tmp"] == "its own"  # on one core
        assert f"printed by {name}\n" in done.stdout
    assert told(folder)["once"]["tmp"] != "its own"


def test_scripts_are_measured(ran):
    for name in "abc":
        measured = pd.read_csv(ran[0] / f"{name}.tsv", sep="\t")
        assert len(measured) == 1 and measured["s"][0] > 0


def test_a_script_that_fails_or_is_killed_concerns_no_other(tmp_path):
    done = run(tmp_path, "f k x a b")
    assert done.returncode == 1
    assert set(told(tmp_path)) == {"a", "b", "once"}
    assert "ValueError: it fails" in done.stderr
    assert "returned non-zero exit status 3" in done.stderr
    assert "died with <Signals.SIGKILL" in done.stderr
    assert {path.stem for path in tmp_path.glob("*.tsv")} == {"a", "b"}


def test_without_the_process_scripts_are_started_by_themselves(tmp_path):
    done = run(tmp_path, "p", "--retries", "1")  # it kills its parent
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "killed").exists() and "non-zero exit status 1" in done.stderr
    assert not told(tmp_path)["p"]["early"]


def test_where_the_process_cannot_be_reached_scripts_are_started_by_themselves(tmp_path):
    long = tmp_path / ("long" * 50)  # no socket can be there
    long.mkdir()
    done = run(tmp_path, "a b", TMPDIR=str(long))
    assert done.returncode == 0, done.stderr
    assert not any(each["early"] for each in told(tmp_path).values())


def test_the_installed_snakemake_can_do_it(monkeypatch):
    monkeypatch.setattr(PythonScript, "execute_script", PythonScript.execute_script)
    start_from_ready(PythonScript, benchmarked)
    assert PythonScript.execute_script.__module__ == "immunostain.starting.ready"


def another_snakemake(ran: list[str], **facts):
    class Script:
        def __init__(
            self,
            source,
            bench_record,
            conda_env,
            container_img,
            env_modules,
            threads,
            resources,
            wildcards,
        ):
            vars(self).update(container_img=container_img, env_modules=env_modules)
            vars(self).update({"resources": resources, "wildcards": wildcards} | facts)

        def execute_script(self, fname, edit=False):
            ran.append(fname)

    return Script


@pytest.mark.parametrize(
    "facts",
    [
        {"wildcards": {}},
        {"container_img": "image"},
        {"env_modules": "module"},
        {"resources": {"shell_exec": "zsh"}},
    ],
)
def test_where_it_would_not_pay_or_go_snakemake_does_it_itself(facts):
    ran: list[str] = []
    script = another_snakemake(ran, **facts)
    start_from_ready(script, None)
    lists = {"resources": {}, "wildcards": {"image": "a"}}
    script("", None, None, None, None, 1, **lists).execute_script("a.py")
    assert ran == ["a.py"]


def test_a_process_that_ends_at_once_is_not_started_again():
    ran: list[str] = []
    script = another_snakemake(ran, conda_env=None)
    start_from_ready(script, None)
    lists = {"resources": {}, "wildcards": {"image": "a"}}
    for name in ("a.py", "b.py"):
        script("", None, None, None, None, 1, **lists).execute_script(name)
    assert [Path(file).name for file in ran] == ["forks.py", "a.py", "b.py"]


def test_a_snakemake_that_is_otherwise_is_left_alone():
    before = SimpleNamespace(execute_script=lambda self, file: None)

    def script(source):
        return source

    script.execute_script = before.execute_script
    with pytest.raises(AttributeError, match="has no bench_record, conda_env, container_img, edit"):
        start_from_ready(script, None)
    assert script.execute_script is before.execute_script
