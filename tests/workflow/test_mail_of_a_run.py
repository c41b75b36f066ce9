"""The mail at the end of a run, delivered by a real mail server on this computer."""

import ssl
from email import message_from_bytes, policy

import numpy as np
import pandas as pd
import pytest
import trustme
from aiosmtpd.smtp import AuthResult
from czi_files import TWO, write_channels
from mail_server import Inbox, refusing, serving
from project import Project

PASSWORD = "Sesam-0ffne-dich"


def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=data.password == PASSWORD.encode())


@pytest.fixture
def inbox(tmp_path):
    """Start a mail server that wants STARTTLS and a login."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    login = {"require_starttls": True, "auth_required": True, "authenticator": authenticate}
    inbox = Inbox()
    with serving(inbox, tls_context=context, **login) as inbox.port:
        yield inbox


@pytest.fixture
def mailing(project: Project, inbox, tmp_path) -> Project:
    """Give a project with one good and one empty file that mails to the server."""
    bright = np.where(TWO > 1000, np.uint16(2**16 - 1), TWO)
    write_channels(project.folder / "images" / "good.czi", {"DAPI": TWO, "GFP": bright})
    (project.folder / "images" / "empty.czi").write_bytes(b"")
    email = {
        "to": "ann@example.org",
        "from": "microscope@example.org",
        "host": "localhost",
        "port": inbox.port,
        "user": "ann",
    }
    project.configure(email=email)
    project.email = email
    project.environ = {
        "SSL_CERT_FILE": str(tmp_path / "authority.pem"),
        "IMMUNOSTAIN_MAIL_PASSWORD": PASSWORD,
    }
    return project


def test_one_mail_when_a_run_ends_well(mailing, inbox):
    assert mailing.run("--dry-run", environ=mailing.environ).returncode == 0
    assert inbox.messages == []
    done = mailing.run(environ=mailing.environ)
    assert done.returncode == 0, done.stderr
    (message,) = inbox.messages
    assert message["To"] == "ann@example.org" and message["Subject"].endswith("finished: images")
    text = message.get_body().get_content()
    assert "Nuclei counted: 2" in text and "empty" in text and "0 bytes" in text
    assert str(mailing.results) in text
    nuclei = pd.read_csv(mailing.results / "analysis_data" / "general_stats" / "nuclei.csv")
    share = nuclei["GFP_saturated_px"].sum() / nuclei["area_px"].sum()
    assert share > 0.5 and f"- good: GFP {share:.1%}".replace("%", " %") in text.splitlines()
    (report,) = message.iter_attachments()
    page = (mailing.results / "analysis_data" / "report.html").read_text(encoding="utf-8")
    assert report.get_filename() == "report.html" and report.get_content() == page
    done = mailing.run(environ=mailing.environ)
    assert "Nothing to be done" in done.stdout + done.stderr
    assert len(inbox.messages) == 1


def test_jobs_of_a_cluster_do_not_mail(mailing, inbox):
    # How an executor for clusters starts Snakemake again for each job.
    done = mailing.run("--mode", "remote", environ=mailing.environ)
    assert done.returncode == 0, done.stderr
    assert inbox.messages == []


def test_one_mail_when_a_run_fails(mailing, inbox):
    mailing.configure(email=mailing.email, unreadable_images="fail")
    done = mailing.run(environ=mailing.environ)
    assert done.returncode != 0
    (message,) = inbox.messages
    assert message["Subject"].endswith("failed: images")
    text = message.get_content()
    assert "check_images" in text and "not all images can be analysed" in text
    everything = [done.stdout, done.stderr, text]
    everything += [path.read_text() for path in mailing.folder.rglob("*.log")]
    everything += [path.read_text() for path in mailing.results.rglob("*.yaml")]
    assert not any(PASSWORD in part for part in everything)


def test_a_mail_that_cannot_be_sent_changes_nothing(mailing):
    with refusing() as port:
        mailing.configure(email=mailing.email | {"port": port})
        done = mailing.run(environ=mailing.environ)
    assert done.returncode == 0
    (saved,) = (mailing.results / "mail").glob("*.eml")
    assert str(saved.name) in done.stderr and "could not be delivered" in done.stderr
    message = message_from_bytes(saved.read_bytes(), policy=policy.default)
    assert message["Subject"].endswith("finished: images")
