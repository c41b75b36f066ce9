"""The page itself: its template filled in, with style, scripts, pictures and data within."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment
from plotly.offline import get_plotlyjs

from immunostain.comparison.in_words import NOT_REPLICATES, in_order, sentence
from immunostain.pictures.nuclei_to_show import LEAST_OF_AN_IMAGE
from immunostain.report import attention, explorer, gallery, outliers
from immunostain.report.crops import channels
from immunostain.report.embedding import compact_json, packed
from immunostain.report.gallery import link
from immunostain.report.material import Material
from immunostain.report.methods import methods
from immunostain.report.plots import plots
from immunostain.report.tables import Table, shown, summary_columns, table
from immunostain.samples.conditions import is_meant

INVENTORY_COLUMNS = (
    *("image", "file", "status", "reason", "nuclei", "coverage_percent", "at_edge"),
    *("at_edge_percent", "too_small", "minimum_area_px", "focus", "like_nuclei_percent", "notes"),
    *("scenes", "frames", "nucleus_diameter_px"),
    *("z_planes", "channels", "nuclear_channel", "pixel_size_um", "magnification", "interval_s"),
)
STATS = "general_stats/"


def render(parts: Mapping[str, str], material: Material, here: Path) -> str:
    """Fill in the page.

    Parameters
    ----------
    parts
        The parts of the page by the names of their files in workflow/report: a Jinja template, in
        which all that is filled in is escaped, its style and its scripts.
    material
        What is filled in.
    here
        The page's folder: links lead from there.
    """
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["shown"] = shown
    tables, analysed = material.tables, material.analysed()
    found = attention.findings(
        material.inventory,
        tables.get("summary_by_image", ()),
        tables.get("motility_by_track", ()),
        material.not_tracked,
        material.condition,
    )
    nuclei = explorer.nuclei(
        material.nuclei,
        material.inventory,
        material.pictures,
        material.sample_columns,
        material.condition,
        _conditions(material),
    )
    replicates = "replicates" if material.replicate else "images"
    return environment.from_string(parts["report.html.j2"]).render(
        style=parts["report.css"],
        scripts=[parts["report.js"], parts["explore.js"]],
        plotly=packed(get_plotlyjs()) if nuclei["total"] else "",
        data=packed(compact_json(nuclei)),
        shown_nuclei=min(nuclei["total"], explorer.MOST),
        input_folder=Path(material.provenance["config"]["input_folder"]).name,
        asked=_asked(material),
        numbers=_numbers(material),
        nuclei=nuclei["total"],
        timelapses=_has_timelapses(material),
        scenes={row["image"] for row in analysed if row["scenes"] != "1"},
        in_words=[sentence(row, replicates) for row in in_order(tables.get("comparison", ()))],
        not_replicates=NOT_REPLICATES,
        has_replicates=material.replicate is not None,
        comparison=table(
            "answer-comparison", "", f"{STATS}comparison.csv", tables.get("comparison", ())
        ),
        levels=tables.get("positive_levels", ()),
        findings=_by_kind(found),
        alike=(outliers.FEWEST_ALIKE, outliers.FEWEST),
        flags=_flags(found),
        places=gallery.by_image(material.pictures),
        places_of_scenes=gallery.by_scene(material.pictures),
        pictures=material.pictures,
        condition_of=material.of_images(material.condition),
        conditions=_conditions(material),
        condition=material.condition,
        crops=channels(material.crops, material.crop_folder),
        of_an_image=LEAST_OF_AN_IMAGE,
        plots=plots(material.plots, here, replicates, _channels(material)),
        bars=material.bars,
        movement=[
            (path.stem, link(path, here), path.suffix == ".mp4") for path in material.movement
        ],
        tables=_tables(material),
        nothing_found=analysed and all(row["nuclei"] == "0" for row in analysed),
        methods=methods(
            material.provenance,
            material.inventory,
            compared=_compared(material),
            tracked=bool(tables.get("motility_by_track")),
        ),
        provenance=material.provenance_text,
    )


def _conditions(material: Material) -> list[str]:
    """List the conditions of the images that were analysed, as in plots: the reference first."""
    if material.condition is None:
        return []
    rows = material.tables.get("summary_by_condition", ())
    named = [row[material.condition] for row in rows]
    named += material.of_images(material.condition).values()
    found = [name for name in dict.fromkeys(named) if name]
    return sorted(found, key=lambda name: not _is_reference(material, name))


def _is_reference(material: Material, condition: str) -> bool:
    reference = (material.provenance["config"].get("comparison") or {}).get("reference")
    return reference is not None and is_meant(reference, condition)


def _channels(material: Material) -> list[str]:
    """List the channels of all images."""
    names = (name for row in material.analysed() for name in row["channels"].split(", "))
    return [name for name in dict.fromkeys(names) if name]


def _asked(material: Material) -> list[str]:
    """Say what was asked, in sentences."""
    analysed = material.analysed()
    nuclear = list(dict.fromkeys(row["nuclear_channel"] for row in analysed))
    channels = _channels(material)
    said = []
    if channels:
        said.append(
            f"Nuclei were looked for in {' or '.join(nuclear)}, and the stain of each was "
            f"measured in {', '.join(channels)}."
        )
    values = _conditions(material)
    if values:
        named = [
            f"{value} (the reference)" if _is_reference(material, value) else value
            for value in values
        ]
        said.append(
            f"The sample sheet's column {material.condition} tells the conditions: "
            f"{', '.join(named)}."
        )
    return said


def _numbers(material: Material) -> list[tuple[str, str]]:
    """Give the numbers that stand at the top, each with what it counts."""
    analysed = material.analysed()
    in_frames = "in all frames" if _has_timelapses(material) else ""
    numbers = [
        (len(analysed), "image", "images", "analysed"),
        (len(material.inventory) - len(analysed), "image", "images", "skipped"),
        (sum(int(row["nuclei"]) for row in analysed), "nucleus", "nuclei", in_frames),
    ]
    said = [(str(n), f"{one if n == 1 else many} {what}".strip()) for n, one, many, what in numbers]
    values = _conditions(material)
    if values:
        said.append((str(len(values)), "condition" if len(values) == 1 else "conditions"))
    of_each = "replicates" if material.replicate else "images"
    rows = material.tables.get("summary_by_condition", ())
    counts = sorted(int(row[of_each]) for row in rows)
    if counts:
        span = str(counts[0]) if counts[0] == counts[-1] else f"{counts[0]}–{counts[-1]}"
        said.append((span, f"{of_each[:-1] if counts[-1] == 1 else of_each} per condition"))
    return said


def _compared(material: Material) -> str:
    """Say of what means were compared; blank if no test was possible."""
    if not any(row["p"] for row in material.tables.get("comparison", ())):
        return ""
    return f"replicates ({material.replicate})" if material.replicate else "images"


def _has_timelapses(material: Material) -> bool:
    return any(int(row["frames"]) > 1 for row in material.analysed())


def _by_kind(
    found: Sequence[attention.Finding],
) -> list[tuple[str, list[attention.Finding]]]:
    """Put findings of a kind together, under what the page calls them."""
    kinds: dict[str, list[attention.Finding]] = {}
    for finding in found:
        kinds.setdefault(attention.KINDS[finding.kind], []).append(finding)
    return list(kinds.items())


def _flags(found: Sequence[attention.Finding]) -> dict[str, list[str]]:
    """Give for each image what was found of it, in a few words."""
    flags: dict[str, list[str]] = {}
    for finding in found:
        flags.setdefault(finding.image, []).append(attention.KINDS[finding.kind])
    return flags


def _tables(material: Material) -> list[Table]:
    rows, sheet = material.tables, material.sample_columns
    found = [table("images", "Images", "../inventory.tsv", material.inventory, INVENTORY_COLUMNS)]
    for kind in ("image", "replicate", "condition"):
        name = f"summary_by_{kind}"
        of_kind, file = rows.get(name, ()), f"{STATS}{name}.csv"
        columns = summary_columns(of_kind, sheet)
        found.append(table(f"by-{kind}", f"Summary by {kind}", file, of_kind, columns, sheet))
    for kind in ("image", "condition"):
        name = f"motility_by_{kind}"
        file = f"movement_tracking/{name}.csv"
        of_kind = rows.get(name, ())
        found.append(table(f"motility-{kind}", f"Motility by {kind}", file, of_kind, None, sheet))
    return [each for each in found if each]
