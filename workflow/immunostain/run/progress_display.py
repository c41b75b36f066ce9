"""One display on the terminal of how far a run is, see progress.py.

Snakemake tells of every step, several lines each. On a terminal this takes the place of them; its
log file and a terminal that is none get all of them as ever. A logger plugin could not be the
default, as Snakemake stops where a profile names one that isn't installed; and those that there are
count steps. Standard library only: the Snakefile imports this.
"""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Iterator
from typing import Any, TextIO

from immunostain.run import inside_snakemake, progress
from immunostain.run.inside_snakemake import JobFailed, JobFinished, JobStarted, OutputMissing
from immunostain.run.progress import Tally

_EVERY = 0.5  # seconds between two drawings


class Display(logging.Handler):
    """Stands in for the handler that prints Snakemake's messages, and draws below them.

    The cursor waits where the display begins, so that what a job prints by itself writes over it
    and is not written over.
    """

    def __init__(self, logger: logging.Logger, terminal: logging.StreamHandler[Any], tally: Tally):
        super().__init__()
        self._logger, self._terminal, self._tally = logger, terminal, tally
        self._ended, self._gave_up = threading.Event(), False
        logger.removeHandler(terminal)
        logger.addHandler(self)
        threading.Thread(target=self._go_on, daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Count, and print what is no mere step."""
        if not self._gave_up:
            with self._or_give_up():
                self._count(record)
                of_the_end = inside_snakemake.is_about_the_end(record)
                if record.levelno >= logging.WARNING or of_the_end:
                    self._write("\r\x1b[J")
                    self._terminal.handle(record)
                    self._draw()
        if self._gave_up and record.levelno >= self._terminal.level:
            self._terminal.handle(record)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep others from printing meanwhile."""
        self.acquire()
        try:
            yield
        finally:
            self.release()

    @contextlib.contextmanager
    def _or_give_up(self) -> Iterator[None]:
        """Let Snakemake print as before when something goes wrong: no display is worth a run."""
        try:
            yield
        except Exception as error:
            self._gave_up = True
            self._write("\r\x1b[J")
            self._logger.info(f"The display of progress ended: {error!r}")

    def _count(self, record: logging.LogRecord) -> None:
        now = time.time()
        match inside_snakemake.event(record):
            case JobStarted() as job:
                log = job.logs[0] if job.logs else ""
                self._tally.start(job.number, now, job.message, log)
            case JobFinished() as job:
                self._tally.finish(job.number, now)
            case JobFailed() | OutputMissing() as job:
                self._tally.fail(job.number)

    def _go_on(self) -> None:
        while not self._ended.wait(_EVERY):
            with self._alone(), self._or_give_up():
                if not self._ended.is_set() and not self._gave_up:
                    self._draw()

    def _draw(self) -> None:
        size = _size(self._terminal.stream)
        if size is None:
            return
        shown = progress.lines(self._tally, time.time(), size.columns - 1)[: size.lines - 1]
        up = f"\x1b[{len(shown) - 1}A" if len(shown) > 1 else ""
        self._write("\r" + "\x1b[K\n".join(shown) + f"\x1b[J\r{up}")

    def _write(self, text: str) -> None:
        stream = self._terminal.stream
        # A terminal that knows few letters must not stop a run.
        encoding = stream.encoding or "ascii"
        with contextlib.suppress(OSError, ValueError):  # the terminal is gone
            stream.write(text.encode(encoding, "replace").decode(encoding))
            stream.flush()

    def close(self) -> None:
        """Remove the display and let Snakemake print as before; how far it came stays."""
        with self._alone():
            if not self._ended.is_set():
                self._ended.set()
                if not self._gave_up:
                    self._write(f"\r\x1b[J{progress.summary(self._tally, time.time())}\n")
                self._logger.removeHandler(self)
                self._logger.addHandler(self._terminal)
        super().close()


def _size(stream: TextIO) -> os.terminal_size | None:
    """Give the terminal's size; None where nothing may be drawn: another program has it."""
    try:
        if os.tcgetpgrp(stream.fileno()) != os.getpgrp():
            return None
    except OSError:  # it is nobody's
        pass
    try:
        size = os.get_terminal_size(stream.fileno())
    except OSError:
        return None
    return os.terminal_size((size.columns or 80, size.lines or 24))


def end(logger: logging.Logger) -> None:
    """Remove the display, if there is one."""
    for handler in list(logger.handlers):
        if isinstance(handler, Display):
            handler.close()
