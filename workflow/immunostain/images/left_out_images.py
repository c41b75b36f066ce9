"""Images that can't be analysed are left out: a step's log says why, and so do its facts.

Standard library only, as `facts`.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from immunostain.images.facts import FileFacts, unreadable
from immunostain.shared.errors import ImageError


class LeftOutBeforeError(ImageError):
    """An earlier step has left the image out; the text is the reason that it gave."""


@dataclass
class Step:
    """What a step has to write: `facts`, which it sets when it has done its work."""

    facts: FileFacts = field(default_factory=FileFacts)


@contextmanager
def leaving_out(log: logging.Logger) -> Iterator[Step]:
    """Do one step of an image's analysis, and go on without it where it can't be analysed.

    An `ImageError` ends the block and nothing else. Afterwards the step's facts say that the image
    is unreadable and why, as does the log, with the traceback where it was found.

    Parameters
    ----------
    log
        The job's.
    """
    step = Step()
    try:
        yield step
    except LeftOutBeforeError as error:
        log.info("left out: %s", error)
        step.facts = unreadable(str(error))
    except ImageError as error:
        log.exception("left out: %s", error)
        step.facts = unreadable(str(error))


def readable(facts: FileFacts) -> FileFacts:
    """Give the facts of an image.

    Raises
    ------
    LeftOutBeforeError
        It can't be analysed.
    """
    if facts.unreadable:
        raise LeftOutBeforeError(facts.unreadable)
    return facts
