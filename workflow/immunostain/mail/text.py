"""What the e-mail about a run says, and the report that is attached to it.

Standard library only: the Snakefile imports this.
"""

import os
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.header import Header
from email.message import EmailMessage
from email.policy import Policy
from email.utils import localtime, make_msgid, parseaddr

from immunostain.mail.email_settings import EmailSettings
from immunostain.shared.wording import cut, duration

SKIPPED_SHOWN, SATURATED_SHOWN, DOUBTFUL_SHOWN, FAILURES_SHOWN = 50, 50, 50, 20
LONGEST_LINE, LONGEST_PATH = 300, 5000  # characters
SATURATED = (
    "More than 1 % of the pixels in nuclei are saturated in these images, so there the channel's "
    "sums and means are lower bounds:"
)

DOUBTFUL = "In these images it is doubtful that what was found is nuclei:"


@dataclass(frozen=True)
class Failure:
    """A job that failed.

    Attributes
    ----------
    rule
        Its rule.
    file
        What it worked on.
    log_tail
        The last lines of its log, and why a cluster ended it.
    ended_by
        A sentence why a cluster ended it; empty if it didn't.
    """

    rule: str
    file: str
    log_tail: str = ""
    ended_by: str = ""


@dataclass(frozen=True)
class RunSummary:
    """What the mail tells about a run.

    Attributes
    ----------
    finished
        Whether all was done.
    input_folder, results
        The folders.
    analysed
        Images.
    skipped
        Pairs of image and reason.
    saturated
        For each image in which it matters the share of saturated nuclear pixels, 0 to 1, by
        channel.
    doubtful
        For each image in which the network is out of its depth what is doubtful.
    nuclei
        How many were counted; None: not known.
    seconds
        How long it took.
    failures
        Jobs that failed.
    report
        The path of the report; empty: there is none.
    preview
        The path of the preview, where it was all that was asked for; empty: it was an analysis.
    """

    finished: bool
    input_folder: str
    results: str
    analysed: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    saturated: dict[str, dict[str, float]] = field(default_factory=dict)
    doubtful: dict[str, list[str]] = field(default_factory=dict)
    nuclei: int | None = None
    seconds: float = 0.0
    failures: list[Failure] = field(default_factory=list)
    report: str = ""
    preview: str = ""


@dataclass(frozen=True)
class Report:
    """The report for a mail.

    Attributes
    ----------
    page
        What is attached; None: nothing is.
    why_not
        Why nothing is attached, in brackets behind the report's path.
    """

    page: bytes | None = None
    why_not: str = ""


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


def compose(summary: RunSummary, email: EmailSettings, report: Report = Report()) -> EmailMessage:
    """Write the mail about a run in plain words.

    Names of files and folders may hold anything that Linux allows, line breaks and undecodable
    bytes included; what can't be printed appears as ``?``.

    Parameters
    ----------
    summary
        What happened in the run.
    email
        Names sender and recipients.
    report
        What is attached of the report that `summary` names.

    Returns
    -------
    EmailMessage
        The message with its headers.
    """
    state = "finished" if summary.finished else "failed"
    folder = os.path.basename(summary.input_folder.rstrip("/")) or summary.input_folder
    sender = _header(email.sender)
    domain = parseaddr(sender)[1].rpartition("@")[2]
    message = EmailMessage()
    of_what = "immunostain preview" if summary.preview else "immunostain"
    message["Subject"] = _Subject(f"{of_what} {state}: {line(folder, 100)}")
    message["From"] = sender
    message["To"] = _header(", ".join(email.to))
    message["Date"] = localtime()
    # make_msgid would by itself ask the network for this computer's name, which can take long.
    known = re.fullmatch(r"[A-Za-z0-9.-]+", domain)
    message["Message-ID"] = make_msgid(domain=domain if known else "localhost")
    message["Auto-Submitted"] = "auto-generated"  # keeps out-of-office replies away
    # Quoted-printable passes through servers that take only ASCII or only short lines.
    message.set_content(_body(summary, report), cte="quoted-printable")
    if report.page is not None:
        message.add_attachment(
            report.page, "text", "html", filename="report.html", params={"charset": "utf-8"}
        )
    return message


def line(text: object, longest: int = LONGEST_LINE) -> str:
    """Make text fit for one line: no control characters, line breaks or lone surrogates."""
    bad = {"Cc", "Cs", "Zl", "Zp"}
    return cut("".join("?" if unicodedata.category(c) in bad else c for c in str(text)), longest)


def _header(text: str) -> str:
    """Make text fit for a header, where ``=?`` would start an encoded word with any content."""
    return line(text, longest=100_000).replace("=?", "= ?")


def _body(summary: RunSummary, report: Report) -> str:
    what = "preview" if summary.preview else "analysis"
    lines = [
        f"The {what} has {'finished' if summary.finished else 'failed'}.",
        "",
        f"Input folder: {line(summary.input_folder, LONGEST_PATH)}",
    ]
    if not summary.preview:
        lines += [
            f"Files analysed: {len(summary.analysed)}",
            f"Files skipped: {len(summary.skipped)}",
            f"Nuclei counted: {'not known' if summary.nuclei is None else summary.nuclei}",
        ]
    lines += [
        f"Run time: {duration(summary.seconds, exact=True)}",
        f"Results: {line(summary.results, LONGEST_PATH)}",
    ]
    if summary.preview and summary.finished:
        lines.append(f"Preview: {line(summary.preview, LONGEST_PATH)}")
    if summary.report:
        how = "attached, and at " if report.page is not None else ""
        why_not = f" ({report.why_not})" if report.why_not else ""
        lines.append(f"Report: {how}{line(summary.report, LONGEST_PATH)}{why_not}")
    saturated = [f"{line(image)}: {_shares(each)}" for image, each in summary.saturated.items()]
    lines += _listed(SATURATED, saturated, SATURATED_SHOWN)
    doubtful = [f"{line(image)}: {line('; '.join(of))}" for image, of in summary.doubtful.items()]
    lines += _listed(DOUBTFUL, doubtful, DOUBTFUL_SHOWN)
    skipped = [f"{line(name)}: {line(why)}" for name, why in summary.skipped]
    lines += _listed("Skipped files and the reasons:", skipped, SKIPPED_SHOWN)
    for failure in summary.failures[:FAILURES_SHOWN]:
        lines += ["", f"Failed: step {line(failure.rule)}, file {line(failure.file)}"]
        tail = failure.log_tail.splitlines()
        lines.append("The last lines of its log:" if tail else "It has left no log.")
        lines += [f"    {line(text.expandtabs())}" for text in tail]
    if len(summary.failures) > FAILURES_SHOWN:
        lines += ["", f"and {len(summary.failures) - FAILURES_SHOWN} more failures"]
    if not summary.finished and not summary.failures:
        lines += ["", "No single step is to blame; the messages of the run say more."]
    if not summary.finished:
        lines += ["", "The same command goes on where the run stopped; finished work is kept."]
    return "\n".join(lines) + "\n"


def _listed(head: str, told: Sequence[str], most: int) -> list[str]:
    """Give the lines of a list with its head, the first ones if there are many; none if empty."""
    if not told:
        return []
    more = [f"and {len(told) - most} more"] if len(told) > most else []
    return ["", head, *(f"- {each}" for each in told[:most]), *more]


def _shares(channels: Mapping[str, float]) -> str:
    """Give the saturated part of channels.

    Examples
    --------
    >>> _shares({"DAPI": 0.0123, "GFP": 1.0})
    'DAPI 1.2 %, GFP 100.0 %'
    """
    return line(", ".join(f"{name} {100 * share:.1f} %" for name, share in channels.items()))
