"""The mail about a run, sent to real SMTP servers on this computer."""

import contextlib
import logging
import os
import socket
import ssl
import threading
import time
import traceback
from dataclasses import replace
from email import message_from_bytes, policy

import pytest
import trustme
from aiosmtpd.smtp import AuthResult
from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st
from mail_server import refusing, serving

from immunostain.mail.delivery import MailError, send
from immunostain.mail.email_settings import EmailSettings, read
from immunostain.mail.send_or_save import notify, report_for_mail, save
from immunostain.mail.text import Failure, RunSummary, compose
from immunostain.shared.errors import SettingsError

# A server that would take a password in clear, as some tests have on purpose.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

PASSWORD = "Sesam-0ffne-dich"
HEADERS = {
    "Subject",
    "From",
    "To",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "Content-Type",
    "Content-Transfer-Encoding",
    "MIME-Version",
}
SUMMARY = RunSummary(
    finished=True,
    input_folder="/data/plate 7",
    results="/data/out",
    analysed=["a", "b"],
    skipped=[("c.czi", "no nuclear channel")],
    nuclei=321,
    seconds=3725,
)


class Inbox:
    """Keeps what arrives; refuses the addresses it is told to."""

    def __init__(self, refused=(), refused_sender=None):
        self.envelopes, self.refused, self.refused_sender = [], refused, refused_sender

    async def handle_MAIL(self, server, session, envelope, address, options):
        if address == self.refused_sender:
            return "553 not your address"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refused:
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.envelopes.append(envelope)
        return "250 OK"

    @property
    def messages(self):
        contents = [e.content.replace(b"\r\n", b"\n") for e in self.envelopes]
        return [message_from_bytes(content, policy=policy.default) for content in contents]


@contextlib.contextmanager
def talking(talk):
    """Run a server that speaks to its one client as `talk(connection)` says."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with contextlib.suppress(OSError):
            connection = listener.accept()[0]
            with connection:
                talk(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], thread
    finally:
        listener.close()


def settings(port, **changes):
    section = {
        "to": "ann@example.org",
        "from": "lab@example.org",
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "user": None,
        "password_env": "MAIL_PASSWORD",
    }
    return read(section | changes)


def login(port, **changes):
    return settings(port, **{"user": "lab", "security": "starttls"} | changes)


def check_password(server, session, envelope, mechanism, data):
    good = (data.login, data.password) == (b"lab", PASSWORD.encode())
    # A server as careless as can be: it repeats what it was given.
    message = None if good else f"535 not you: {data.password.decode()}"
    return AuthResult(success=good, handled=False, message=message)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def trusted(authority, tmp_path, monkeypatch):
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))


@pytest.fixture
def server_tls(authority):
    return tls(authority, "127.0.0.1")


def tls(authority, name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def read_saved(results):
    paths = list((results / "mail").glob("*"))
    assert [p.suffix for p in paths] == [".eml"]
    return message_from_bytes(paths[0].read_bytes(), policy=policy.default)


def assert_saved(warning, results, *words):
    for word in words:
        assert word in warning
    assert warning.endswith(".") and "\n" not in warning
    assert str(next((results / "mail").iterdir())) in warning
    assert "Nuclei counted: 321" in read_saved(results).get_content()


# What the mail says


def test_plain_mail_arrives_with_the_facts_of_the_run(tmp_path):
    inbox = Inbox()
    with serving(inbox) as port:
        assert notify(SUMMARY, settings(port), tmp_path, {}) is None
    (message,) = inbox.messages
    assert message["Subject"] == "immunostain finished: plate 7"
    assert message["To"] == "ann@example.org" and message["From"] == "lab@example.org"
    assert message["Date"].datetime.tzinfo and message["Message-ID"].endswith("@example.org>")
    body = message.get_content()
    for fact in (
        "Input folder: /data/plate 7",
        "Files analysed: 2",
        "Files skipped: 1",
        "- c.czi: no nuclear channel",
        "Nuclei counted: 321",
        "Run time: 1 h 2 min 5 s",
        "Results: /data/out",
    ):
        assert fact in body.splitlines()
    assert inbox.envelopes[0].rcpt_tos == ["ann@example.org"]
    assert not list(tmp_path.iterdir())


def test_doubtful_images_are_told_with_the_reasons():
    doubtful = {f"a{number}": ["one", "two"] for number in range(51)}
    body = compose(replace(SUMMARY, doubtful=doubtful), settings(25)).get_content()
    assert "- a49: one; two\nand 1 more\n" in body and "a50" not in body
    assert "doubtful" not in compose(SUMMARY, settings(25)).get_content()


def test_images_with_saturated_pixels_are_told():
    bright = {"plate\n1__a": {"AF488": 0.0123, "mCherry": 0.5}, "b": {"DAPI": 1.0}}
    bright |= {f"image {n}": {"GFP": 0.02} for n in range(60)}
    body = compose(replace(SUMMARY, saturated=bright), settings(25)).get_content()
    told = body.partition("More than 1 % of the pixels in nuclei are saturated")[2].splitlines()
    assert "lower bounds" in told[0]
    assert told[1:4] == [
        "- plate?1__a: AF488 1.2 %, mCherry 50.0 %",
        "- b: DAPI 100.0 %",
        "- image 0: GFP 2.0 %",
    ]
    assert told[51:53] == ["and 12 more", ""]
    assert "saturated" not in compose(SUMMARY, settings(25)).get_content()


def test_failures_are_told_with_rule_file_and_log():
    failures = [Failure("label_nuclei", "in/a.czi", "one\n\ttwo\x1b[31m")]
    summary = replace(SUMMARY, finished=False, nuclei=None, failures=failures)
    message = compose(summary, settings(25))
    assert message["Subject"] == "immunostain failed: plate 7"
    body = message.get_content()
    assert "Failed: step label_nuclei, file in/a.czi" in body
    assert "    one\n            two?[31m\n" in body
    assert "Nuclei counted: not known" in body


def test_long_lists_are_cut():
    skipped = [(f"s{i}.czi", "empty") for i in range(1000)]
    failures = [Failure("label_nuclei", f"f{i}.czi") for i in range(100)]
    summary = replace(SUMMARY, finished=False, skipped=skipped, failures=failures)
    body = compose(summary, settings(25)).get_content()
    assert "Files skipped: 1000" in body
    assert "- s49.czi: empty\nand 950 more\n" in body and "s50.czi" not in body
    assert "f19.czi" in body and "f20.czi" not in body and "and 80 more failures" in body


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59.6, "1 min 0 s"), (60, "1 min 0 s"), (7200, "2 h 0 min")]
)
def test_run_time_in_words(seconds, text):
    body = compose(replace(SUMMARY, seconds=seconds), settings(25)).get_content()
    assert f"Run time: {text}" in body


def test_umlauts_and_long_names_arrive_intact(tmp_path):
    folder = "/Daten/Zähler µm 日本 – " + "Größe " * 10
    inbox = Inbox()
    with serving(inbox) as port:
        email = settings(port, to=["Jörg Ö <joerg@example.org>", "ann@example.org"])
        assert notify(replace(SUMMARY, input_folder=folder), email, tmp_path, {}) is None
    (message,) = inbox.messages
    assert message["Subject"] == f"immunostain finished: {os.path.basename(folder)}"
    assert f"Input folder: {folder}\n" in message.get_content()
    assert message["To"].addresses[0].display_name == "Jörg Ö"
    assert inbox.envelopes[0].rcpt_tos == ["joerg@example.org", "ann@example.org"]
    assert inbox.envelopes[0].content.isascii()


def test_a_preview_has_analysed_nothing():
    finished = replace(SUMMARY, preview="/r/preview.html", report="", skipped=[], saturated={})
    message = compose(finished, settings(25))
    assert message["Subject"].startswith("immunostain preview finished: ")
    body = message.get_content()
    assert "The preview has finished." in body and "Preview: /r/preview.html\n" in body
    assert "analysed" not in body and "Nuclei" not in body
    failed = compose(replace(finished, finished=False), settings(25)).get_content()
    assert "The preview has failed." in failed and "preview.html" not in failed


ATTACKS = ["\r\nBcc: eve@example.org\r\n", "\n\nbody", "\r", "\udcff", "\x85", "\u2028", "\0"]
ENCODED = ["=?utf-8?q?x=0D=0ABcc:_eve=40example.org?=", "=?utf-8?b?CkJjYzogZXZl?=", " ", "/"]
NAMES = st.lists(st.sampled_from(ATTACKS + ENCODED) | st.text(st.characters(), max_size=40)).map(
    "".join
)


@tries(deadline=None)
@given(folder=NAMES, name=NAMES, reason=NAMES, finished=st.booleans())
def test_no_name_makes_a_header_or_breaks_the_mail(folder, name, reason, finished):
    summary = RunSummary(
        finished=finished,
        input_folder=folder,
        results=folder,
        analysed=[name],
        skipped=[(name, reason)],
        failures=[Failure(name, name, reason)],
    )
    message = compose(summary, settings(25))
    parsed = message_from_bytes(message.as_bytes(policy=policy.SMTP), policy=policy.default)
    assert sorted(parsed.keys()) == sorted(HEADERS)
    assert not parsed.defects
    state = "finished" if finished else "failed"
    assert parsed["Subject"] == message["Subject"]
    assert parsed["Subject"].startswith(f"immunostain {state}: ")
    assert len(parsed["Subject"].splitlines()) == 1
    assert parsed["To"] == "ann@example.org" and parsed["Bcc"] is None
    saved = message_from_bytes(message.as_bytes(), policy=policy.default)
    assert saved.get_content() == message.get_content()
    for line in ("Files analysed: 1", "Files skipped: 1", "Run time: 0 s"):
        assert line in message.get_content().split("\n")


# How the mail is sent


def test_starttls_with_login(tmp_path, trusted, server_tls):
    inbox = Inbox()
    options = {"tls_context": server_tls, "require_starttls": True, "auth_required": True}
    with serving(inbox, authenticator=check_password, **options) as port:
        environ = {"MAIL_PASSWORD": PASSWORD}
        email = login(port)
        assert notify(SUMMARY, email, tmp_path, environ) is None
    assert len(inbox.messages) == 1
    assert PASSWORD not in str(inbox.messages[0])


def test_ssl_with_login(tmp_path, trusted, server_tls):
    inbox = Inbox()
    options = {"ssl_context": server_tls, "auth_required": True, "auth_require_tls": False}
    with serving(inbox, authenticator=check_password, **options) as port:
        email = login(port, security="ssl")
        assert notify(SUMMARY, email, tmp_path, {"MAIL_PASSWORD": PASSWORD}) is None
    assert len(inbox.messages) == 1


@pytest.mark.parametrize("security", ["starttls", "ssl"])
def test_unknown_certificate_is_not_trusted(security, tmp_path, server_tls):
    inbox = Inbox()
    option = "tls_context" if security == "starttls" else "ssl_context"
    with serving(inbox, **{option: server_tls}) as port:
        warning = notify(SUMMARY, settings(port, security=security), tmp_path, {})
    assert_saved(warning, tmp_path, "certificate", "not trusted")
    assert not inbox.messages


def test_certificate_of_another_server_is_not_trusted(tmp_path, trusted, authority):
    inbox = Inbox()
    with serving(inbox, tls_context=tls(authority, "mail.example.org")) as port:
        warning = notify(SUMMARY, settings(port, security="starttls"), tmp_path, {})
    assert_saved(warning, tmp_path, "certificate", "not trusted", "127.0.0.1")
    assert not inbox.messages


def test_server_without_starttls(tmp_path):
    inbox = Inbox()
    with serving(inbox) as port:
        warning = notify(SUMMARY, settings(port, security="starttls"), tmp_path, {})
    assert_saved(warning, tmp_path, "does not offer STARTTLS")
    assert not inbox.messages


def test_ssl_to_a_port_that_is_not(tmp_path):
    with serving(Inbox()) as port:
        warning = notify(SUMMARY, settings(port, security="ssl"), tmp_path, {}, 5)
    assert_saved(warning, tmp_path, "no encrypted connection")


def test_server_without_login(tmp_path, trusted, server_tls):
    with serving(Inbox(), ssl_context=server_tls) as port:
        email = login(port, security="ssl")
        warning = notify(SUMMARY, email, tmp_path, {"MAIL_PASSWORD": PASSWORD})
    assert_saved(warning, tmp_path, "offers no login")


def test_refused_login_never_shows_the_password(tmp_path, capsys, caplog, trusted, server_tls):
    caplog.set_level(logging.DEBUG)
    wrong = "Falsches-Passw0rt"
    inbox = Inbox()
    options = {"auth_required": True, "tls_context": server_tls}
    with serving(inbox, authenticator=check_password, **options) as port:
        email, environ = login(port), {"MAIL_PASSWORD": wrong}
        warning = notify(SUMMARY, email, tmp_path, environ)
        with pytest.raises(MailError) as caught:
            send(compose(SUMMARY, email), email, environ)
    assert_saved(warning, tmp_path, "refused user name or password", "535")
    assert not inbox.messages
    assert caught.value.__cause__ is None and caught.value.__context__ is None
    output = capsys.readouterr()
    own_log = [r.getMessage() for r in caplog.records if not r.name.startswith("mail.")]
    for text in (
        warning,
        read_saved(tmp_path).as_string(),
        "".join(traceback.format_exception(caught.value)),
        output.out,
        output.err,
        *own_log,
    ):
        assert wrong not in text


def test_a_password_is_never_sent_in_clear(tmp_path):
    inbox = Inbox()
    with pytest.raises(SettingsError, match=r"email\.user .*email\.security is none"):
        login(25, security="none")
    options = {"auth_required": True, "auth_require_tls": False}
    with serving(inbox, authenticator=check_password, **options) as port:
        email = replace(login(port), security="none")
        warning = notify(SUMMARY, email, tmp_path, {"MAIL_PASSWORD": PASSWORD})
    assert_saved(warning, tmp_path, "only sent encrypted", "email.security")
    assert not inbox.messages


@pytest.mark.parametrize("changes", [{"user": ""}, {"user": None}])
def test_without_a_login_no_encryption_is_needed(changes):
    assert login(25, security="none", **changes) == settings(25)


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("ssl", 465), ("none", 25)])
def test_what_is_left_out_of_the_settings(security, port):
    email = settings(None, security=security, to=["ann@example.org"], **{"from": None})
    assert email == EmailSettings(
        to=("ann@example.org",),
        sender="ann@example.org",
        host="127.0.0.1",
        port=port,
        security=security,
        password_variable="MAIL_PASSWORD",
    )


@pytest.mark.parametrize("environ", [{}, {"MAIL_PASSWORD": ""}])
def test_password_missing_from_environment(environ, tmp_path):
    inbox = Inbox()
    with serving(inbox) as port:
        warning = notify(SUMMARY, login(port), tmp_path, environ)
    assert_saved(warning, tmp_path, "environment variable MAIL_PASSWORD")
    assert not inbox.messages


def test_password_beyond_ascii(tmp_path):
    with refusing() as port:
        warning = notify(SUMMARY, login(port), tmp_path, {"MAIL_PASSWORD": "Öffne"})
    assert_saved(warning, tmp_path, "ASCII")
    assert "Öffne" not in warning


def test_recipient_refused(tmp_path):
    inbox = Inbox(refused=["ann@example.org"])
    with serving(inbox) as port:
        warning = notify(SUMMARY, settings(port), tmp_path, {})
    assert_saved(warning, tmp_path, "ann@example.org", "550 no such person")
    assert "others" not in warning and not inbox.messages


def test_some_recipients_refused(tmp_path):
    inbox = Inbox(refused=["bob@example.org"])
    with serving(inbox) as port:
        email = settings(port, to=["ann@example.org", "bob@example.org"])
        warning = notify(SUMMARY, email, tmp_path, {})
    assert_saved(warning, tmp_path, "bob@example.org", "the others got the mail")
    assert "ann@example.org" not in warning
    assert [e.rcpt_tos for e in inbox.envelopes] == [["ann@example.org"]]


def test_sender_refused(tmp_path):
    with serving(Inbox(refused_sender="lab@example.org")) as port:
        warning = notify(SUMMARY, settings(port), tmp_path, {})
    assert_saved(warning, tmp_path, "sender lab@example.org", "553 not your address")


def test_address_beyond_ascii(tmp_path):
    with serving(Inbox(), enable_SMTPUTF8=False) as port:
        warning = notify(SUMMARY, settings(port, to="jörg@example.org"), tmp_path, {})
    assert_saved(warning, tmp_path, "beyond ASCII")


def test_server_down(tmp_path):
    with refusing() as port:
        warning = notify(SUMMARY, settings(port), tmp_path, {})
    assert_saved(warning, tmp_path, "refused the connection")


def test_server_that_hangs_up(tmp_path):
    with talking(lambda connection: None) as (port, _):
        warning = notify(SUMMARY, settings(port), tmp_path, {})
    assert_saved(warning, tmp_path, "broke off the connection")


@pytest.mark.parametrize("host", ["no-such-server.invalid", "a..b"])
def test_unknown_server(host, tmp_path):
    warning = notify(SUMMARY, settings(25, host=host), tmp_path, {}, timeout=3)
    assert_saved(warning, tmp_path, host)
    # Without a network, some resolvers take long to give up.
    assert "was not found" in warning or "did not answer" in warning


def silent(connection):
    connection.recv(1)


def trickling_welcome(connection):
    for byte in b"220 " + b"x" * 1000:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def trickling_answers(connection):
    connection.sendall(b"220 welcome\r\n")
    connection.recv(1000)
    trickling_welcome(connection)


@pytest.mark.parametrize("talk", [silent, trickling_welcome, trickling_answers])
def test_slow_server_is_given_up(talk, tmp_path):
    """Who waited for what it says would be told that it broke off."""
    with talking(talk) as (port, _):
        warning = notify(SUMMARY, settings(port), tmp_path, {}, timeout=0.5)
    assert_saved(warning, tmp_path, "did not answer within 0.5 s")


def test_a_mail_that_was_given_up_is_not_sent_later(tmp_path):
    heard, told = [], threading.Event()

    def late(connection):
        connection.sendall(b"220 welcome\r\n")
        connection.recv(1000)
        while not told.wait(0.1):  # each line starts the socket's own time-out anew
            connection.sendall(b"250-wait\r\n")
        connection.sendall(b"250 go on\r\n")
        while line := connection.recv(1000):
            heard.append(line)
            connection.sendall(b"250 go on\r\n")

    with talking(late) as (port, thread):
        assert notify(SUMMARY, settings(port), tmp_path, {}, timeout=0.5)
        told.set()
        thread.join(10)
        assert not thread.is_alive()
    assert not [line for line in heard if line.lower().startswith(b"data")]


def test_a_server_that_says_no_goodbye_has_the_mail(tmp_path):
    """The mail was taken; that nothing follows is no failure, and the wait for it has an end."""
    heard = []

    def polite_to_the_end(connection):
        connection.sendall(b"220 welcome\r\n")
        with connection.makefile("rb") as lines:
            for line in lines:
                heard.append(line.split()[0].lower() if line.strip() else b"")
                if heard[-1] == b"quit":
                    connection.recv(1)  # until the other side gives up
                elif heard[-1] == b"data":
                    connection.sendall(b"354 go on\r\n")
                    while lines.readline() != b".\r\n":
                        pass
                    connection.sendall(b"250 taken\r\n")
                else:
                    connection.sendall(b"250 yes\r\n")

    with talking(polite_to_the_end) as (port, thread):
        assert notify(SUMMARY, settings(port), tmp_path, {}, timeout=5) is None
        thread.join(30)
        assert not thread.is_alive()
    assert heard[-2:] == [b"data", b"quit"] and not list(tmp_path.iterdir())


@pytest.mark.parametrize("to", [None, "", [], [""]])
def test_nothing_is_sent_or_saved_without_recipients(to, tmp_path):
    inbox = Inbox()
    with serving(inbox) as port:
        assert notify(SUMMARY, settings(port, to=to), tmp_path, {}) is None
    assert not inbox.messages and not list(tmp_path.iterdir())


# The report that is attached


class SmallInbox(Inbox):
    """Says that mails are too large, at the step and in the words that it is told to use."""

    def __init__(self, step, words):
        super().__init__()
        self.step, self.words, self.sizes = step, words, []

    def _answer(self, step, size):
        if step == self.step:
            self.sizes.append(size)
        return self.words if step == self.step and size > 50_000 else None

    async def handle_MAIL(self, server, session, envelope, address, options):
        size = int(options[0].partition("=")[2])
        session.size = size
        answer = self._answer("MAIL", size)
        return answer or await super().handle_MAIL(server, session, envelope, address, options)

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = self._answer("RCPT", session.size)
        return answer or await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server, session, envelope):
        answer = self._answer("DATA", len(envelope.content))
        return answer or await super().handle_DATA(server, session, envelope)


@pytest.fixture
def reported(tmp_path):
    """Give the summary of a run with a report."""
    path = tmp_path / "report.html"
    path.write_text("<p>Größe</p>" + 10_000 * "<p>a line</p>\n", encoding="utf-8")
    return replace(SUMMARY, report=str(path))


def attached(message):
    """Give the text of a mail, and the names and contents of what is attached."""
    parts = {part.get_filename(): part.get_content() for part in message.iter_attachments()}
    return message.get_body().get_content(), parts


def test_the_report_is_attached(tmp_path, reported):
    inbox = Inbox()
    with serving(inbox) as port:
        assert notify(reported, settings(port), tmp_path / "results", {}) is None
    (message,) = inbox.messages
    body, parts = attached(message)
    assert f"Report: attached, and at {reported.report}" in body.splitlines()
    assert "Nuclei counted: 321" in body
    page = parts.pop("report.html")
    assert not parts and page.encode() == (tmp_path / "report.html").read_bytes()
    assert max(map(len, inbox.envelopes[0].content.split(b"\r\n"))) < 998


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("MAIL", "552 5.3.4 message size exceeds the limit"),
        ("DATA", "552 too much"),
        ("DATA", "554 5.3.4 too big"),
        ("RCPT", "552 too big for ann"),
    ],
)
def test_without_the_report_where_the_server_takes_no_mail_so_large(
    step, words, tmp_path, reported
):
    inbox = SmallInbox(step, words)
    with serving(inbox) as port:
        assert notify(reported, settings(port), tmp_path / "results", {}) is None
    (message,) = inbox.messages
    body, parts = attached(message)
    assert not parts
    assert f"Report: {reported.report} (too large for the mail server)" in body.splitlines()
    assert [size > 50_000 for size in inbox.sizes] == [True, False]


def test_a_real_limit_of_a_server(tmp_path, reported):
    inbox = Inbox()
    with serving(inbox, data_size_limit=50_000) as port:
        assert notify(reported, settings(port), tmp_path / "results", {}) is None
    (message,) = inbox.messages
    assert not attached(message)[1]


def test_a_server_that_takes_no_mail_at_all_is_asked_twice(tmp_path, reported):
    with serving(Inbox(), data_size_limit=10) as port:
        warning = notify(reported, settings(port), tmp_path, {})
    assert_saved(warning, tmp_path, "refused the mail", "552")
    assert "too large for the mail server" in read_saved(tmp_path).get_content()


def test_a_refusal_for_another_reason_is_no_matter_of_size(tmp_path, reported):
    inbox = SmallInbox("DATA", "554 5.7.1 spam")
    with serving(inbox) as port:
        warning = notify(reported, settings(port), tmp_path, {})
    assert "554 5.7.1 spam" in warning and len(inbox.sizes) == 1
    assert attached(read_saved(tmp_path))[1]


def test_a_saved_mail_has_the_report(tmp_path, reported):
    with refusing() as port:
        assert notify(reported, settings(port), tmp_path, {})
    body, parts = attached(read_saved(tmp_path))
    assert "Report: attached" in body and list(parts) == ["report.html"]


@pytest.mark.parametrize(
    ("size", "told"),
    [(19_999_999, "attached, and at {}"), (20_000_000, "{} (too large for a mail)")],
)
def test_how_large_a_report_may_be(size, told, tmp_path):
    path = tmp_path / "report.html"
    with path.open("wb") as file:
        file.truncate(size)
    report = report_for_mail(str(path))
    assert (report.page is not None) == ("attached" in told)
    message = compose(replace(SUMMARY, report=str(path)), settings(25), report)
    assert f"Report: {told.format(path)}" in message.get_body().get_content().splitlines()


def test_a_report_that_cannot_be_read_is_no_reason_for_no_mail(tmp_path):
    inbox = Inbox()
    summary = replace(SUMMARY, report=str(tmp_path / "none.html"))
    with serving(inbox) as port:
        assert notify(summary, settings(port), tmp_path, {}) is None
    (message,) = inbox.messages
    assert "none.html (it can't be read: No such file or directory)" in message.get_content()


# How the mail is saved


def test_saved_mail_reads_back_and_is_never_overwritten(tmp_path):
    message = compose(replace(SUMMARY, input_folder="Zähl"), settings(25))
    paths = [save(message, tmp_path / "new" / "mail") for _ in range(3)]
    stamp = message["Date"].datetime.strftime("%Y-%m-%dT%H-%M-%S")
    assert [p.name for p in paths] == [f"{stamp}.eml", f"{stamp}-2.eml", f"{stamp}-3.eml"]
    assert sorted(p.name for p in paths[0].parent.iterdir()) == sorted(p.name for p in paths)
    for path in paths:
        assert path.read_bytes().isascii()
        saved = message_from_bytes(path.read_bytes(), policy=policy.default)
        assert saved.get_content() == message.get_content()
        assert saved["Subject"] == "immunostain finished: Zähl"


def test_mail_that_can_neither_be_sent_nor_saved(tmp_path):
    (tmp_path / "mail").write_text("in the way")
    with refusing() as port:
        warning = notify(SUMMARY, settings(port), tmp_path, {})
    assert "refused the connection" in warning and "nor could it be saved" in warning
    assert (tmp_path / "mail").read_text() == "in the way"


@pytest.mark.parametrize(
    "changes", [{"host": ""}, {"to": 7}, {"port": "many"}, {"security": "magic"}, {"user": 1}]
)
def test_notify_never_raises(changes, tmp_path):
    with refusing() as port:
        assert notify(SUMMARY, replace(settings(port), **changes), tmp_path, {})
