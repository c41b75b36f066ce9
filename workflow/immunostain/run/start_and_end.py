"""What is done before the first job of a run and after the last one.

Needs only what Snakemake itself depends on: the Snakefile imports this.
"""

import logging
import os
import signal
import time
from collections.abc import Sequence
from typing import Any

from immunostain.inputs import settings
from immunostain.mail.send_or_save import notify
from immunostain.mail.text import Failure, RunSummary
from immunostain.results import outcomes
from immunostain.run import claims, inside_snakemake, left_on_cluster, old_chunks, progress_display
from immunostain.run.failures import FailedJobs, gathered
from immunostain.run.inside_snakemake import PlannedJob
from immunostain.run.preparation import Run
from immunostain.run.progress import Job, Tally
from immunostain.shared import logs
from immunostain.shared.errors import SettingsError
from immunostain.shared.wording import listed

_PREVIEW = {"choose_preview", "predict_preview", "segment_preview", "preview"}


def start(run: Run, workflow: Any, logger: logging.Logger) -> None:
    """Claim the results, end what a killed run left behind, and show how far the run is.

    Parameters
    ----------
    run
        What is to be done.
    workflow, logger
        Snakemake's own.

    Raises
    ------
    SettingsError
        The results can't be written, or another run writes to them.
    """
    jobs_name = inside_snakemake.name_of_slurm_jobs(workflow, logger)
    signal.signal(signal.SIGUSR1, signal.default_int_handler)
    try:
        settings.check_output_folder(run.output_folder, by_writing=True)
        killed = claims.claim(
            run.output_folder, jobs_name, lambda: _end_without_results(run.output_folder, logger)
        )
    except OSError as error:
        raise SettingsError(
            f'output_folder: "{error.filename}" can\'t be written: {error.strerror}'
        ) from error
    if cancelled := left_on_cluster.cancel(killed):
        logger.warning(
            f"Cancelled, left over from a run that was killed: SLURM's jobs {', '.join(cancelled)}"
        )
    for handler in inside_snakemake.log_files(logger):
        logs.tell_once(handler)
    FailedJobs(logger)
    inside_snakemake.look_for_jobs_when_one_ends(workflow, logger)
    try:
        _show_progress(run, workflow, logger)
    except Exception as error:  # no display is worth a run
        logger.info(f"How far the run is can't be shown: {error!r}")


def _end_without_results(output_folder: str, logger: logging.Logger) -> None:
    """End a run whose results were taken away, as Ctrl-C would; called in another thread."""
    logger.error(
        f'The output folder "{output_folder}" was removed or renamed while this run '
        "wrote to it, so it ends here; start it again with the same command."
    )
    # Snakemake's own waiting for files doesn't let Ctrl-C's signal through.
    os.kill(os.getpid(), signal.SIGUSR1)


def _show_progress(run: Run, workflow: Any, logger: logging.Logger) -> None:
    """Draw how far the run is, on a terminal and unless the user asked for another output."""
    terminal = inside_snakemake.terminal_of(logger)
    if terminal is None or inside_snakemake.asked_for_other_output(workflow, logger):
        return
    if steps := inside_snakemake.jobs_to_run(workflow, logger):
        jobs = sized(steps, run)
        progress_display.Display(logger, terminal, Tally(jobs, time.time()))


def sized(steps: Sequence[PlannedJob], run: Run) -> dict[int, Job]:
    """Give the steps of a run with the size in MB of what each works on, by their numbers."""
    megabytes = {image: os.path.getsize(path) / 1e6 for image, path in run.found.images.items()}
    jobs = {}
    for step in steps:
        image = step.wildcards.get("image")
        parts = len(run.chunks[image]) if image and "chunk" in step.wildcards else 1
        if step.rule != "all":
            size = megabytes[image] / parts if image else 0.0
            jobs[step.number] = Job(step.rule, image, size)
    return jobs


def end(run: Run, workflow: Any, logger: logging.Logger, finished: bool) -> None:
    """Tidy up, and tell the user, on the console and by mail, what became of the images.

    A run that only made the preview has analysed none, and leaves the results as they are.

    Parameters
    ----------
    run
        What was to be done.
    workflow, logger
        Snakemake's own.
    finished
        Whether all of it was.
    """
    progress_display.end(logger)
    rules = inside_snakemake.rules_of_run(workflow, logger)
    if rules and rules <= _PREVIEW:
        fates, preview = outcomes.Fates([], [], 0), "preview.html"
    else:
        if not inside_snakemake.keeps_temporary_files(workflow, logger):
            left_on_cluster.remove_frames(run.output_folder, run.chunks)
        old_chunks.remove_old_chunks(run.output_folder, run.chunks)
        fates, preview = outcomes.fates(run.output_folder, run.chunks, run.found.refused), ""
    claims.release(run.output_folder)
    for image, reason in fates.skipped:
        logger.warning(f"Not analysed: {image}: {reason}")
    for image, doubts in fates.doubtful.items():
        logger.warning(f"Doubtful: {image}: {'; '.join(doubts)}")
    if told := outcomes.nothing_found(fates, run.method):
        logger.warning(told)
    failures = [] if finished else gathered(logger)
    for line in ended_by_cluster(failures):
        logger.error(line)
    results = os.path.abspath(run.output_folder)
    report = "" if preview else os.path.join(results, "analysis_data", "report.html")
    summary = RunSummary(
        finished=finished,
        input_folder=run.input_folder,
        results=results,
        analysed=fates.analysed,
        skipped=fates.skipped,
        saturated=fates.saturated,
        doubtful=fates.doubtful,
        nuclei=fates.nuclei,
        seconds=time.time() - run.begun,
        failures=failures,
        report=report if finished and os.path.exists(report) else "",
        preview=preview and os.path.join(results, preview),
    )
    warning = notify(summary, run.email, run.output_folder, os.environ)
    if warning:
        logger.warning(warning)


def ended_by_cluster(failures: Sequence[Failure]) -> list[str]:
    """Say of which files a cluster ended the jobs, a line for each reason.

    Examples
    --------
    >>> ended_by_cluster([Failure("measure", "a.czi", "", "too large"), Failure("draw", "b.czi")])
    ['a.czi: too large']
    """
    files: dict[str, list[str]] = {}
    for failure in failures:
        if failure.ended_by:
            files.setdefault(failure.ended_by, []).append(failure.file)
    return [f"{listed(list(dict.fromkeys(names)))}: {why}" for why, names in files.items()]
