"""Compare each condition with the reference."""

from typing import Any

from immunostain.comparison.against_reference import comparison
from immunostain.excel.of_conditions import EXPLAINED
from immunostain.results import writers
from immunostain.shared.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], "comparison") as log:
    replicates = writers.read_xlsx(snakemake.input.replicates)
    table = comparison(replicates, snakemake.params.reference)
    writers.write_csv(snakemake.output.csv, table)
    writers.write_xlsx(snakemake.output.xlsx, table, "comparison", EXPLAINED["comparison"])
    log.info("%d comparisons with %s", len(table), snakemake.params.reference)
