"""Two runs must not write to the same results."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest

from immunostain.run import claims
from immunostain.run.claims import claim, release
from immunostain.shared.errors import SettingsError


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
    assert (results / ".running").read_text().split()[:2] == [
        socket.gethostname(),
        str(os.getpid()),
    ]
    assert [path.name for path in results.iterdir()] == [".running"]
    claim(str(results))
    release(str(results))
    assert list(results.iterdir()) == []
    release(str(results))


@contextmanager
def program(*arguments):
    """Run a program that does nothing, and go on when it has started."""
    code = "import sys; print(flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, *arguments]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as process:
        process.stdout.readline()
        yield process
        process.kill()


def test_a_run_on_this_computer_is_seen(results):
    with program("snakemake") as other:
        claimed(results, socket.gethostname(), other.pid, age=9999)
        with pytest.raises(SettingsError, match=rf"another run \(process {other.pid}\) is writing"):
            claim(str(results))
    claim(str(results))


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("setpriv"),
    reason="only root can hide processes, and be another user",
)
def test_a_run_of_another_user_is_seen_where_processes_are_hidden(results):
    """As on a cluster's login node, whose /proc has `hidepid`."""
    as_another = "import sys; from immunostain.run.claims import _is_there; print(_is_there("
    with program("snakemake") as other:
        seen = []
        for number in (other.pid, 2**22 - 1):
            code = f"{as_another}{number}, None))"
            hide = "mount -t proc -o hidepid=2 proc /proc && exec setpriv --reuid 65534 "
            run = subprocess.run(
                ["unshare", "--mount", "sh", "-c", f'{hide} "$0" "$@"', sys.executable, "-c", code],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
                capture_output=True,
                text=True,
            )
            seen.append(run.stdout.strip() or run.stderr)
    assert seen == ["True", "False"]


def test_another_program_with_its_number_is_no_run(results):
    with program("another") as other:
        claimed(results, socket.gethostname(), other.pid)
        claim(str(results))


def test_a_later_run_with_its_number_is_another_one(results):
    """As after the computer was started again; a claim tells when its process started."""
    with program("snakemake") as other:
        started = claims._uptime_at_start(psutil.Process(other.pid))
        claimed(results, socket.gethostname(), f"{other.pid} abc {started + 0.5}")
        with pytest.raises(SettingsError, match=rf"another run \(process {other.pid}\) is writing"):
            claim(str(results))
        (results / ".running").write_text(
            f"{socket.gethostname()} {other.pid} abc {started - 60}\n"
        )
        claim(str(results))
        _, number, _, mine = (results / ".running").read_text().split()
        assert int(number) == os.getpid()
        assert float(mine) == pytest.approx(claims._uptime_at_start(psutil.Process()), abs=2)


def test_a_run_that_was_killed_and_not_asked_for_its_end_is_no_run(results):
    with program("snakemake") as other:
        started = claims._uptime_at_start(psutil.Process(other.pid))
        other.kill()
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)  # so that it is a zombie
        claimed(results, socket.gethostname(), f"{other.pid} abc {started}")
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
    utime, renewed = os.utime, threading.Event()

    def telling_utime(*arguments):
        utime(*arguments)
        renewed.set()

    monkeypatch.setattr(claims, "_RENEWED", 0.01)
    monkeypatch.setattr(os, "utime", telling_utime)
    claim(str(results))
    utime(results / ".running", (1, 1))
    for _ in range(2):  # the first one may have begun before
        renewed.clear()
        assert renewed.wait(300)
    assert (results / ".running").stat().st_mtime > 1000


def test_a_run_does_not_give_back_what_is_another_ones(results):
    claimed(results, "node-7", 4711)
    release(str(results))
    assert (results / ".running").exists()


@pytest.mark.parametrize("content", ["", "half", "a b c", "host nan"])
def test_a_file_that_says_nothing_stops_nobody(results, content, monkeypatch):
    monkeypatch.setattr(claims, "_WRITTEN", 0.0)
    results.mkdir()
    (results / ".running").write_text(content)
    claim(str(results))


WITHOUT_LINKS = """
import os
def link(*names):
    raise PermissionError
os.link = link
"""
CONTENDER = """
import sys
from immunostain.shared.errors import SettingsError
from immunostain.run.claims import claim
for line in sys.stdin:
    try:
        claim(line.rstrip("\\n"))
        print("won", flush=True)
    except SettingsError as error:
        print(error, flush=True)
"""


@contextmanager
def contenders(number, code):
    """Start processes that claim the folder of every line that they are given."""
    command = [sys.executable, "-c", code, "snakemake"]
    environ = {**os.environ, "PYTHONPATH": str(Path(claims.__file__).parents[2])}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": environ}
    with ExitStack() as stack:
        yield [stack.enter_context(subprocess.Popen(command, **pipes)) for _ in range(number)]


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("killed", [0, 1, 2])
def test_of_runs_that_start_at_the_same_moment_one_goes_on(tmp_path, killed, links):
    """Where there was none before, one that was killed, and one killed as it followed that one."""
    with contenders(3, CONTENDER if links else WITHOUT_LINKS + CONTENDER) as processes:
        for number in range(100):
            results = tmp_path / str(number)
            if killed:
                claimed(results, "node-7", 4711, age=150)
            if killed == 2:
                follows = claims._after(results / ".running", "node-7 4711\n")
                follows.write_text(f"node-7 {number}\n")
                os.utime(follows, (1, 1))
            for process in processes:
                process.stdin.write(f"{results}\n")
            for process in processes:
                process.stdin.flush()
            said = [process.stdout.readline() for process in processes]
            assert sum(line == "won\n" for line in said) == 1, said
            assert sum("is writing to" in line for line in said) == 2, said
            assert [path.name for path in results.iterdir()] == [".running"]
            assert (
                int((results / ".running").read_text().split()[1])
                == processes[said.index("won\n")].pid
            )


def test_what_a_cluster_calls_the_jobs_of_killed_runs_is_kept_until_one_ends_well(results):
    results.mkdir()
    (results / ".running").write_text("node-7 4711 first\nbrave\n")
    os.utime(results / ".running", (1, 1))
    assert claim(str(results), "new") == ["brave"]
    # Killed before it could cancel them.
    written = (results / ".running").read_text().splitlines()
    (results / ".running").write_text("\n".join(["node-7 12 second", *written[1:], ""]))
    os.utime(results / ".running", (1, 1))
    assert claim(str(results)) == ["new", "brave"]
    release(str(results))
    assert claim(str(results)) == []


@pytest.mark.parametrize("there_again", [True, False])
def test_a_folder_that_is_removed_or_renamed_is_noticed(
    results, tmp_path, monkeypatch, there_again
):
    monkeypatch.setattr(claims, "_LOOKED", 0.01)
    gone = threading.Event()
    claim(str(results), when_gone=gone.set)
    if there_again:  # by a job that writes its log
        shutil.rmtree(results)
        results.mkdir()
    else:
        results.rename(tmp_path / "elsewhere")
    assert gone.wait(30)


def test_a_run_that_ended_or_lost_its_file_alone_has_its_folder(results, monkeypatch):
    monkeypatch.setattr(claims, "_LOOKED", 0.01)
    ended = []
    watch = claims._watch
    over = threading.Event()
    monkeypatch.setattr(claims, "_watch", lambda *args: (watch(*args), over.set()))
    claim(str(results), when_gone=lambda: ended.append("gone"))
    (results / ".running").unlink()
    assert over.wait(30)
    over.clear()
    claim(str(results), when_gone=lambda: ended.append("gone"))
    release(str(results))
    shutil.rmtree(results)
    assert over.wait(30) and not ended
