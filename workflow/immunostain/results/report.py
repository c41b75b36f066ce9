"""The report of a run: one HTML page with what was found, for a browser."""

import base64
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment


def render(
    template: str,
    inventory: list[dict[str, str]],
    population: list[dict[str, str]],
    population_plot: bytes,
    provenance: str,
    pictures: dict[str, list[Path]],
    movement: list[Path],
    here: Path,
) -> str:
    """Fill in the page.

    Parameters
    ----------
    template
        A Jinja template; all that is filled in is escaped.
    inventory, population
        The rows of inventory.tsv and population_stat.csv.
    population_plot
        A PNG file's content; it becomes part of the page.
    provenance
        The text of provenance.yaml.
    pictures
        For each image the verification pictures to show, as paths.
    movement
        The pictures, plots and movies of tracks, as paths.
    here
        The page's folder: links lead from there.
    """
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    analysed = [row for row in inventory if row["status"] == "ok"]
    return environment.from_string(template).render(
        inventory=inventory,
        analysed=len(analysed),
        skipped=[row for row in inventory if row["status"] != "ok"],
        nuclei=sum(int(row["nuclei"]) for row in analysed),
        frames=len(population),
        population_plot="data:image/png;base64," + base64.b64encode(population_plot).decode(),
        provenance=provenance,
        pictures=[(image, _link(p, here)) for image, paths in pictures.items() for p in paths],
        movement=[(p.stem, _link(p, here), p.suffix == ".mp4") for p in movement],
    )


def _link(path: Path, here: Path) -> str:
    return quote(str(path.relative_to(here)))
