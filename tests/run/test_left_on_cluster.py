"""What a killed run left behind."""

import os
import shutil
import subprocess
import sys

import pytest

from immunostain.run.left_on_cluster import cancel, remove_frames


def folder(results, step, name, written=1000.0):
    """Write a part as a step does."""
    path = results / step / name
    path.mkdir(parents=True)
    (path / "s000_t0000.tif").write_bytes(b"picture")
    (path / "frames.json").write_text("{}")
    os.utime(path / "frames.json", (written, written))
    return path


@pytest.mark.parametrize("step", ["labels", "probabilities"])
def test_frames_that_were_used_are_removed_and_others_are_not(tmp_path, step):
    used = folder(tmp_path, "frames", "a/1of3")
    folder(tmp_path, step, "a/1of3", 1001)
    made_again = folder(tmp_path, "frames", "a/2of3", 2000)
    folder(tmp_path, step, "a/2of3", 1001)
    to_come = folder(tmp_path, "frames", "a/3of3")
    old_part = folder(tmp_path, "frames", "a/1of2")
    unfinished = folder(tmp_path, "frames", "a/.partial-0123abcd-node-7-12-0")
    last = folder(tmp_path, "frames", "b/1of1")
    folder(tmp_path, step, "b/1of1")
    remove_frames(str(tmp_path), {"a": ["1of3", "2of3", "3of3"], "b": ["1of1"], "c": ["1of1"]})
    assert not used.exists() and not old_part.exists() and not unfinished.exists()
    assert made_again.exists() and to_come.exists()
    assert not last.parent.exists(), "an empty folder goes too"
    assert (tmp_path / step / "a/1of3/s000_t0000.tif").exists()


def test_what_a_user_put_there_stays(tmp_path):
    theirs = [folder(tmp_path, "frames", name) for name in ("a/proofread", "a/x1of1", "of/1of1")]
    empty = tmp_path / "frames" / "a" / "1of1"
    empty.mkdir()
    (empty / "note.txt").write_text("mine")
    folder(tmp_path, "labels", "a/1of1", 2000)
    remove_frames(str(tmp_path), {"a": ["1of1"]})
    assert all(path.exists() for path in theirs) and (empty / "note.txt").exists()


def test_without_a_run_s_name_nothing_is_cancelled():
    assert cancel([]) == []


@pytest.mark.skipif(not shutil.which("setpriv"), reason="root may read everything")
def test_a_folder_that_may_not_be_read_stays_and_stops_nothing(tmp_path):
    hidden = folder(tmp_path, "frames", "a/1of2")
    used = folder(tmp_path, "frames", "a/2of2")
    for part in ("1of2", "2of2"):
        folder(tmp_path, "labels", f"a/{part}", 1001)
    hidden.chmod(0)
    code = (
        "import sys; from immunostain.run.left_on_cluster import remove_frames; "
        "remove_frames(sys.argv[1], {'a': ['1of2', '2of2']})"
    )
    without_rights = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    subprocess.run(
        [*without_rights, sys.executable, "-c", code, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
    )
    hidden.chmod(0o755)
    assert hidden.exists() and not used.exists()
