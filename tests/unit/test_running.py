"""Two runs must not write to the same results."""

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from immunostain import running
from immunostain.errors import SettingsError
from immunostain.running import claim, release


@pytest.fixture
def results(tmp_path):
    yield tmp_path / "results"
    release(str(tmp_path / "results"))


def claimed(results, host, process, age=0.0):
    results.mkdir()
    (results / ".running").write_text(f"{host} {process}\n")
    os.utime(results / ".running", (time.time() - age,) * 2)


def test_a_run_claims_its_results_and_gives_them_back(results):
    claim(str(results))
    assert (results / ".running").read_text() == f"{socket.gethostname()} {os.getpid()}\n"
    assert [path.name for path in results.iterdir()] == [".running"]
    claim(str(results))
    release(str(results))
    assert list(results.iterdir()) == []
    release(str(results))


@contextmanager
def program(*arguments):
    """Run a program that does nothing, and go on when it has started."""
    code = "import time; print(flush=True); time.sleep(60)"
    command = [sys.executable, "-c", code, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        yield process
        process.kill()


def test_a_run_on_this_computer_is_seen(results):
    with program("snakemake") as other:
        claimed(results, socket.gethostname(), other.pid, age=9999)
        with pytest.raises(SettingsError, match=rf"another run \(process {other.pid}\) is writing"):
            claim(str(results))
    claim(str(results))


def test_another_program_with_its_number_is_no_run(results):
    with program("another") as other:
        claimed(results, socket.gethostname(), other.pid)
        claim(str(results))


def test_a_run_on_another_computer_is_seen_by_its_signs_of_life(results):
    claimed(results, "node-7", 4711, age=60)
    with pytest.raises(SettingsError, match=r"process 4711 on node-7.*if it was killed, 2 minutes"):
        claim(str(results))
    assert [path.name for path in results.iterdir()] == [".running"]
    assert (results / ".running").read_text() == "node-7 4711\n"


def test_a_run_that_was_killed_on_another_computer_is_followed(results):
    claimed(results, "node-7", 4711, age=150)
    claim(str(results))
    assert (results / ".running").read_text().startswith(socket.gethostname())


def test_a_run_gives_signs_of_life(results, monkeypatch):
    monkeypatch.setattr(running, "_RENEWED", 0.01)
    claim(str(results))
    os.utime(results / ".running", (1, 1))
    deadline = time.monotonic() + 30
    while (results / ".running").stat().st_mtime < 1000:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_run_does_not_give_back_what_is_another_ones(results):
    claimed(results, "node-7", 4711)
    release(str(results))
    assert (results / ".running").exists()


@pytest.mark.parametrize("content", ["", "half", "a b c", "host nan"])
def test_a_file_that_says_nothing_stops_nobody(results, content):
    results.mkdir()
    (results / ".running").write_text(content)
    claim(str(results))
