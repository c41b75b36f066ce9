import functools
import math
import os

from immunostain.czi import identity
from immunostain.inputs import previewed, settings
from immunostain.network import model_files
from immunostain.run import inside_snakemake, preparation, start_and_end
from immunostain.run.code_hash import LIBRARY, source_hash
from immunostain.run.resources import (
    BEFORE_FORKS_MB,
    card_pays,
    counting_threads,
    graphics_cards,
    memory_mb,
    network_threads,
    runtime_min,
    shared_submission,
)
from immunostain.shared.errors import SettingsError
from immunostain.shared.wording import printable

WORKFLOW = LIBRARY.parent


def or_stop(function, *arguments):
    """Do what may find fault with the settings; if it does, end before any job with a sentence."""
    try:
        return function(*arguments)
    except SettingsError as error:
        raise SystemExit(f"immunostain: {printable(str(error))}")


SCHEMA = WORKFLOW / "schemas" / "config.schema.yaml"
SETTINGS, RUN = or_stop(preparation.prepare, config, SCHEMA)
config.update(SETTINGS)
IMAGES, CHUNKS = RUN.found.images, RUN.chunks
SAMPLE_SHEET = preparation.sheet_file(config)
BY_THRESHOLD = config["segmentation"]["method"] == "threshold"
NUCLEAR_CHANNEL = {key: config[key] for key in ("nuclear_channel", "z_projection")}
IS_MAIN = inside_snakemake.is_main_process(workflow, logger)

inside_snakemake.start_scripts_lightly(logger)

if IS_MAIN:
    preparation.tell(RUN, logger)


def czi_file(wildcards):
    return IMAGES[wildcards.image]


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
    return [pattern.replace("{image}", image) for image in IMAGES]


def chunk_megabytes(wildcards):
    """Give the size of the part of a file that a job works on."""
    return os.path.getsize(czi_file(wildcards)) / len(CHUNKS[wildcards.image]) / 1e6


def memory(base, times):
    """Give the memory of a job on a part of a file, see `resources.memory_mb`."""
    base += BEFORE_FORKS_MB
    return lambda wildcards, attempt, threads: memory_mb(
        base, times, chunk_megabytes(wildcards), attempt, threads
    )


def gathering_memory(times, base=800):
    """Give the memory of a job on many files, see `resources.memory_mb`."""
    return lambda wildcards, input, attempt: memory_mb(
        base, times, input.size_mb, attempt
    )


def largest_megabytes():
    """Give the size of the largest part of a file that a job works on."""
    sizes = (
        os.path.getsize(path) / len(CHUNKS[image]) for image, path in IMAGES.items()
    )
    return max(sizes, default=0) / 1e6


def largest_memory(base, times):
    """Give the memory of a job on one after the other of any files."""
    return lambda wildcards, attempt: memory_mb(
        base, times, largest_megabytes(), attempt
    )


def cropping_memory(wildcards, input, attempt):
    """Give the memory for the table of nuclei and a plane of any file."""
    base = 800 + 3 * os.path.getsize(input.nuclei) / 1e6
    return memory_mb(base, 10, largest_megabytes(), attempt)


def minutes(wildcards, attempt):
    return runtime_min(chunk_megabytes(wildcards), attempt)


def together(group):
    """Give a group that jobs on small files share, see `resources.shared_submission`."""
    return lambda wildcards: shared_submission(
        group, os.path.getsize(czi_file(wildcards))
    )


@functools.cache
def no_card_here():
    """Tell if jobs run here without a card; where isn't known yet when the rules are read."""
    here = IS_MAIN and inside_snakemake.jobs_run_here(workflow, logger)
    return here and not model_files.graphics_card_here()


def cards(megabytes):
    """Give how many cards a job asks for that asks the network about so many megabytes."""
    device = config["segmentation"]["unet"]["device"]
    return lambda wildcards: graphics_cards(
        device, megabytes(wildcards), no_card_here()
    )


def needs_torch(megabytes=0):
    """Tell whether the network is asked by PyTorch, or its file is one of PyTorch's own."""
    settings = config["segmentation"]["unet"]
    return card_pays(settings["device"], megabytes) or not model_files.are_safetensors(
        settings["model"]
    )


def network_memory(wildcards, attempt, threads):
    """Give the memory of a job that asks the network; PyTorch and CUDA need most of it."""
    megabytes = chunk_megabytes(wildcards)
    base = BEFORE_FORKS_MB + (2500 if needs_torch(megabytes) else 500)
    return memory_mb(base, 12, megabytes, attempt, threads)


def a_few_pictures(wildcards):
    return 0


def a_training(wildcards):
    return math.inf


def what_is_nucleus():
    """Give the settings that make a pixel nucleus, and no others: those of the method in use."""
    if BY_THRESHOLD:
        return {"level": config["segmentation"]["threshold"]["level"]}
    return {"probability": config["segmentation"]["unet"]["probability"]}


def model_fingerprints(wildcards):
    """Tell the content of the models, and stop if one can't be used."""
    return or_stop(model_files.fingerprints, config["segmentation"]["unet"]["model"])


def model_used(wildcards):
    """Tell which model finds the nuclei, if one does."""
    if BY_THRESHOLD:
        return None
    path = config["segmentation"]["unet"]["model"]
    return {"path": path, "sha256": model_fingerprints(wildcards)}


def if_asked_for(analysis, paths):
    return paths if analysis in config["analyses"] else []


def if_compared():
    """Name what is made of a sample sheet that tells conditions, and of a reference among them."""
    summaries = [
        "<results>/analysis_data/general_stats/summary_by_replicate.csv",
        "<results>/analysis_data/general_stats/summary_by_replicate.xlsx",
        "<results>/analysis_data/general_stats/summary_by_condition.csv",
        "<results>/analysis_data/general_stats/summary_by_condition.xlsx",
        "<results>/analysis_data/general_stats/stain_over_time.csv",
        "<results>/analysis_data/general_stats/stain_over_time.xlsx",
    ]
    comparison = [
        "<results>/analysis_data/general_stats/comparison.csv",
        "<results>/analysis_data/general_stats/comparison.xlsx",
    ]
    if config["comparison"]["reference"] is not None:
        return summaries + comparison
    return summaries if RUN.design.condition is not None else []


def parts_of_the_page(folder):
    """Give a page's template, style and scripts, so that it is new when they are."""
    return lambda wildcards: {
        part.name: part.read_text(encoding="utf-8")
        for part in sorted((WORKFLOW / folder).glob("*.[chj]*"))  # not --report's .rst
    }


def shown_of_movement():
    """Name what Snakemake's report, which is to be mailed, has of tracks: of a small set all."""
    shown = ["motility_.+[.](csv|png)"]
    if len(IMAGES) <= 20:
        shown.append(".+_(rose|speeds|msd|lineages)[.]png")
    if len(IMAGES) <= 8 and sum(map(os.path.getsize, IMAGES.values())) < 20e6:
        shown.append(".+_(overall_movement[.]png|movie[.]mp4)")
    return [f"{{file,{'|'.join(shown)}}}"]


def wanted_results():
    """Name all that users look at: what isn't named here and was deleted is not made again."""
    wanted = [
        "<results>/inventory.tsv",
        "<results>/provenance.yaml",
        "<results>/analysis_data/general_stats/nuclei.csv",
        "<results>/analysis_data/general_stats/nuclei.parquet",
        "<results>/analysis_data/general_stats/population_stat.csv",
        "<results>/analysis_data/general_stats/population_stat.xlsx",
        "<results>/analysis_data/general_stats/population_stat.png",
        "<results>/analysis_data/general_stats/positive_levels.csv",
        "<results>/analysis_data/general_stats/summary_by_image.csv",
        "<results>/analysis_data/general_stats/summary_by_image.xlsx",
        *if_compared(),
        *if_asked_for(
            "quantification",
            [
                "<results>/analysis_data/general_stats/signal_quant_stat.csv",
                "<results>/analysis_data/general_stats/signal_quant_stat.xlsx",
                "<results>/analysis_data/general_stats/signal_avg_stat.csv",
                "<results>/analysis_data/general_stats/signal_avg_stat.xlsx",
                "<results>/analysis_data/general_stats/plots",
            ],
        ),
        "<results>/analysis_data/nuclei_count",
        "<results>/analysis_data/report.html",
        "<results>/crops",
        *all_images("<results>/analysis_data/nuclei_area_verification/{image}"),
        *all_images("<results>/rois/{image}.zip"),
        *all_chunks("<results>/labels/{image}/{chunk}"),
        *if_asked_for("tracking", ["<results>/analysis_data/movement_tracking"]),
    ]
    if config["unreadable_images"] == "fail":
        wanted.append("<results>/all_images_readable")
    return wanted
