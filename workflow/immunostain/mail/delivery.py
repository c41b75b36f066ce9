"""Hand a mail to its server, and say in one clause why that didn't work.

Standard library only: the Snakefile imports this.
"""

import contextlib
import smtplib
import socket
import ssl
import threading
from collections.abc import Mapping
from email.message import EmailMessage

from immunostain.mail.email_settings import EmailSettings
from immunostain.mail.text import line

_GOODBYE = 1.0  # seconds
_BYTES_PER_SECOND = 250_000  # of a slow line
_TOO_LARGE = {552, 523}  # SMTP codes; 5.3.4 is the extended one, behind any other


class MailError(Exception):
    """The mail did not reach everyone; the text is one clause that says why."""


class TooLargeError(MailError):
    """The server takes no mail of that size."""


def send(
    message: EmailMessage,
    email: EmailSettings,
    environ: Mapping[str, str],
    timeout: float = 20.0,
) -> None:
    """Hand the mail to the configured server.

    Parameters
    ----------
    message
        The mail; its headers name sender and recipients.
    email
        The server, and the login there.
    environ
        The environment variables, one of which holds the password.
    timeout
        Seconds for the whole attempt, and those that a large mail takes on a slow line.

    Raises
    ------
    TooLargeError
        It is too large for the server.
    MailError
        The mail did not reach everyone.
    """
    if not email.host:
        raise MailError("no mail server is set in email.host")
    where = f"{line(email.host)}:{email.port}"
    password = _password(email, environ)
    # A socket's own timeout counts anew with every byte, and doesn't cover the look-up of the
    # server's name, which no signal ends: only a thread that is left behind keeps to the limit.
    # It hands over sentences, not exceptions, so that no traceback can show the login.
    outcome: list[tuple[str, bool]] = []  # and whether the mail is too large
    opened: list[smtplib.SMTP] = []
    given_up = threading.Event()
    patience = timeout
    in_all = timeout + len(message.as_bytes()) // _BYTES_PER_SECOND

    def attempt() -> None:
        nonlocal patience
        try:
            opened.append(_connect(email, timeout))
            if not given_up.is_set():
                _log_in(opened[0], email, password, where)
                patience = in_all
                if opened[0].sock:  # its limit is for the whole mail, not for each part of it
                    opened[0].sock.settimeout(patience)
                outcome.append((_deliver(opened[0], message, where), False))
        except Exception as error:
            outcome.append((_reason(error, where, patience), _too_large(error)))
        for server in opened:  # the outcome stands, however the goodbye goes
            with contextlib.suppress(Exception):
                if server.sock:
                    server.sock.settimeout(_GOODBYE)
                server.quit()

    thread = threading.Thread(target=attempt, name="mail", daemon=True)
    thread.start()
    thread.join(in_all)
    reasons = outcome[:] or [(_too_late(where, patience), False)]
    given_up.set()
    for server in opened if thread.is_alive() else []:
        # Else the mail might still go out after the user was told that it didn't.
        if server.sock:
            with contextlib.suppress(OSError):
                server.sock.shutdown(socket.SHUT_RDWR)
    reason, too_large = reasons[0]
    if reason:
        raise TooLargeError(reason) if too_large else MailError(reason)


def _connect(email: EmailSettings, timeout: float) -> smtplib.SMTP:
    if email.security == "ssl":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(email.host, email.port, timeout=timeout, context=context)
    return smtplib.SMTP(email.host, email.port, timeout=timeout)


def _log_in(server: smtplib.SMTP, email: EmailSettings, password: str, where: str) -> None:
    """Encrypt the connection and log in, as the settings say."""
    server.ehlo_or_helo_if_needed()
    if email.security == "starttls":
        if not server.has_extn("starttls"):
            raise MailError(f"the mail server {where} does not offer STARTTLS (see email.security)")
        server.starttls(context=ssl.create_default_context())
        server.ehlo()
    if email.user:
        if not server.has_extn("auth"):
            raise MailError(f"the mail server {where} offers no login (leave email.user empty)")
        server.login(email.user, password)


def _deliver(server: smtplib.SMTP, message: EmailMessage, where: str) -> str:
    """Return what went wrong, or nothing if everyone got the mail."""
    refused = server.send_message(message)
    return f"{_refused(refused, where)}; the others got the mail" if refused else ""


def _password(email: EmailSettings, environ: Mapping[str, str]) -> str:
    if not email.user:
        return ""
    if email.would_show_the_password:
        raise MailError("a password is only sent encrypted (see email.security)")
    variable = email.password_variable
    if not variable:
        raise MailError("email.user is set, but email.password_env names no environment variable")
    if not environ.get(variable):
        raise MailError(f"the environment variable {line(variable)} with the password is not set")
    if not (email.user.isascii() and environ[variable].isascii()):
        raise MailError("user name and password may hold only ASCII characters (no umlauts)")
    return environ[variable]


def _too_late(where: str, timeout: float) -> str:
    return f"the mail server {where} did not answer within {timeout:g} s"


def _reason(error: Exception, where: str, timeout: float) -> str:
    """Say in one clause why the mail could not be handed over."""
    server = f"the mail server {where}"
    match error:
        case smtplib.SMTPAuthenticationError():
            # Without the server's words, which might repeat what was sent.
            return f"{server} refused user name or password (code {error.smtp_code})"
        case smtplib.SMTPRecipientsRefused():
            return _refused(error.recipients, where)
        case MailError():
            return str(error)
        case smtplib.SMTPSenderRefused() if not _too_large(error):
            sender, reply = line(error.sender), _reply(error.smtp_code, error.smtp_error)
            return f"{server} refused the sender {sender} ({reply})"
        case smtplib.SMTPResponseException():
            return f"{server} refused the mail ({_reply(error.smtp_code, error.smtp_error)})"
        case smtplib.SMTPServerDisconnected() if isinstance(error.__context__, TimeoutError):
            return _too_late(where, timeout)
        case smtplib.SMTPServerDisconnected():
            return f"{server} broke off the connection (see email.port and email.security)"
        case smtplib.SMTPNotSupportedError():
            return f"{server} does not take addresses with characters beyond ASCII"
        case smtplib.SMTPException():
            return f"{server} offers no way to log in that this program knows"
        case ssl.SSLCertVerificationError():
            return f"the certificate of {server} is not trusted ({line(error.verify_message)})"
        case ssl.SSLError():
            return f"no encrypted connection with {server} (see email.port and email.security)"
        case socket.gaierror() | UnicodeError():
            return f"{server} was not found under this name"
        case TimeoutError() if error.errno is None:
            return _too_late(where, timeout)
        case TimeoutError():  # the system's own
            return f"{server} could not be reached in time"
        case ConnectionRefusedError():
            return f"{server} refused the connection: nothing answers at this port"
        case OSError():
            return f"{server} could not be reached ({line(error.strerror or type(error).__name__)})"
    return f"something unexpected went wrong ({type(error).__name__})"


def _too_large(error: Exception) -> bool:
    """Tell if the server refused the mail for its size, which it may do at any step."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            replies: list[tuple[int, bytes | str]] = [*error.recipients.values()]
        case smtplib.SMTPResponseException():
            replies = [(error.smtp_code, error.smtp_error)]
        case _:
            return False
    return any(code in _TOO_LARGE or _words(words).startswith("5.3.4") for code, words in replies)


def _refused(replies: Mapping[str, tuple[int, bytes]], where: str) -> str:
    names = ", ".join(f"{line(name)} ({_reply(*reply)})" for name, reply in replies.items())
    return f"the mail server {where} refused the recipient {names}"


def _reply(code: int, words: bytes | str) -> str:
    return line(f"{code} {_words(words)}")


def _words(words: bytes | str) -> str:
    return words.decode(errors="replace") if isinstance(words, bytes) else words
