"""Count the nuclei per frame: a table and a plot for each image and for all together."""

from typing import Any

from immunostain.excel.of_stains import EXPLAINED
from immunostain.inputs.chunks import by_image
from immunostain.results import figures, images_analysed, population, stat_tables, writers
from immunostain.samples.sample_sheet import read_if_any
from immunostain.shared.files import whole_file, whole_folder
from immunostain.shared.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], "population_stat") as log:
    facts, _ = images_analysed.read_analysed(
        by_image(snakemake.input.facts, snakemake.params.chunks)
    )
    sheet = read_if_any(snakemake.input.sample_sheet, snakemake.params.chunks)
    counts = stat_tables.population_stat(stat_tables.frames_table(facts), sheet)
    with whole_folder(snakemake.output.images) as folder:
        written = population.write_images(counts, sheet.columns, folder, snakemake.threads)
        for image, nuclei in written:
            log.info("%s: %d nuclei", image, nuclei)
    writers.write_csv(snakemake.output.csv, counts)
    writers.write_xlsx(
        snakemake.output.xlsx, counts, "population_stat", EXPLAINED["population_stat"]
    )
    with whole_file(snakemake.output.plot) as partial:
        figures.save(figures.population(counts), partial)
