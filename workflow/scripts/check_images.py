"""Fail if any image could not be analysed: what `unreadable_images: fail` asks for."""

import csv
from typing import Any

from immunostain.errors import ImageError
from immunostain.logs import job_log
from immunostain.plan import shortened

snakemake: Any

with job_log(snakemake.log[0], "unreadable_images: fail") as log:
    with open(snakemake.input.inventory, newline="", encoding="utf-8") as file:
        skipped = [row for row in csv.DictReader(file, delimiter="\t") if row["status"] != "ok"]
    if skipped:
        named = [f"{row['file']} ({row['reason']})" for row in skipped]
        raise ImageError(f"{len(named)} images can't be analysed: {shortened(named)}")
    log.info("every image was analysed")
