"""Count the nuclei per frame: a table and a plot for each image and for all together."""

from typing import Any

from immunostain import plots, sample_sheet, tables
from immunostain.files import whole_file, whole_folder
from immunostain.inventory import by_image
from immunostain.logs import job_log

snakemake: Any

with job_log(snakemake.log[0], "population_stat") as log:
    abouts = tables.read_abouts(by_image(snakemake.input.about, snakemake.params.chunks))
    sheet = sample_sheet.read_if_any(snakemake.input.sample_sheet, snakemake.params.chunks)
    population = tables.population_stat(tables.frames_table(abouts), sheet)
    with whole_folder(snakemake.output.images) as folder:
        for image, counts in population.groupby("Image name", sort=False):
            name = str(folder / f"{image}_time_point_stat")
            table = counts.drop(columns=["Image name", *sheet[0]])
            tables.write_csv(f"{name}.csv", table)
            tables.write_xlsx(f"{name}.xlsx", table, "time_point_stat")
            plots.save(plots.time_course(counts, str(image)), f"{name}.png")
            log.info("%s: %d nuclei", image, table["Number of nuclei"].sum())
    tables.write_csv(snakemake.output.csv, population)
    tables.write_xlsx(snakemake.output.xlsx, population, "population_stat")
    with whole_file(snakemake.output.plot) as partial:
        plots.save(plots.population(population), partial)
