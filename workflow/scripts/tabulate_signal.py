"""Write how much of each stain is in each nucleus, and on average per frame."""

from typing import Any

import pandas as pd

from immunostain import sample_sheet, tables
from immunostain.inventory import by_image
from immunostain.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], "signal_quant_stat") as log:
    abouts, _ = tables.read_abouts(by_image(snakemake.input.about, snakemake.params.chunks))
    channels = tables.all_channels(abouts)
    sheet = sample_sheet.read_if_any(snakemake.input.sample_sheet, snakemake.params.chunks)
    measured, parts = tables.read_parquet(snakemake.input.nuclei)
    output, densities, last = snakemake.output, [], None
    with (
        tables.csv_file(output.quant) as to_csv,
        tables.xlsx_file(output.quant_xlsx, "signal_quant_stat") as to_xlsx,
    ):
        for nuclei in parts:
            quant = tables.signal_quant_stat(nuclei, channels, sheet[0], measured, last)
            to_csv(quant)
            to_xlsx(quant)
            densities.append(tables.mean_densities(nuclei, channels))
            last = nuclei["image"].iloc[-1] if len(nuclei) else None
    frames = tables.frames_table(abouts)
    avg = tables.signal_avg_stat(frames, pd.concat(densities), channels, sheet)
    tables.write_csv(output.avg, avg)
    tables.write_xlsx(output.avg_xlsx, avg, "signal_avg_stat")
    log.info("channels: %s", ", ".join(channels))
