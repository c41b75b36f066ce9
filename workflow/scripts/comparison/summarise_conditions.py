"""Summarise the nuclei of each replicate, the replicates of each condition, and both over time."""

from typing import Any

from immunostain.comparison import by_condition
from immunostain.comparison.measures import read_nuclei
from immunostain.comparison.over_time import stain_over_time
from immunostain.excel.of_conditions import EXPLAINED
from immunostain.results import writers
from immunostain.results.inventory import analysed, read_table
from immunostain.samples.conditions import Design
from immunostain.samples.sample_sheet import read_if_any
from immunostain.shared.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], "summary_by_condition") as log:
    inventory = read_table(snakemake.input.inventory, "\t")
    sheet = read_if_any(snakemake.input.sample_sheet, [row["image"] for row in inventory])
    design = Design(**snakemake.params.design)
    frames = {row["image"]: int(row["frames"]) for row in analysed(inventory)}
    grouped = by_condition.grouped_images(frames, sheet, design)
    nuclei = read_nuclei(snakemake.input.nuclei)
    replicates = by_condition.summary_by_replicate(nuclei, grouped)
    timelapses = [image for image, count in frames.items() if count > 1]
    over_time = stain_over_time(nuclei[nuclei["image"].isin(timelapses)], grouped)
    conditions = by_condition.summary_by_condition(replicates)
    for name, table, explained in (
        ("replicates", replicates, EXPLAINED["summary_by_replicate"]),
        ("conditions", conditions, EXPLAINED["summary_by_condition"]),
        ("over_time", over_time, EXPLAINED["stain_over_time"]),
    ):
        writers.write_csv(snakemake.output[name], table)
        writers.write_xlsx(snakemake.output[f"{name}_xlsx"], table, name, explained)
    log.info("conditions: %s; replicates: %s", design.condition, design.replicate or "images")
    log.info("%d replicates of %d images", len(replicates), len(grouped))
    for image in sorted({*frames} - {*grouped["image"]}):
        log.info("the sample sheet doesn't tell condition and replicate of %s: left out", image)
