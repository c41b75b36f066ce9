"""Summarise the nuclei of each image in a row."""

from typing import Any

from immunostain.comparison.by_image import summary_by_image
from immunostain.comparison.measures import read_nuclei
from immunostain.excel.of_conditions import EXPLAINED
from immunostain.results import writers
from immunostain.results.inventory import read_table
from immunostain.samples.sample_sheet import read_if_any
from immunostain.shared.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], "summary_by_image") as log:
    inventory = read_table(snakemake.input.inventory, "\t")
    sheet = read_if_any(snakemake.input.sample_sheet, [row["image"] for row in inventory])
    table = summary_by_image(read_nuclei(snakemake.input.nuclei), inventory, sheet)
    writers.write_csv(snakemake.output.csv, table)
    writers.write_xlsx(
        snakemake.output.xlsx, table, "summary_by_image", EXPLAINED["summary_by_image"]
    )
    log.info("%d images", len(table))
