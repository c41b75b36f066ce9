"""Results of a run that never was, for tests of the report: as many images as wanted."""

import csv
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from czi_files import ROOT
from PIL import Image

from immunostain.inputs.settings import complete
from immunostain.report import material, page
from immunostain.results.inventory import COLUMNS, write_inventory

CHANNELS = ("DAPI", "AF488")
CONDITIONS = ("control", "treated")
SIDE = 120  # pixels of a picture
PARTS = {
    name: (ROOT / "workflow" / "report" / name).read_text(encoding="utf-8")
    for name in ("report.html.j2", "report.css", "report.js", "explore.js")
}
SCHEMA = yaml.safe_load(
    (ROOT / "workflow" / "schemas" / "config.schema.yaml").read_text(encoding="utf-8")
)


def inventory_row(image: str, **changes: str) -> dict[str, str]:
    """Give a row of inventory.tsv of an image that was analysed."""
    known = {"image": image, "file": f"{image}.czi", "status": "ok", "scenes": "1", "frames": "1"}
    known |= {"channels": ", ".join(CHANNELS), "nuclear_channel": "DAPI", "nuclei": "1"}
    known |= {"width_px": str(SIDE), "height_px": str(SIDE), "pixel_size_um": "0.5"}
    return dict.fromkeys(COLUMNS, "") | known | changes


def provenance(model: Mapping[str, Any] | None = None, **config: Any) -> dict[str, Any]:
    """Give what provenance.yaml says, with the default settings but for some."""
    return {
        "immunostain": {"version": "1.2.3", "git_commit": "0123456789abcdef"},
        "config": complete(config, SCHEMA),
        "segmentation_model": model,
        "python": "3.11.0",
        "packages": {
            name: f"{name}-version"
            for name in (
                "snakemake",
                "aicspylibczi",
                "scikit-image",
                "openvino",
                "torch",
                "trackpy",
                "scipy",
            )
        },
    }


@dataclass(frozen=True)
class Made:
    """A folder of results, and what was found in it: rows of nuclei.csv by their columns."""

    report: Path
    material: material.Material
    nuclei: list[dict[str, str]]


def make(
    results: Path,
    images: Sequence[str],
    nuclei_each: int = 5,
    changes: Mapping[str, Mapping[str, str]] | None = None,
    thumbnail: np.ndarray | None = None,
) -> Made:
    """Write the results of some images, and the report on them.

    Parameters
    ----------
    results
        A new folder.
    images
        Their ids; they are of two conditions by turns.
    nuclei_each
        How many nuclei each of them has.
    changes
        What the inventory says otherwise of some images.
    thumbnail
        What the thumbnail of each image shows, (Y, X) uint8.
    """
    rng = random.Random(1)
    here = results / "analysis_data"
    stats = here / "general_stats"
    stats.mkdir(parents=True)
    nuclei, inventory, summary = [], [], []
    verification, thumbnails = {}, {}
    small = _encoded(results / "small.webp", np.zeros((60, 60)) if thumbnail is None else thumbnail)
    large = _encoded(results / "large.png", np.full((SIDE, SIDE), 90))
    for number, image in enumerate(images):
        condition = CONDITIONS[number % 2]
        for nucleus in range(nuclei_each):
            row: dict[str, Any] = {"image": image, "scene": 0, "frame": 0, "time_s": 0}
            row |= {"nucleus_id": nucleus, "track_id": "", "x_px": f"{rng.uniform(5, 115):.9f}"}
            row |= {"y_px": f"{rng.uniform(5, 115):.9f}", "area_px": rng.randint(200, 400)}
            for channel in CHANNELS:
                total = rng.randint(10**5, 10**6)
                row |= {f"{channel}_sum": total, f"{channel}_mean": f"{total / 300:.12g}"}
            row |= {"AF488_positive": "TRUE" if total > 500_000 else "FALSE"}
            nuclei.append(row | {"condition": condition, "replicate": number % 3})
        inventory.append(
            inventory_row(image, nuclei=str(nuclei_each)) | (changes or {}).get(image, {})
        )
        means = {f"{c}_mean_mean": f"{rng.uniform(300, 900):.12g}" for c in CHANNELS}
        more = {"condition": condition, "replicate": number % 3}
        summary.append({"image": image, "frames": 1, "nuclei": nuclei_each, **means, **more})
        verification[image] = _folder(
            here / "nuclei_area_verification" / image, f"{image}_color_t-0.png", large
        )
        thumbnails[image] = _folder(results / "thumbnails" / image, "s000_t0000.webp", small)
    write_inventory(str(results / "inventory.tsv"), inventory)
    _write(stats / "nuclei.csv", nuclei)
    _write(stats / "summary_by_image.csv", summary)
    (results / "provenance.yaml").write_text(yaml.safe_dump(provenance()), encoding="utf-8")
    gathered = material.gather(
        tables=[str(results / "inventory.tsv"), str(stats / "summary_by_image.csv")],
        provenance=str(results / "provenance.yaml"),
        nuclei=str(stats / "nuclei.csv"),
        verification=verification,
        thumbnails=thumbnails,
        plots=[],
        crops=None,
        movement=[],
        sample_columns=["condition", "replicate"],
        design=("condition", "replicate"),
        here=here,
    )
    report = here / "report.html"
    report.write_text(page.render(PARTS, gathered, here), encoding="utf-8")
    texts = [{name: str(value) for name, value in row.items()} for row in nuclei]
    return Made(report, gathered, texts)


def _encoded(path: Path, picture: np.ndarray) -> bytes:
    Image.fromarray(picture.astype(np.uint8)).save(path)
    content = path.read_bytes()
    path.unlink()
    return content


def _folder(folder: Path, name: str, content: bytes) -> str:
    folder.mkdir(parents=True)
    (folder / name).write_bytes(content)
    return str(folder)


def _write(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
