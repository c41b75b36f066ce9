"""The display of a run on a terminal."""

import logging
import os
import threading
from types import SimpleNamespace

import pytest

from immunostain.run import progress, progress_display
from immunostain.run.progress import Job, Tally

STEPS = {1: Job("find", "a", 9.0), 2: Job("gather", None, 0.0)}


@pytest.mark.parametrize("known", [True, False])
def test_a_display_gives_up_and_lets_snakemake_print(known, monkeypatch):
    """Where Snakemake's messages are others, or drawing goes wrong in the display's own thread."""
    monkeypatch.setattr(progress_display, "_EVERY", 0.01)
    logger, kept = logging.Logger("x"), []
    master, other = os.openpty()
    with open(other, "w") as stream, open(master, "rb", buffering=0) as shown:
        terminal = logging.StreamHandler(stream)
        logger.addHandler(terminal)
        file = logging.Handler()
        gave_up = threading.Event()

        def keep(record):
            kept.append(record.getMessage())
            if kept[-1].startswith("The display"):
                gave_up.set()

        file.emit = keep
        logger.addHandler(file)
        if known:
            monkeypatch.setattr(progress, "lines", lambda *args: 1 / 0)
        progress_display.Display(logger, terminal, Tally(STEPS, 1000.0))
        if not known:
            logger.info("job", extra={"event": SimpleNamespace(value="job_info")})
        assert gave_up.wait(30)
        why = "ZeroDivisionError" if known else "KeyError('rule_name')"
        logger.info("a step")
        (said,) = (line for line in kept if line.startswith("The display of progress ended: "))
        assert why in said
        progress_display.end(logger)
        assert logger.handlers == [file, terminal]
        logger.info("after it")
        os.set_blocking(master, False)
        printed = "".join(part.decode() for part in iter(lambda: shown.read(999), None))
        assert [line for line in printed.splitlines() if "a step" in line]
        assert printed.splitlines()[-1] == "after it" and "done in" not in printed
