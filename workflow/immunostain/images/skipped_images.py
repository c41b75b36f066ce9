"""Images that can't be analysed are skipped: a step's log says why, and so do its facts.

Standard library only, as `facts`.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from immunostain.images.facts import FileFacts, unreadable
from immunostain.shared.errors import ImageError


class SkippedBeforeError(ImageError):
    """An earlier step has skipped the image; the text is the reason that it gave."""


@dataclass
class StepFacts:
    """What a step has to write: `facts`, which it sets when it has done its work."""

    facts: FileFacts = field(default_factory=FileFacts)


@contextmanager
def skipping(log: logging.Logger) -> Iterator[StepFacts]:
    """Do one step of an image's analysis, and go on without it where it can't be analysed.

    An `ImageError` ends the block and nothing else. Afterwards the step's facts say that the image
    is unreadable and why, as does the log, with the traceback where it was found.

    Parameters
    ----------
    log
        The job's.
    """
    step = StepFacts()
    try:
        yield step
    except SkippedBeforeError as error:
        log.info("skipped: %s", error)
        step.facts = unreadable(str(error))
    except ImageError as error:
        log.exception("skipped: %s", error)
        step.facts = unreadable(str(error))


def readable(facts: FileFacts) -> FileFacts:
    """Give the facts of an image.

    Raises
    ------
    SkippedBeforeError
        It can't be analysed.
    """
    if facts.unreadable:
        raise SkippedBeforeError(facts.unreadable)
    return facts
