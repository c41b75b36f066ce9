"""What a run is to do: read from the settings, the input folder and the sample sheet.

Needs only what Snakemake itself depends on: the Snakefile imports this.
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from immunostain.inputs import image_files, settings
from immunostain.inputs.chunks import chunk_names, size_in_bytes
from immunostain.mail import email_settings
from immunostain.mail.email_settings import EmailSettings
from immunostain.network import model_files
from immunostain.samples import conditions, sample_sheet
from immunostain.samples.conditions import Design
from immunostain.samples.sample_sheet import SampleSheet
from immunostain.shared.wording import listed


@dataclass(frozen=True)
class Run:
    """What a run is to do.

    Attributes
    ----------
    begun
        When, seconds since 1970.
    input_folder, output_folder
        As in the settings.
    method
        `segmentation.method` of the settings.
    email
        Who gets a mail about it.
    found
        What stands in the input folder.
    chunks
        The names of each image's chunks.
    samples
        What the sample sheet says; nothing if there is none.
    design
        By which of its columns images are compared.
    """

    begun: float
    input_folder: str
    output_folder: str
    method: str
    email: EmailSettings
    found: image_files.Plan
    chunks: dict[str, list[str]]
    samples: SampleSheet
    design: Design


def prepare(config: Mapping[str, Any], schema: str | Path) -> tuple[dict[str, Any], Run]:
    """Read the settings, and find what there is to do.

    Parameters
    ----------
    config
        What config.yaml and the command line say.
    schema
        The JSON schema of config.yaml.

    Returns
    -------
    dict
        The complete settings.
    Run
        What they lead to.

    Raises
    ------
    SettingsError
        Something in them is wrong, or there is nothing to do.
    """
    begun = time.time()
    complete = settings.complete(dict(config), read_schema(schema))
    model_files.check_magnifications(complete["segmentation"]["unet"]["model"])
    email = email_settings.read(complete["email"])
    input_folder, output_folder = complete["input_folder"], complete["output_folder"]
    settings.check_output_folder(output_folder, by_writing=False)
    settings.check_folders_differ(input_folder, output_folder)
    found = image_files.find_images(input_folder, output_folder)
    size = size_in_bytes(complete["chunk_size"])
    samples = sample_sheet.read_if_any(sheet_file(complete), found.images)
    comparison, positive = complete["comparison"], positive_settings(complete)
    conditions.check(comparison, positive, samples, found.images)
    run = Run(
        begun=begun,
        input_folder=input_folder,
        output_folder=output_folder,
        method=complete["segmentation"]["method"],
        email=email,
        found=found,
        chunks={image: chunk_names(path, size) for image, path in found.images.items()},
        samples=samples,
        design=conditions.design(samples.columns, comparison["by"], comparison["replicate"]),
    )
    return complete, run


def read_schema(path: str | Path) -> dict[str, Any]:
    """Read the schema of config.yaml."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, mostly there
    schema: dict[str, Any] = yaml.load(Path(path).read_text(encoding="utf-8"), loader)
    return schema


def sheet_file(complete: Mapping[str, Any]) -> list[str]:
    """Give the sample sheet as an input of rules: none or one file."""
    return [complete["sample_sheet"]] if complete["sample_sheet"] else []


def positive_settings(complete: Mapping[str, Any]) -> dict[str, Any]:
    """Give `quantification.positive` as a map, of nothing where it is left out.

    Names of channels and columns are texts in it: YAML takes 488 for a number.
    """

    def named(part: Any) -> Any:
        return {str(k): named(v) for k, v in part.items()} if isinstance(part, Mapping) else part

    return named(complete["quantification"]["positive"] or {})


def tell(run: Run, logger: logging.Logger) -> None:
    """Tell the user what was left alone, and what the sample sheet and the images don't share."""
    for line in image_files.lines_on_left_alone(run.found.left_alone):
        logger.info(line)
    for line in sample_sheet.unmatched(run.found.images, run.samples.rows):
        logger.warning(line)
    lacking = conditions.without_replicate(run.samples, run.design, run.found.images)
    if lacking:
        where = f'No value in the column "{run.design.replicate}" of the sample sheet'
        logger.warning(f"{where}, so not compared: {listed(lacking)}")
