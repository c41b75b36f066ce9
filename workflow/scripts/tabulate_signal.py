"""Write how much of each stain is in each nucleus, and on average per frame."""

from typing import Any

import pandas as pd

from immunostain import sample_sheet, tables
from immunostain.inventory import by_image
from immunostain.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], "signal_quant_stat") as log:
    abouts = tables.read_abouts(by_image(snakemake.input.about, snakemake.params.chunks))
    channels = tables.all_channels(abouts)
    sheet = sample_sheet.read_if_any(snakemake.input.sample_sheet, snakemake.params.chunks)
    nuclei = pd.read_parquet(snakemake.input.nuclei)
    quant = tables.signal_quant_stat(nuclei, channels, sheet[0])
    tables.write_csv(snakemake.output.quant, quant)
    tables.write_xlsx(snakemake.output.quant_xlsx, quant, "signal_quant_stat")
    avg = tables.signal_avg_stat(tables.frames_table(abouts), nuclei, channels, sheet)
    tables.write_csv(snakemake.output.avg, avg)
    tables.write_xlsx(snakemake.output.avg_xlsx, avg, "signal_avg_stat")
    log.info("channels: %s", ", ".join(channels))
