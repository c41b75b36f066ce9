"""A fork of a Python that has its packages is as one that is started."""

import json
import os
import signal
import subprocess
import sys

import pytest
from python_at_hand import at_hand

pytestmark = pytest.mark.skipif(
    not hasattr(os, "pidfd_open"), reason="there are forks on Linux only"
)

TELLS = """
import atexit, json, os, sys, threading
atexit.register(print, "at exit")
thread = threading.Thread(target=lambda: (threading.main_thread().join(), print("a thread")))
thread.start()
facts = [sys.argv, sys.path[0], __name__, __file__, os.getcwd(), sys.executable, dict(os.environ)]
mine = [name for name in sys.modules if name.startswith("immunostain")]
print(json.dumps([*facts, mine]))
print("said", file=sys.stderr)
"""


@pytest.mark.parametrize(
    "end", ["", "sys.exit(3)", "sys.exit('no')", "1 / 0", "os.kill(os.getpid(), 9)"]
)
def test_it_is_given_and_gives_the_same(tmp_path, end):
    script = tmp_path / "a script.py"
    script.write_text(TELLS + end)
    told = []
    for python in (sys.executable, at_hand() / "python"):
        done = subprocess.run(
            [python, script],
            cwd=tmp_path,
            env={**os.environ, "ONLY": "this"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        facts, *lines = done.stdout.splitlines() or ["null"]
        facts = json.loads(facts)
        if facts:
            assert facts[-1] == []
            facts[-2] = {name: facts[-2][name] for name in ("PATH", "ONLY")}
        told.append((done.returncode, facts, lines, done.stderr.splitlines()[:1]))
    assert told[0] == told[1]


def test_it_ends_with_who_asked_for_it(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import signal\nprint('begun', flush=True)\nsignal.pause()\n")
    with subprocess.Popen([at_hand() / "python", script], stdout=subprocess.PIPE) as asking:
        assert asking.stdout.readline() == b"begun\n"
        asking.send_signal(signal.SIGKILL)
        assert asking.stdout.read() == b""  # which it had open as well
