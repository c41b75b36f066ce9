"""The e-mail that a user gets when a run has ended.

A mail that can't be sent must never spoil a run: `notify` saves it in the results folder and
returns a warning instead of raising. Only the standard library is used, because the Snakefile
imports this module.
"""

import contextlib
import os
import queue
import re
import smtplib
import socket
import ssl
import threading
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.header import Header
from email.message import EmailMessage
from email.policy import Policy
from email.utils import localtime, make_msgid, parseaddr
from itertools import count
from pathlib import Path
from typing import Any

from immunostain.run.failures import Failure
from immunostain.shared.errors import SettingsError

PORTS = {"starttls": 587, "ssl": 465, "none": 25}
SKIPPED_SHOWN, FAILURES_SHOWN, LINE_LENGTH = 50, 20, 300


class MailError(Exception):
    """The mail did not reach everyone; the text is one clause that says why."""


@dataclass(frozen=True)
class RunSummary:
    """What the mail tells about a run; `skipped` holds pairs of image and reason."""

    finished: bool
    input_folder: str
    results: str
    analysed: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    nuclei: int | None = None
    seconds: float = 0.0
    failures: list[Failure] = field(default_factory=list)


class _Subject(str):
    """A subject line that arrives as it is.

    The folding of Python 3.11 drops blanks between words with umlauts, and a text such as
    ``=?utf-8?q?...?=`` would be decoded by the reader, to line breaks too.
    """

    name = "Subject"

    def fold(self, *, policy: Policy) -> str:
        plain = self.isascii() and "=?" not in self and len(self) <= 66
        text = str(self) if plain else Header(self, "utf-8", header_name=self.name).encode()
        return f"{self.name}: {text}\n".replace("\n", policy.linesep)


def check_login(email: Mapping[str, Any]) -> None:
    """See that no password would go over an open line.

    Parameters
    ----------
    email
        The section ``email`` of the configuration.

    Raises
    ------
    SettingsError
        There is a user name, and no encryption.
    """
    if _open_login(email):
        raise SettingsError(
            "config: email.user is set and email.security is none, so that anyone on the way could "
            "read the password; take starttls or ssl, or leave email.user empty"
        )


def notify(
    summary: RunSummary,
    email: Mapping[str, Any] | None,
    results: str | Path,
    environ: Mapping[str, str],
    timeout: float = 20.0,
) -> str | None:
    """Mail the summary of a run, or save it where it can't be sent. Never raises.

    Parameters
    ----------
    summary
        What happened in the run.
    email
        The section ``email`` of the configuration. Nothing is done where ``to`` is empty.
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
    try:
        if not email or not _recipients(email):
            return None
        message = compose(summary, email)
    except Exception as error:
        return f"{problem}it could not be written ({type(error).__name__})."
    try:
        send(message, email, environ, timeout)
        return None
    except MailError as error:
        problem += str(error)
    except Exception as error:  # only the kind: the text of an unknown error might hold secrets
        problem += f"something unexpected went wrong ({type(error).__name__})"
    folder = Path(results) / "mail"
    try:
        return f"{problem}; it was saved as {_line(save(message, folder), 5000)}."
    except Exception as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        return f"{problem}; nor could it be saved in {_line(folder, 5000)} ({why})."


def compose(summary: RunSummary, email: Mapping[str, Any]) -> EmailMessage:
    """Write the mail about a run in plain words.

    Names of files and folders may hold anything that Linux allows, line breaks and undecodable
    bytes included; what can't be printed appears as ``?``.

    Parameters
    ----------
    summary
        What happened in the run.
    email
        The section ``email`` of the configuration, of which ``to`` and ``from`` are used.

    Returns
    -------
    EmailMessage
        The message with its headers.
    """
    state = "finished" if summary.finished else "failed"
    folder = os.path.basename(summary.input_folder.rstrip("/")) or summary.input_folder
    sender = _header(email.get("from") or _recipients(email)[0])
    domain = parseaddr(sender)[1].rpartition("@")[2]
    message = EmailMessage()
    message["Subject"] = _Subject(f"immunostain {state}: {_line(folder, 100)}")
    message["From"] = sender
    message["To"] = _header(", ".join(_recipients(email)))
    message["Date"] = localtime()
    # make_msgid would by itself ask the network for this computer's name, which can take long.
    known = re.fullmatch(r"[A-Za-z0-9.-]+", domain)
    message["Message-ID"] = make_msgid(domain=domain if known else "localhost")
    message["Auto-Submitted"] = "auto-generated"  # keeps out-of-office replies away
    # Quoted-printable passes through servers that take only ASCII or only short lines.
    message.set_content(_body(summary), cte="quoted-printable")
    return message


def send(
    message: EmailMessage,
    email: Mapping[str, Any],
    environ: Mapping[str, str],
    timeout: float = 20.0,
) -> None:
    """Hand the mail to the configured server.

    Parameters
    ----------
    message
        The mail; its headers name sender and recipients.
    email
        The section ``email`` of the configuration.
    environ
        The environment variables, one of which holds the password.
    timeout
        Seconds for the whole attempt.

    Raises
    ------
    MailError
        The mail did not reach everyone.
    """
    if not email.get("host"):
        raise MailError("no mail server is set in email.host")
    where = f"{_line(email['host'])}:{_port(email)}"
    password = _password(email, environ)
    # A socket's timeout counts anew with every byte and does not cover the look-up of the name.
    # Only a thread that is left behind keeps to the limit whatever the server or resolver does.
    # It hands over sentences, not exceptions, so that no traceback can show the login.
    outcome: queue.SimpleQueue[str] = queue.SimpleQueue()
    opened: list[smtplib.SMTP] = []
    given_up = threading.Event()

    def attempt() -> None:
        try:
            opened.append(_connect(email, 2 * timeout))  # twice, so that it never comes first
            if not given_up.is_set():
                outcome.put(_deliver(opened[0], message, email, password, where))
        except Exception as error:
            outcome.put(_reason(error, where))
        for server in opened:  # the outcome stands, however the goodbye goes
            with contextlib.suppress(Exception):
                server.quit()

    thread = threading.Thread(target=attempt, name="mail", daemon=True)
    thread.start()
    try:
        reason = outcome.get(timeout=timeout)
    except queue.Empty:
        reason = f"the mail server {where} did not answer within {timeout:g} s"
        given_up.set()
        for server in opened:  # else the mail might still go out after the user was told it didn't
            with contextlib.suppress(OSError, AttributeError):
                server.sock.shutdown(socket.SHUT_RDWR)
    else:
        thread.join(timeout=1)
    if reason:
        raise MailError(reason)


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
        for number in count(1):
            path = folder / f"{stamp}{f'-{number}' if number > 1 else ''}.eml"
            with contextlib.suppress(FileExistsError):
                path.open("x").close()  # takes the name, also from another run at the same second
                return temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _connect(email: Mapping[str, Any], timeout: float) -> smtplib.SMTP:
    host, port = email["host"], _port(email)
    if _security(email) == "ssl":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, port, timeout=timeout, context=context)
    return smtplib.SMTP(host, port, timeout=timeout)


def _deliver(
    server: smtplib.SMTP,
    message: EmailMessage,
    email: Mapping[str, Any],
    password: str,
    where: str,
) -> str:
    """Return what went wrong, or nothing if everyone got the mail."""
    server.ehlo_or_helo_if_needed()
    if _security(email) == "starttls":
        if not server.has_extn("starttls"):
            return f"the mail server {where} does not offer STARTTLS (see email.security)"
        server.starttls(context=ssl.create_default_context())
        server.ehlo()
    if email.get("user"):
        if not server.has_extn("auth"):
            return f"the mail server {where} offers no login (leave email.user empty)"
        server.login(email["user"], password)
    refused = server.send_message(message)
    return f"{_refused(refused, where)}; the others got the mail" if refused else ""


def _password(email: Mapping[str, Any], environ: Mapping[str, str]) -> str:
    if not email.get("user"):
        return ""
    if _open_login(email):
        raise MailError("a password is only sent encrypted (see email.security)")
    variable = email.get("password_env")
    if not variable:
        raise MailError("email.user is set, but email.password_env names no environment variable")
    if not environ.get(variable):
        raise MailError(f"the environment variable {_line(variable)} with the password is not set")
    if not (email["user"].isascii() and environ[variable].isascii()):
        raise MailError("user name and password may hold only ASCII characters (no umlauts)")
    return environ[variable]


def _reason(error: Exception, where: str) -> str:
    """Say in one clause why the mail could not be handed over."""
    server = f"the mail server {where}"
    match error:
        case smtplib.SMTPAuthenticationError():
            # Without the server's words, which might repeat what was sent.
            return f"{server} refused user name or password (code {error.smtp_code})"
        case smtplib.SMTPRecipientsRefused():
            return _refused(error.recipients, where)
        case smtplib.SMTPSenderRefused():
            sender, reply = _line(error.sender), _reply(error.smtp_code, error.smtp_error)
            return f"{server} refused the sender {sender} ({reply})"
        case smtplib.SMTPResponseException():
            return f"{server} refused the mail ({_reply(error.smtp_code, error.smtp_error)})"
        case smtplib.SMTPServerDisconnected():
            return f"{server} broke off the connection (see email.port and email.security)"
        case smtplib.SMTPNotSupportedError():
            return f"{server} does not take addresses with characters beyond ASCII"
        case smtplib.SMTPException():
            return f"{server} offers no way to log in that this program knows"
        case ssl.SSLCertVerificationError():
            return f"the certificate of {server} is not trusted ({_line(error.verify_message)})"
        case ssl.SSLError():
            return f"no encrypted connection with {server} (see email.port and email.security)"
        case socket.gaierror() | UnicodeError():
            return f"{server} was not found under this name"
        case TimeoutError():
            return f"{server} could not be reached in time"
        case ConnectionRefusedError():
            return f"{server} refused the connection: nothing answers at this port"
        case OSError():
            return (
                f"{server} could not be reached ({_line(error.strerror or type(error).__name__)})"
            )
    return f"something unexpected went wrong ({type(error).__name__})"


def _refused(replies: Mapping[str, tuple[int, bytes]], where: str) -> str:
    names = ", ".join(f"{_line(name)} ({_reply(*reply)})" for name, reply in replies.items())
    return f"the mail server {where} refused the recipient {names}"


def _reply(code: int, words: bytes | str) -> str:
    return _line(f"{code} {words.decode(errors='replace') if isinstance(words, bytes) else words}")


def _security(email: Mapping[str, Any]) -> str:
    return email.get("security") or "starttls"


def _open_login(email: Mapping[str, Any]) -> bool:
    return bool(email.get("user")) and _security(email) == "none"


def _port(email: Mapping[str, Any]) -> int:
    return int(email.get("port") or PORTS[_security(email)])


def _recipients(email: Mapping[str, Any]) -> list[str]:
    to = email.get("to") or []
    return [name for name in ([to] if isinstance(to, str) else to) if name and name.strip()]


def _line(text: object, limit: int = LINE_LENGTH) -> str:
    """Make text fit for one line: no control characters, line breaks or lone surrogates."""
    bad = {"Cc", "Cs", "Zl", "Zp"}
    clean = "".join("?" if unicodedata.category(c) in bad else c for c in str(text))
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def _header(text: str) -> str:
    """Make text fit for a header, where ``=?`` would start an encoded word with any content."""
    return _line(text, limit=100_000).replace("=?", "= ?")


def _duration(seconds: float) -> str:
    minutes, s = divmod(max(0, round(seconds)), 60)
    h, m = divmod(minutes, 60)
    return f"{h} h {m} min {s} s" if h else f"{m} min {s} s" if m else f"{s} s"


def _body(summary: RunSummary) -> str:
    lines = [
        f"The analysis has {'finished' if summary.finished else 'failed'}.",
        "",
        f"Input folder: {_line(summary.input_folder, 5000)}",
        f"Files analysed: {len(summary.analysed)}",
        f"Files skipped: {len(summary.skipped)}",
        f"Nuclei counted: {'not known' if summary.nuclei is None else summary.nuclei}",
        f"Run time: {_duration(summary.seconds)}",
        f"Results: {_line(summary.results, 5000)}",
    ]
    if summary.skipped:
        lines += ["", "Skipped files and the reasons:"]
        lines += [f"- {_line(n)}: {_line(why)}" for n, why in summary.skipped[:SKIPPED_SHOWN]]
        if len(summary.skipped) > SKIPPED_SHOWN:
            lines.append(f"and {len(summary.skipped) - SKIPPED_SHOWN} more")
    for failure in summary.failures[:FAILURES_SHOWN]:
        lines += ["", f"Failed: step {_line(failure.rule)}, file {_line(failure.file)}"]
        tail = failure.log_tail.splitlines()
        lines.append("The last lines of its log:" if tail else "It has left no log.")
        lines += [f"    {_line(text.expandtabs())}" for text in tail]
    if len(summary.failures) > FAILURES_SHOWN:
        lines += ["", f"and {len(summary.failures) - FAILURES_SHOWN} more failures"]
    if not summary.finished and not summary.failures:
        lines += ["", "No single step is to blame; the messages of the run say more."]
    if not summary.finished:
        lines += ["", "The same command goes on where the run stopped; finished work is kept."]
    return "\n".join(lines) + "\n"
