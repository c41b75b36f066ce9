"""What a run shows on a terminal, and that nothing of it is elsewhere."""

import codecs
import fcntl
import os
import re
import signal
import struct
import subprocess
import termios
import threading

import pytest
from czi_files import TWO, write_channels, write_czi
from held_steps import gate

COLUMNS, LINES = 72, 30
# Of Snakemake's inside, what a run asks for; see inside_snakemake.py.
KNOWN = [
    "overwrite_configfiles",
    "is_main_process",
    "scheduler._executor",
    "scheduler.job_rate_limiter",
    "dag.needrun_jobs()",
    "storage_settings.notemp",
]
BAR = re.compile(r"^\[[#-]{20}\] \d+ of \d+ ")


def _take_terminal():
    """Make standard input the terminal of this process, whose Ctrl-C it heeds.

    What a shell without job control starts in the background, and all that starts, ignores Ctrl-C.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    """A real pseudo-terminal with a command in its foreground, and the screen that a user sees."""

    def __init__(self, command, folder, **environ):
        self.master, other = os.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "TERM": "xterm", **environ},
            stdin=other,
            stdout=other,
            stderr=other,
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        os.close(other)
        self.written, self.open = "", True
        self.more = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        decoder = codecs.getincrementaldecoder("utf-8")()
        while self.open:
            try:
                text = decoder.decode(os.read(self.master, 65536))
            except OSError:  # closed
                text = ""
            with self.more:
                self.written, self.open = self.written + text, bool(text)
                self.more.notify()

    def wait_for(self, shown):
        """Wait until a line on the screen has something."""
        self._wait(lambda: any(re.search(shown, line) for line in screen(self.written)))

    def wait_for_the_end(self):
        """Wait until nothing more can come, and give how the command ended."""
        self._wait(lambda: not self.open)
        return self.process.wait(300)

    def _wait(self, condition):
        with self.more:
            assert self.more.wait_for(lambda: condition() or not self.open, 300), self.written
            assert condition(), self.written

    def screens(self):
        """Give the screen after each drawing, in order."""
        for drawn in re.finditer(r"\x1b\[J", self.written):
            yield screen(self.written[: drawn.end()])


def screen(written):
    """Give all lines of the screen, those that were scrolled away too."""
    shown, row, column = [""], 0, 0
    for code, text in re.findall(r"\x1b\[([\d;?]*[A-Za-z])|([^\x1b])", written):
        if code == "K":
            shown[row] = shown[row][:column]
        elif code == "J":
            shown[row] = shown[row][:column]
            del shown[row + 1 :]
        elif code.endswith("A"):
            row -= int(code[:-1])
        elif text == "\r":
            column = 0
        elif text == "\n":
            row += 1
            shown += [""] * (row + 1 - len(shown))
        elif text:
            shown[row] = shown[row][:column].ljust(column) + text + shown[row][column + 1 :]
            column += 1
        else:
            assert code.endswith("m"), f"{code!r} is no code that this screen knows"
    return shown


@pytest.fixture
def images(project):
    """Fill a project: two stills, one that is damaged, and a timelapse that can't be tracked."""
    for name in ("a", "b", "damaged"):
        write_channels(project.folder / "images" / f"{name}.czi", {"DAPI": TWO})
    damaged = project.folder / "images" / "damaged.czi"
    damaged.write_bytes(damaged.read_bytes()[:3000])
    planes = {(0, t, 0, 0): TWO for t in range(3)}
    write_czi(project.folder / "images" / "no scale.czi", planes, ["DAPI"])
    return project.configure(tracking={"search_range": "20 um"})


def log_files(project):
    paths = sorted((project.folder / ".snakemake" / "log").iterdir())
    return [path.read_text(encoding="utf-8") for path in paths]


def test_a_run_on_a_terminal_shows_one_display(images):
    with gate(images.script("draw_nuclei")) as held:
        terminal = Terminal(images.command(), images.folder)
        held.wait_for_one()
        held.let_one_go()
        terminal.wait_for(r"1 of 4 images, \d+\.\d per minute, (\d+ h )?\d+ (s|min) left")
    assert terminal.wait_for_the_end() == 0
    for shown in terminal.screens():
        bars = [line for line in shown if BAR.match(line)]
        assert len(bars) <= 1 and not any(len(bar) >= COLUMNS for bar in bars)
    last = screen(terminal.written)
    assert not [line for line in last if BAR.match(line)], "nothing of it stays"
    assert [line for line in last if re.match(r"4 of 4 images done in ", line)]
    # What a user must know stands in lines of its own, whole and once.
    assert sum(line.startswith("Not analysed: damaged: ") for line in last) == 1
    assert sum(line.startswith("immunostain: no scale was not tracked: ") for line in last) == 1
    assert "Finished jobid" not in terminal.written, "it takes the place of Snakemake's messages"
    (log,) = log_files(images)
    assert "\x1b" not in log and not re.search(BAR.pattern, log, re.MULTILINE)
    assert "This version of Snakemake" not in log
    assert "Finished jobid" in log and "steps (100%) done" in log

    # Again with one step to do, where nothing can be drawn.
    report = images.results / "analysis_data" / "report.html"
    report.unlink()
    dumb = Terminal(images.command(), images.folder, TERM="dumb")
    assert dumb.wait_for_the_end() == 0
    report.unlink()
    piped = images.finish()
    for printed in (dumb.written, piped):
        assert "\x1b" not in printed and not re.search(BAR.pattern, printed, re.MULTILINE)
        assert "steps (100%) done" in printed

    # And with a Snakemake of which less is known.
    report.unlink()
    (inside,) = images.program().rglob("inside_snakemake.py")
    text = inside.read_text()
    for known in KNOWN:
        assert f"workflow.{known}" in text
        text = text.replace(f"workflow.{known}", "workflow.something_else")
    inside.write_text(text)
    other = Terminal(images.command(), images.folder)
    assert other.wait_for_the_end() == 0
    assert not any(BAR.match(line) for line in screen(other.written))
    assert other.written.count("This version of Snakemake can't ") == len(KNOWN)
    assert other.written.count("no attribute 'something_else'") == len(KNOWN)
    assert "Traceback" not in other.written and report.exists()


def test_ctrl_c_removes_the_display(project):
    for number in range(3):
        write_channels(project.folder / "images" / f"{number}.czi", {"DAPI": TWO})
    project.configure()
    with gate(project.script("label_nuclei")) as held:
        terminal = Terminal(project.command(), project.folder)
        held.wait_for_one()
        terminal.wait_for(BAR)
        os.write(terminal.master, b"\x03")
        assert terminal.wait_for_the_end() == 1
    last = screen(terminal.written)
    assert not [line for line in last if BAR.match(line)]
    assert [line for line in last if re.match(r"0 of 3 images done in ", line)]
    assert [line for line in last if line.startswith("Terminating processes")]
    assert not (project.results / ".running").exists()
