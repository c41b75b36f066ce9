"""Plot the stains of all nuclei: by condition, by image, against each other, over time."""

from typing import Any

from immunostain.inputs.chunks import by_image
from immunostain.plots import measured, write
from immunostain.results import images_analysed
from immunostain.samples.conditions import Design
from immunostain.samples.sample_sheet import read_if_any
from immunostain.shared.files import whole_folder
from immunostain.shared.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], "plots") as log:
    facts, renamed = images_analysed.read_analysed(
        by_image(snakemake.input.facts, snakemake.params.chunks)
    )
    sheet = read_if_any(snakemake.input.sample_sheet, snakemake.params.chunks)
    nuclei = measured.read_nuclei(snakemake.input.nuclei)
    design = Design(**snakemake.params.design)
    reference = snakemake.params.reference
    gathered = measured.gather(nuclei, facts, renamed, sheet, design, reference)
    with whole_folder(snakemake.output.plots) as folder:
        for name in write.write_plots(gathered, folder, snakemake.threads):
            log.info("%s", name)
