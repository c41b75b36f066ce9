"""A browser that opens pages as users do: Debian's Chromium, driven by Playwright.

Nothing is fetched from elsewhere. Playwright's own browsers, which it would download, aren't used.
"""

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # slow to import, and most tests need no browser
    from playwright.sync_api import Browser, Page

PACKAGE = "chromium"
_ENDED = "net::ERR_ABORTED"
_LOCAL = ("file:", "data:", "blob:", "about:")


def missing() -> str:
    """Say why no browser can be started here; an empty text if one can."""
    return "" if shutil.which(PACKAGE) else f"Chromium is not installed (apt-get install {PACKAGE})"


def install() -> None:
    """Install Chromium with apt-get, if that goes; `missing` tells afterwards whether it did."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", PACKAGE]
    # Several of pytest's processes may need it at a time.
    with open(Path(tempfile.gettempdir(), "immunostain-chromium.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with contextlib.suppress(OSError):
            if missing():
                subprocess.run(["apt-get", "update", "-q"], check=False, **quiet)
                subprocess.run(command, check=False, env=environ, **quiet)


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    """Give a running browser, or skip the test with the reason.

    With CI=true or IMMUNOSTAIN_INSTALL_CHROMIUM=1 root installs it first.
    """
    wanted = os.environ.get("CI") == "true" or os.environ.get("IMMUNOSTAIN_INSTALL_CHROMIUM") == "1"
    if missing() and wanted and os.geteuid() == 0:
        install()
    if reason := missing():
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    # A module's, not a session's: while it runs, its thread can run no other event loop.
    with sync_playwright() as playwright:
        # Without memory that programs share, which is small in containers.
        options = ["--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=shutil.which(PACKAGE), args=options)
        yield browser
        browser.close()


@contextlib.contextmanager
def opened(browser: "Browser", path: Path, **options: Any) -> Iterator["Page"]:
    """Open a file, and see at the end that all went well.

    Parameters
    ----------
    browser
        The running one.
    path
        The page.
    options
        Of Playwright's `new_context`, such as ``viewport`` and ``color_scheme``.

    Raises
    ------
    AssertionError
        At the end, where the page has written errors or warnings to the console, or has asked for
        anything that isn't a file, or for a file that isn't there.
    """
    faults: list[str] = []

    def note(kind: str, about: str) -> None:
        faults.append(f"{kind}: {about[:300]}")

    context = browser.new_context(offline=True, **options)
    page = context.new_page()
    page.on("pageerror", lambda error: note("error", str(error)))
    page.on("console", lambda m: m.type in ("error", "warning") and note(m.type, m.text))
    # Of a movie Chromium itself ends the request once it has read how long it is.
    page.on("requestfailed", lambda r: r.failure == _ENDED or note("not found", r.url))
    page.on("request", lambda asked: asked.url.startswith(_LOCAL) or note("fetched", asked.url))
    try:
        page.goto(path.absolute().as_uri())
        yield page
        assert not faults, faults
    finally:
        context.close()
