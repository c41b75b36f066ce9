"""Fail if any image could not be analysed: what `unreadable_images: fail` asks for."""

from typing import Any

from immunostain.results.inventory import read_table
from immunostain.shared.errors import ImageError
from immunostain.shared.logs import job_log
from immunostain.shared.wording import listed

snakemake: Any

with job_log(snakemake.log[0], "unreadable_images: fail") as log:
    rows = read_table(snakemake.input.inventory, "\t")
    skipped = [row for row in rows if row["status"] != "ok"]
    if skipped:
        named = [f"{row['file']} ({row['reason']})" for row in skipped]
        raise ImageError(f"not all images can be analysed: {listed(named)}")
    log.info("every image was analysed")
