"""The e-mail that a user gets when a run has ended.

A mail that can't be sent must never spoil a run: `notify` saves it in the results folder and
returns a warning instead of raising. Standard library only: the Snakefile imports this.
"""

import contextlib
import os
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path

from immunostain.mail.delivery import MailError, TooLargeError, send
from immunostain.mail.email_settings import EmailSettings
from immunostain.mail.text import LONGEST_PATH, Report, RunSummary, compose, line

MOST_ATTACHED = 20_000_000  # bytes


def notify(
    summary: RunSummary,
    email: EmailSettings,
    results: str | Path,
    environ: Mapping[str, str],
    timeout: float = 20.0,
) -> str | None:
    """Mail the summary of a run, or save it where it can't be sent. Never raises.

    The report is attached where it is less than 20 MB and the server takes a mail of that size.

    Parameters
    ----------
    summary
        What happened in the run.
    email
        Who gets the mail, and how. Nothing is done where nobody does.
    results
        The results folder; a mail that is not sent goes into its folder ``mail``.
    environ
        The environment variables, one of which holds the password.
    timeout
        Seconds after which the attempt to send is given up.

    Returns
    -------
    str or None
        A sentence for the user if the mail was not delivered to everyone, else None.
    """
    problem = "The e-mail about this run could not be delivered: "
    if not email.to:
        return None
    try:
        report = report_for_mail(summary.report)
        message = compose(summary, email, report)
    except Exception as error:
        return f"{problem}it could not be written ({type(error).__name__})."
    try:
        try:
            send(message, email, environ, timeout)
        except TooLargeError:
            if report.page is None:
                raise
            report = Report(why_not="too large for the mail server")
            message = compose(summary, email, report)
            send(message, email, environ, timeout)
        return None
    except MailError as error:
        problem += str(error)
    except Exception as error:  # only the kind: the text of an unknown error might hold secrets
        problem += f"something unexpected went wrong ({type(error).__name__})"
    folder = Path(results) / "mail"
    try:
        return f"{problem}; it was saved as {line(save(message, folder), LONGEST_PATH)}."
    except Exception as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        return f"{problem}; nor could it be saved in {line(folder, LONGEST_PATH)} ({why})."


def report_for_mail(path: str) -> Report:
    """Give what a mail has of the report.

    Parameters
    ----------
    path
        The report; empty: there is none.
    """
    if not path:
        return Report()
    try:
        if os.path.getsize(path) < MOST_ATTACHED:
            return Report(Path(path).read_bytes())
        return Report(why_not="too large for a mail")
    except OSError as error:
        return Report(why_not=f"it can't be read: {error.strerror}")


def save(message: EmailMessage, folder: str | Path) -> Path:
    """Save the mail as ``<folder>/<time>.eml``, which mail programs open.

    Parameters
    ----------
    message
        The mail; the name of the file is the time in its header ``Date``.
    folder
        The folder, created if need be.

    Returns
    -------
    Path
        The new file. No file is ever overwritten: ``-2``, ``-3`` ... make names unique.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    stamp = message["Date"].datetime.strftime("%Y-%m-%dT%H-%M-%S")
    temporary = folder / f".{stamp}-{os.getpid()}.tmp"
    try:
        temporary.write_bytes(message.as_bytes())
        number = 1
        while True:
            path = folder / f"{stamp}{f'-{number}' if number > 1 else ''}.eml"
            with contextlib.suppress(FileExistsError):
                path.open("x").close()  # takes the name, also from another run at the same second
                return temporary.replace(path)
            number += 1
    finally:
        temporary.unlink(missing_ok=True)
