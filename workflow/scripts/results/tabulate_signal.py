"""Write how much of each stain is in each nucleus, and on average per frame."""

from typing import Any

import pandas as pd

from immunostain.excel.of_stains import EXPLAINED
from immunostain.inputs.chunks import by_image
from immunostain.results import images_analysed, stat_tables, writers
from immunostain.samples.sample_sheet import read_if_any
from immunostain.shared.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], "signal_quant_stat") as log:
    facts, _ = images_analysed.read_analysed(
        by_image(snakemake.input.facts, snakemake.params.chunks)
    )
    channels = images_analysed.all_channels(facts)
    sheet = read_if_any(snakemake.input.sample_sheet, snakemake.params.chunks)
    measured, parts = writers.read_parquet(snakemake.input.nuclei)
    output, densities = snakemake.output, []
    with (
        writers.csv_file(output.quant) as to_csv,
        writers.xlsx_file(
            output.quant_xlsx, "signal_quant_stat", EXPLAINED["signal_quant_stat"]
        ) as to_xlsx,
    ):
        signal = stat_tables.signal_by_parts(parts, channels, sheet.columns, measured)
        for quant, density in signal:
            to_csv(quant)
            to_xlsx(quant)
            densities.append(density)
    frames = stat_tables.frames_table(facts)
    avg = stat_tables.signal_avg_stat(frames, pd.concat(densities), channels, sheet)
    writers.write_csv(output.avg, avg)
    writers.write_xlsx(output.avg_xlsx, avg, "signal_avg_stat", EXPLAINED["signal_avg_stat"])
    log.info("channels: %s", ", ".join(channels))
