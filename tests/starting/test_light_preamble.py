"""Scripts start with what Snakemake gives them, and without importing it."""

import gc
import json
import os
import pickle
import subprocess
import sys
from types import SimpleNamespace

import pytest
from czi_files import ROOT
from snakemake.iocontainers import Namedlist
from snakemake.script import PythonScript

from immunostain.starting.given import Given, plain
from immunostain.starting.light_preamble import preamble, start_lightly


class Marked(str):
    """A text with more to it, as Snakemake's own."""


def test_values_are_given_by_number_and_by_name():
    given = Given(["a", "b", ["c", "d"]], {"first": "a", "others": ["c", "d"]})
    assert given[0] == given.first == given["first"] == "a" and given.others == ["c", "d"]
    assert list(given) == ["a", "b", ["c", "d"]] and list(given.keys()) == ["first", "others"]
    assert dict(given) == {"first": "a", "others": ["c", "d"]}
    again = pickle.loads(pickle.dumps(given))
    assert again == given and again.first == "a" and type(again) is Given


def test_what_is_snakemake_s_own_becomes_plain():
    given = plain(Namedlist(fromdict={"a": Marked("x"), "b": [Marked("y"), 1], "c": {"d": (2.5,)}}))
    assert given == ["x", ["y", 1], {"d": (2.5,)}] and given.b == ["y", 1]
    assert type(given.a) is type(given.b[0]) is str and type(given.c["d"]) is tuple
    assert plain(None) is None and plain(True) is True


def told(**changes):
    lists = ("input_", "output", "params", "wildcards", "resources", "log")
    known = {name: Namedlist(fromdict={"a": name}) for name in lists}
    return known | {"threads": 3, "config": {"b": "{c}"}, "container_img": None} | changes


def test_a_line_of_python_gives_it_all():
    names: dict = {"__file__": "/tmp/x.py"}
    exec(preamble(told(preamble_addendum="__file__ = 'y';")), names)
    gc.enable()
    given = names["snakemake"]
    assert (given.input.a, given.output[0], given.log["a"]) == ("input_", "output", "log")
    assert given.threads == 3 and given.config == {"b": "{c}"} and names["__file__"] == "y"


def test_the_installed_snakemake_can_do_it(monkeypatch):
    monkeypatch.setattr(PythonScript, "generate_preamble", PythonScript.generate_preamble)
    start_lightly(PythonScript)


def another_snakemake(*names):
    def generate_preamble(**kwargs):
        return f"of Snakemake's own: {len(kwargs)}"

    code = f"lambda {', '.join(names)}: own({', '.join(f'{n}={n}' for n in names)})"
    return SimpleNamespace(generate_preamble=eval(code, {"own": generate_preamble}))


def test_in_a_container_snakemake_does_it_itself():
    known = told(preamble_addendum="")
    script = another_snakemake(*known)
    start_lightly(script)
    assert "pickle.loads" in script.generate_preamble(**known)
    known["container_img"] = "image"
    assert script.generate_preamble(**known) == f"of Snakemake's own: {len(known)}"


def test_a_snakemake_that_is_told_otherwise_is_left_alone():
    script = another_snakemake("input_", "output", "params")
    before = script.generate_preamble
    with pytest.raises(AttributeError, match="takes no config, container_img, log"):
        start_lightly(script)
    assert script.generate_preamble is before


SNAKEFILE = """
import logging
from immunostain.run import inside_snakemake

if config["lightly"]:
    inside_snakemake.start_scripts_lightly(logging.getLogger())

rule tell:
    input: first="Snakefile", others=["Snakefile", "tell.py"]
    output: told="{name}.json"
    log: "{name}.log"
    threads: 2
    resources: gpu=0
    params: settings={"a": [1, None], "{b}": "c d"}, number=1.5
    script: "tell.py"
"""
SCRIPT = """
import json, sys
told = {
    "input": [snakemake.input.first, list(snakemake.input.others), list(snakemake.input)],
    "output": snakemake.output[0], "log": snakemake.log[0], "name": snakemake.wildcards.name,
    "threads": snakemake.threads, "gpu": snakemake.resources.gpu, "file": __file__,
    "settings": snakemake.params.settings, "params": dict(snakemake.params),
    "config": snakemake.config["text"],
}
print(sum(name.partition(".")[0] == "snakemake" for name in sys.modules), "modules of Snakemake")
with open(snakemake.output.told, "w") as file:
    json.dump(told, file)
"""


def run(folder, lightly):
    (folder / "Snakefile").write_text(SNAKEFILE)
    (folder / "tell.py").write_text(SCRIPT)
    options = ["--cores", "2", "--config", f"lightly={lightly}", "text={x} ü", "--", "a b.json"]
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *options],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT / "workflow")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "a b.json").read_text()), done.stdout


def test_a_script_is_given_what_it_would_be_given(tmp_path):
    given, printed = run(tmp_path, True)
    assert "0 modules of Snakemake" in printed
    (tmp_path / "a b.json").unlink()
    expected, printed = run(tmp_path, "")
    assert "0 modules of Snakemake" not in printed
    assert given == expected
