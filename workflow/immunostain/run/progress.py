"""How far a run is: images done, images per minute, the time left, and long jobs.

Standard library only: the Snakefile imports this.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from immunostain.shared.pace import Pace, last_pace
from immunostain.shared.wording import duration

_BAR = 20  # characters
_LONG = 3.0  # seconds that a job has run before it is shown
_SHOWN = 3  # jobs at a time


@dataclass(frozen=True)
class Job:
    """A step of the run.

    Attributes
    ----------
    rule
        Its rule.
    image
        What it works on; None: on all images.
    size
        Of what it works on, MB.
    """

    rule: str
    image: str | None
    size: float


def _effort(job: Job) -> float:
    """Give how much a job is, in MB; starting one counts as much as reading one."""
    return 1 + job.size


@dataclass(frozen=True)
class _Running:
    since: float
    what: str
    log: str


class Tally:
    """What is done and what is to come; times are seconds since 1970.

    Parameters
    ----------
    jobs
        All that the run consists of, by Snakemake's numbers.
    begun
        When.
    """

    def __init__(self, jobs: Mapping[int, Job], begun: float):
        self.jobs, self.begun = jobs, begun
        self.running: dict[int, _Running] = {}
        self.failed: set[int] = set()
        self.done = 0
        self.images_done = 0  # through all steps that concern them alone
        self._last_image = begun  # when one became done
        self._open: dict[str, set[int]] = defaultdict(set)  # the steps of each image to come
        self._to_come: dict[str, float] = defaultdict(float)  # effort, of each rule
        self._spent: dict[str, float] = defaultdict(float)  # effort of what is done
        self._seconds: dict[str, float] = defaultdict(float)  # that it took
        for number, job in jobs.items():
            self._to_come[job.rule] += _effort(job)
            if job.image is not None:
                self._open[job.image].add(number)
        self.images = len(self._open)

    def start(self, number: int, now: float, what: str, log: str) -> None:
        """Note that a job begins, maybe once more after it failed."""
        if number in self.jobs:
            self.failed.discard(number)
            self.running[number] = _Running(now, what, log)

    def finish(self, number: int, now: float) -> None:
        """Note that a job ended well."""
        running = self.running.pop(number, None)
        if running is None:
            return
        job = self.jobs[number]
        self.done += 1
        self._to_come[job.rule] -= _effort(job)
        self._spent[job.rule] += _effort(job)
        self._seconds[job.rule] += now - running.since
        if job.image is not None:
            self._open[job.image].discard(number)
            if not self._open[job.image]:
                self.images_done += 1
                self._last_image = now

    def fail(self, number: int) -> None:
        """Note that a job failed."""
        if self.running.pop(number, None):
            self.failed.add(number)

    @property
    def all_images_done(self) -> bool:
        """Whether there were images, and all are done."""
        return 0 < self.images == self.images_done

    def images_per_minute(self, now: float) -> float | None:
        """Give the pace so far; None before the first image."""
        minutes = ((self._last_image if self.all_images_done else now) - self.begun) / 60
        return self.images_done / minutes if self.images_done and minutes > 0 else None

    def share_and_seconds_left(self, now: float) -> tuple[float, float | None]:
        """Tell how much of the work is done, 0 to 1, and when the rest will be.

        A job takes as long as others of its rule took for each MB, or where none is done, as others
        took on average. Jobs go on to run side by side as they did so far. Of images that failed
        nothing more is to come.
        """
        spent, known = sum(self._seconds.values()), sum(self._spent.values())
        if not spent or now <= self.begun:
            return 0.0, None

        def seconds(rule: str, effort: float) -> float:
            of_rule = self._spent[rule]
            return effort * (self._seconds[rule] / of_rule if of_rule else spent / known)

        images = [self.jobs[number].image for number in self.failed]
        lost = self.failed.union(*(self._open[image] for image in images if image is not None))
        to_come = sum(seconds(rule, effort) for rule, effort in self._to_come.items())
        to_come -= sum(seconds(self.jobs[n].rule, _effort(self.jobs[n])) for n in lost)
        so_far = {n: now - job.since for n, job in self.running.items() if n not in lost}
        for number, took in so_far.items():
            to_come -= min(took, seconds(self.jobs[number].rule, _effort(self.jobs[number])))
        to_come = max(0.0, to_come)
        all_spent = spent + sum(so_far.values())
        return all_spent / (all_spent + to_come), to_come * (now - self.begun) / all_spent

    def oldest(self, now: float) -> list[_Running]:
        """Give the jobs that have run longest; while images are to come none of a moment."""
        least = _LONG if self.images_done < self.images else 0.0
        found = [job for job in self.running.values() if now - job.since >= least]
        return sorted(found, key=lambda job: job.since)[:_SHOWN]


def lines(tally: Tally, now: float, width: int) -> list[str]:
    """Say how far a run is.

    Parameters
    ----------
    tally
        What is done.
    now
        Seconds since 1970.
    width
        Columns that a line may have.
    """
    oldest = tally.oldest(now)
    paces = [last_pace(job.log, job.since) if job.log else None for job in oldest]
    share, left = tally.share_and_seconds_left(now)
    if left is not None:
        left = max(left, *(pace.left_s for pace in paces if pace), 0.0)
    parts = [_counted(tally)]
    if (rate := tally.images_per_minute(now)) is not None:
        parts.append(f"{rate:.1f} per minute")
    if tally.all_images_done:
        parts.append("tables follow")
    elif left is not None:
        parts.append(f"{duration(left)} left")
    if tally.failed:
        parts.append(f"{len(tally.failed)} failed")
    full = int(share * _BAR)
    bar, head = f"[{'#' * full}{'-' * (_BAR - full)}] ", ", ".join(parts)
    if len(bar + head) <= width:
        head = bar + head
    rows = [_row(job, pace, now, width) for job, pace in zip(oldest, paces, strict=True)]
    return [_fitted(head, width), *rows]


def summary(tally: Tally, now: float) -> str:
    """Say in one line how far a run came."""
    rate = tally.images_per_minute(now)
    pace = f", {rate:.1f} per minute" if rate else ""
    return f"{_counted(tally)} done in {duration(now - tally.begun)}{pace}"


def _counted(tally: Tally) -> str:
    if tally.images:
        return f"{tally.images_done} of {tally.images} image{'s' * (tally.images > 1)}"
    return f"{tally.done} of {len(tally.jobs)} step{'s' * (len(tally.jobs) > 1)}"


def _row(job: _Running, pace: Pace | None, now: float, width: int) -> str:
    """Say what a long job does and how far it is; what doesn't fit is cut from the former."""
    minutes = now - job.since >= 60
    far = f": {pace.text}" if pace else f", for {duration(now - job.since)}" if minutes else ""
    return _fitted(f"  {_fitted(job.what, max(10, width - 2 - len(far)))}{far}", width)


def _fitted(text: str, width: int) -> str:
    """Cut a text to so many columns of a terminal; Chinese letters take two."""
    shown, used = "", 0
    for letter in text:
        used += _columns(letter)
        if used > width:
            while shown and used - _columns(letter) > width - 1:
                used -= _columns(shown[-1])
                shown = shown[:-1]
            return f"{shown}…"
        shown += letter
    return text


def _columns(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
