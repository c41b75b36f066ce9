import contextlib
import logging
import os
import signal
import time

import yaml

from immunostain.czi import identity
from immunostain.inputs import chunks, image_files, settings
from immunostain.network import model_files
from immunostain.results import outcomes
from immunostain.run import (
    claims,
    left_on_cluster,
    mail,
    old_parts,
    progress,
)
from immunostain.run import failures as run_log
from immunostain.run.code_hash import LIBRARY, source_hash
from immunostain.samples import sample_sheet
from immunostain.shared import logs
from immunostain.shared.errors import SettingsError
from immunostain.shared.printable import printable

STARTED = time.time()
WORKFLOW = LIBRARY.parent
SMALL_FILE = 32_000_000  # bytes


def stop(reason):
    """End before any job with one sentence."""
    raise SystemExit(f"immunostain: {printable(str(reason))}")


def read_settings():
    schema = WORKFLOW / "schemas" / "config.schema.yaml"
    with open(schema, encoding="utf-8") as file:
        complete = settings.complete(config, yaml.safe_load(file))
    model_files.check_magnifications(complete["segmentation"]["unet"]["model"])
    mail.check_login(complete["email"])
    settings.check_output_folder(complete["output_folder"], by_writing=False)
    settings.check_folders_differ(complete["input_folder"], complete["output_folder"])
    return complete


def sample_sheet_file():
    return [config["sample_sheet"]] if config["sample_sheet"] else []


try:
    config.update(read_settings())
    FOUND = image_files.find_images(config["input_folder"], config["output_folder"])
    CHUNK_SIZE = chunks.size_in_bytes(config["chunk_size"])
    CHUNKS = {
        image: chunks.chunk_names(path, CHUNK_SIZE) for image, path in FOUND.images.items()
    }
    DESCRIBED = sample_sheet.read_if_any(sample_sheet_file(), FOUND.images).rows
except SettingsError as error:
    stop(error)

if workflow.is_main_process:
    for line in image_files.told(FOUND.left_alone):
        logger.info(line)
if workflow.is_main_process and DESCRIBED:
    for these, those, where in (
        (FOUND.images, DESCRIBED, "Not in the sample sheet"),
        (DESCRIBED, FOUND.images, "In the sample sheet but not in the input folder"),
    ):
        missing = sorted(set(these) - set(those))
        if missing:
            logger.warning(f"{where}: {image_files.shortened(missing)}")


def czi_file(wildcards):
    return FOUND.images[wildcards.image]


def czi_identity(wildcards):
    """Tell what the file is: Snakemake itself sees only that one is newer, not another older one."""
    return identity.czi_identity(czi_file(wildcards))


def chunks_of(image, pattern):
    """Fill in all chunks of an image."""
    return [
        pattern.replace("{image}", image).replace("{chunk}", chunk)
        for chunk in CHUNKS[image]
    ]


def per_chunk(pattern):
    """Give an input function that fills in all chunks of an image."""
    return lambda wildcards: chunks_of(wildcards.image, pattern)


def all_chunks(pattern):
    """Fill in all chunks of all images."""
    return [path for image in CHUNKS for path in chunks_of(image, pattern)]


def all_images(pattern):
    """Fill in all images."""
    return [pattern.replace("{image}", image) for image in FOUND.images]


def chunk_megabytes(wildcards):
    """Give the size of the part of a file that a job works on."""
    chunks = CHUNKS[wildcards.image]
    return os.path.getsize(FOUND.images[wildcards.image]) / len(chunks) / 1e6


def memory(base, times):
    """Give a job's memory in MB: what it always needs and a multiple of its file, more each try.

    A frame can't be cut, so it is the file that counts, up to the size of a chunk if it has many.
    """

    def megabytes(wildcards, attempt, threads):
        return int(attempt * (base + threads * times * chunk_megabytes(wildcards)))

    return megabytes


def together(group):
    """Give a group that a cluster's jobs on small files share: many of them are one submission.

    Large files have none: their parts and images are to be shared by cores and nodes.
    """

    def group_of(wildcards):
        size = os.path.getsize(FOUND.images[wildcards.image])
        return group if size <= SMALL_FILE else None

    return group_of


def minutes(wildcards, attempt):
    """Give a job's time limit in minutes, which a cluster wants: by its file's size, more each try."""
    return attempt * (2 + int(chunk_megabytes(wildcards) / 4))


def what_is_nucleus():
    """Give the settings that make a pixel nucleus, and no others: those of the method in use."""
    if config["segmentation"]["method"] == "unet":
        return {"probability": config["segmentation"]["unet"]["probability"]}
    return {"level": config["segmentation"]["threshold"]["level"]}


def model_fingerprints(wildcards):
    """Tell the content of the models, and stop if one can't be used."""
    try:
        return model_files.fingerprints(config["segmentation"]["unet"]["model"])
    except SettingsError as error:
        stop(error)


def model_used(wildcards):
    """Tell which model finds the nuclei, if one does."""
    if config["segmentation"]["method"] == "threshold":
        return None
    path = config["segmentation"]["unet"]["model"]
    return {"path": path, "sha256": model_fingerprints(wildcards)}


def graphics_cards():
    """Ask for a card where there may be one: not for the CPU, nor here if there is none here.

    Whether jobs run here isn't known yet when the rules are read.
    """

    def cards(wildcards):
        device = config["segmentation"]["unet"]["device"]
        here = workflow.is_main_process and not workflow.non_local_exec
        missing = device == "auto" and here and not model_files.graphics_card_here()
        return 0 if device == "cpu" or missing else 1

    return cards


def network_threads(wildcards):
    """Give more cores to larger files; a still takes longer to start Python than to predict."""
    return min(4, 1 + int(chunk_megabytes(wildcards) / 32))


def gathering_memory(times):
    """Give the memory in MB of a job that gathers the tables of all images."""
    return lambda wildcards, input, attempt: int(
        attempt * (800 + times * input.size_mb)
    )


def track_table_if_any():
    tracked = "tracking" in config["analyses"]
    return ["<results>/tracks/{image}.csv"] if tracked else []


def track_tables():
    return [path for pattern in track_table_if_any() for path in all_images(pattern)]


def movement_folder():
    if "tracking" in config["analyses"]:
        return ["<results>/analysis_data/movement_tracking"]
    return []


def report_template():
    path = WORKFLOW / "report" / "report.html.j2"
    with open(path, encoding="utf-8") as file:
        return file.read()


def wanted_results():
    """Name all that users look at: what isn't named here and was deleted is not made again."""
    data = "<results>/analysis_data"
    tables = ["nuclei.csv", "nuclei.parquet"]
    tables += [f"population_stat.{kind}" for kind in ("csv", "xlsx", "png")]
    if "quantification" in config["analyses"]:
        for table in ("signal_quant_stat", "signal_avg_stat"):
            tables += [f"{table}.csv", f"{table}.xlsx"]
    wanted = [
        "<results>/inventory.tsv",
        "<results>/provenance.yaml",
        *(f"{data}/general_stats/{table}" for table in tables),
        f"{data}/nuclei_count",
        f"{data}/report.html",
        *all_images(f"{data}/nuclei_area_verification/{{image}}"),
        *all_chunks("<results>/labels/{image}/{chunk}"),
    ]
    wanted += movement_folder()
    if config["unreadable_images"] == "fail":
        wanted.append("<results>/all_images_readable")
    return wanted


@contextlib.contextmanager
def if_snakemake_can(what):
    """Do what needs to know Snakemake's inside, which may change: a run goes on without it."""
    try:
        yield
    except Exception as error:
        logger.info(f"This version of Snakemake can't {what}: {error!r}")


def show_progress():
    """Draw how far the run is, on a terminal and unless the user asked for another output."""
    terminal, asked = progress.terminal_of(logger), workflow.output_settings
    if terminal is None or asked.quiet or asked.verbose or asked.printshellcmds:
        return
    megabytes = {
        image: os.path.getsize(path) / 1e6 for image, path in FOUND.images.items()
    }
    jobs = {}
    for job in workflow.dag.needrun_jobs():
        image = job.wildcards_dict.get("image")
        parts = len(CHUNKS[image]) if "chunk" in job.wildcards_dict else 1
        size = megabytes[image] / parts if image else 0.0
        if job.rule.name != "all":
            jobs[job.jobid] = progress.Job(job.rule.name, image, size)
    progress.Display(logger, terminal, progress.Tally(jobs, time.time()))


def look_for_jobs_when_one_ends():
    """Keep Snakemake from looking for jobs that could start all the time.

    Each time that it has looked it looks once more a second later, in case its limit of jobs per
    second held one back; and as that is a time too, after 500 jobs it looks 500 times a second.
    Its default of 100 jobs a second never holds one back. A lower limit is the user's own.
    """
    limiter = workflow.scheduler.job_rate_limiter
    if limiter and limiter.max_jobs >= 100 * limiter.timespan:
        workflow.scheduler.job_rate_limiter = None


def name_of_slurm_jobs():
    """Give what SLURM calls all jobs of this run; nothing if they run here."""
    executor = workflow.scheduler._executor
    if type(executor).__module__ == "snakemake_executor_plugin_slurm":
        return executor.run_uuid
    return ""


def end_without_results():
    """End a run whose results were taken away, as Ctrl-C would; called in another thread."""
    logger.error(
        f'The output folder "{config["output_folder"]}" was removed or renamed while this run '
        "wrote to it, so it ends here; start it again with the same command."
    )
    # Snakemake's own waiting for files doesn't let Ctrl-C's signal through.
    os.kill(os.getpid(), signal.SIGUSR1)


def start_of_run():
    if workflow.is_main_process:  # a cluster's jobs are runs of their own
        jobs_name = ""
        with if_snakemake_can("tell this run's SLURM jobs from others"):
            jobs_name = name_of_slurm_jobs()
        signal.signal(signal.SIGUSR1, signal.default_int_handler)
        try:
            settings.check_output_folder(config["output_folder"], by_writing=True)
            killed = claims.claim(
                config["output_folder"], jobs_name, end_without_results
            )
        except SettingsError as error:
            stop(error)
        except OSError as error:
            stop(
                f'output_folder: "{error.filename}" can\'t be written: {error.strerror}'
            )
        if cancelled := left_on_cluster.cancel(killed):
            logger.warning(
                f"Cancelled, left over from a run that was killed: SLURM's jobs {', '.join(cancelled)}"
            )
        for handler in logger.handlers:
            if isinstance(handler, logging.FileHandler):
                logs.tell_once(handler)
        with if_snakemake_can("look for jobs only when one has ended"):
            look_for_jobs_when_one_ends()
        with if_snakemake_can("show how far the run is"):
            show_progress()


def end_of_run(finished, log):
    """Tell the user, on the console and by mail, what became of the images."""
    if not workflow.is_main_process:
        return
    progress.end(logger)
    results = config["output_folder"]
    with if_snakemake_can("tell whether temporary files are to be kept"):
        if not workflow.storage_settings.notemp:
            left_on_cluster.remove_frames(results, CHUNKS)
    old_parts.remove_old_parts(results, CHUNKS)
    claims.release(results)
    fates = outcomes.fates(results, CHUNKS, FOUND.refused)
    for image, reason in fates.skipped:
        logger.warning(f"Not analysed: {image}: {reason}")
    if told := outcomes.nothing_found(fates, config["segmentation"]["method"]):
        logger.warning(told)
    failures = [] if finished else run_log.failures(log[0])
    for why in dict.fromkeys(failure.ended_by for failure in failures):
        if why:
            files = [each.file for each in failures if each.ended_by == why]
            logger.error(f"{image_files.shortened(list(dict.fromkeys(files)))}: {why}")
    warning = mail.notify(
        mail.RunSummary(
            finished=finished,
            input_folder=config["input_folder"],
            results=os.path.abspath(results),
            analysed=fates.analysed,
            skipped=fates.skipped,
            nuclei=fates.nuclei,
            seconds=time.time() - STARTED,
            failures=failures,
        ),
        config["email"],
        results,
        os.environ,
    )
    if warning:
        logger.warning(warning)
