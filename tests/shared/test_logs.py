"""A job's log, and the sentence about its failure."""

import errno
import logging
import os
import warnings

import pytest

from immunostain.shared.errors import ImageError, SettingsError
from immunostain.shared.logs import job_log, say, sentence


@pytest.fixture(autouse=True)
def _logging_as_before():
    handlers = list(logging.getLogger().handlers)
    yield
    logging.captureWarnings(False)
    assert logging.getLogger().handlers == handlers


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ImageError("the file is empty"), "the file is empty"),
        (SettingsError("two columns"), "two columns"),
        (
            OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "a.tif"),
            "the disk is full: a.tif could not be written; "
            "free some space and run the same command again",
        ),
        (
            OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)),
            "the disk is full: a result could not be written; "
            "free some space and run the same command again",
        ),
        (
            OSError(errno.EACCES, "Permission denied", "a.tif"),
            "a.tif can't be written or read: Permission denied; check the permissions",
        ),
        (
            OSError(errno.EROFS, "Read-only file system", "a.tif"),
            "a.tif can't be written or read: Read-only file system; check the permissions",
        ),
        (
            OSError(errno.EIO, "Input/output error", "a.czi"),
            "a.czi: Input/output error; check the drive, and run the same command again",
        ),
        (OSError(errno.ENOTDIR, "Not a directory", "a.tif"), "a.tif: Not a directory"),
        (
            MemoryError(),
            "the memory did not suffice; run fewer jobs at once (--cores, --resources mem_mb)",
        ),
        (ValueError("unexpected"), "ValueError: unexpected"),
    ],
)
def test_sentences(error, said):
    assert sentence(error) == said


@pytest.mark.parametrize(
    "error", [ValueError("one\ntwo"), ImageError("one\n  two"), RuntimeError("one\r\ntwo")]
)
def test_a_sentence_is_one_line(error):
    assert "one two" in sentence(error)


def test_a_job_that_ends_well(tmp_path, capsys):
    path = tmp_path / "logs" / "a.log"
    with job_log(str(path), "image 1") as log:
        log.info("7 nuclei in ü")
        logging.getLogger("aicsimageio").warning("from elsewhere")
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line.split("  ", 1)[1] for line in lines] == ["7 nuclei in ü", "from elsewhere"]
    assert capsys.readouterr() == ("", "")


def test_an_older_log_is_replaced(tmp_path):
    for text in ("first", "second"):
        with job_log(str(tmp_path / "a.log"), "image 1") as log:
            log.info(text)
    assert "first" not in (tmp_path / "a.log").read_text()


@pytest.mark.filterwarnings("always")
def test_warnings_go_to_the_log_and_not_to_the_console(tmp_path, capsys):
    with job_log(str(tmp_path / "a.log"), "image 1"):
        # pytest collects warnings itself; show them as Python does outside of it.
        warnings.showwarning("odd scaling", UserWarning, "czi.py", 1)
    assert "odd scaling" in (tmp_path / "a.log").read_text()
    assert capsys.readouterr().err == ""


def test_a_job_that_fails_says_one_sentence_and_logs_the_traceback(tmp_path, capsys):
    path = tmp_path / "a.log"
    with pytest.raises(SystemExit) as caught:
        with job_log(str(path), "plate 1__c") as log:
            log.info("begun")
            raise ImageError("the file is cut off")
    assert caught.value.code == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"immunostain: plate 1__c: the file is cut off (log: {path})\n"
    text = path.read_text()
    assert "begun" in text
    assert "Traceback (most recent call last)" in text
    assert "ImageError: the file is cut off" in text
    assert "test_logs.py" in text


def test_the_log_has_the_cause_of_an_error(tmp_path, capsys):
    with pytest.raises(SystemExit):
        with job_log(str(tmp_path / "a.log"), "x"):
            try:
                raise KeyError("the root")
            except KeyError as error:
                raise ImageError("what it means") from error
    assert "KeyError: 'the root'" in (tmp_path / "a.log").read_text()
    assert capsys.readouterr().err.startswith("immunostain: x: what it means (log: ")


def test_an_interrupted_job_stays_interrupted(tmp_path):
    with pytest.raises(SystemExit, match="130"):
        with job_log(str(tmp_path / "a.log"), "x"):
            raise KeyboardInterrupt


@pytest.mark.parametrize(("term", "before"), [("xterm", "\r\x1b[J"), ("dumb", "")])
def test_on_a_terminal_a_sentence_takes_the_place_of_the_display(monkeypatch, term, before):
    monkeypatch.setenv("TERM", term)
    master, other = os.openpty()
    with open(other, "w") as terminal, open(master, "rb", buffering=0) as shown:
        monkeypatch.setattr("sys.stderr", terminal)
        say("a.czi: the file is empty")
        terminal.flush()
        assert shown.read(200).decode() == f"{before}immunostain: a.czi: the file is empty\r\n"


def test_a_log_on_a_full_disk_is_told_of_once_and_ends_no_job(capsys):
    with job_log("/dev/full", "x") as log:
        for number in range(20):
            log.info("line %d", number)
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "immunostain: the log /dev/full can't be written: No space left on device"


def test_a_job_that_fails_on_a_full_disk_says_two_sentences(capsys):
    with pytest.raises(SystemExit, match="1"):
        with job_log("/dev/full", "x"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "a.tif")
    log, job = capsys.readouterr().err.splitlines()
    assert "the log /dev/full can't be written" in log
    assert job.startswith("immunostain: x: the disk is full: a.tif could not be written")


def test_a_log_that_can_t_be_made_is_told_in_a_sentence(tmp_path, capsys):
    (tmp_path / "logs").write_text("a file")
    with pytest.raises(SystemExit, match="1"):
        with job_log(str(tmp_path / "logs" / "a.log"), "x"):
            raise AssertionError("not reached")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"immunostain: x: {tmp_path / 'logs'}")


def test_what_a_file_calls_its_channels_is_not_obeyed_by_a_terminal(tmp_path, capsys):
    path = tmp_path / "a.log"
    with pytest.raises(SystemExit):
        with job_log(str(path), "x") as log:
            log.info("channel: %s", "DAPI\x1b[2J\x07")
            raise ImageError("no DAPI, only \x1b]0;title\x07")
    text = path.read_text()
    assert r"channel: DAPI\x1b[2J\x07" in text and "\x1b" not in text
    assert "Traceback (most recent call last):\n" in text
    err = capsys.readouterr().err
    assert err.endswith("\n") and err[:-1].isprintable() and r"\x1b]0;title" in err
