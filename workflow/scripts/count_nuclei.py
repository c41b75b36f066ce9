"""Count the nuclei per frame: a table and a plot for each image and for all together."""

from typing import Any

from immunostain import plots, population, sample_sheet, tables
from immunostain.files import whole_file, whole_folder
from immunostain.inventory import by_image
from immunostain.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], "population_stat") as log:
    abouts, _ = tables.read_abouts(by_image(snakemake.input.about, snakemake.params.chunks))
    sheet = sample_sheet.read_if_any(snakemake.input.sample_sheet, snakemake.params.chunks)
    counts = tables.population_stat(tables.frames_table(abouts), sheet)
    with whole_folder(snakemake.output.images) as folder:
        written = population.write_images(counts, sheet[0], folder, snakemake.threads)
        for image, nuclei in written:
            log.info("%s: %d nuclei", image, nuclei)
    tables.write_csv(snakemake.output.csv, counts)
    tables.write_xlsx(snakemake.output.xlsx, counts, "population_stat")
    with whole_file(snakemake.output.plot) as partial:
        plots.save(plots.population(counts), partial)
