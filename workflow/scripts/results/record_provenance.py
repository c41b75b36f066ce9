"""Record what made the results."""

from typing import Any

import yaml

from immunostain.results import provenance
from immunostain.results.inventory import read_table
from immunostain.shared.files import whole_file
from immunostain.shared.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], "provenance.yaml") as log:
    described = provenance.record_of_run(
        snakemake.params.config,
        snakemake.params.model,
        read_table(snakemake.input.levels, ","),
    )
    with whole_file(snakemake.output.provenance) as partial:
        with partial.open("w", encoding="utf-8") as file:
            yaml.safe_dump(described, file, allow_unicode=True, sort_keys=False)
    log.info("immunostain %s", described["immunostain"])
