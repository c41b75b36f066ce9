"""What the page is made of: tables and names of files, as the other steps wrote them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from immunostain.report.gallery import Picture, link, pictures
from immunostain.results.inventory import analysed, read_table

Rows = Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class Material:
    """What the page is made of.

    Attributes
    ----------
    inventory
        The rows of inventory.tsv.
    provenance_text, provenance
        provenance.yaml as it is written, and what it says.
    nuclei
        The path of nuclei.csv.
    pictures
        The verification pictures of the gallery.
    plots
        Plots as PNG files; those that the page doesn't know are passed over.
    bars
        The address of the plot of the single nuclei of an image, by image, where there is one.
    tables
        The rows of further tables by the names of their files: ``summary_by_image``,
        ``comparison``... Those that weren't asked for aren't there.
    movement
        Pictures and movies of single timelapses.
    not_tracked
        Why an image could not be tracked, by image.
    crops
        What crops.json tells; nothing where there are none.
    crop_folder
        Where the crops are.
    sample_columns
        The names of the sample sheet's columns.
    condition, replicate
        Those that tell the condition and the replicate, None where there are none.
    """

    inventory: Rows
    provenance_text: str
    provenance: Mapping[str, Any]
    nuclei: Path
    pictures: Sequence[Picture] = ()
    plots: Sequence[Path] = ()
    bars: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, Rows] = field(default_factory=dict)
    movement: Sequence[Path] = ()
    not_tracked: Mapping[str, str] = field(default_factory=dict)
    crops: Mapping[str, Any] = field(default_factory=dict)
    crop_folder: Path = Path()
    sample_columns: Sequence[str] = ()
    condition: str | None = None
    replicate: str | None = None

    def of_images(self, column: str | None) -> dict[str, str]:
        """Give what the sample sheet says of each image in a column; nothing where it is None."""
        rows = self.tables.get("summary_by_image", ())
        return {row["image"]: row[column] for row in rows} if column else {}

    def analysed(self) -> Rows:
        """Give the rows of the inventory of images that were analysed."""
        return analysed(self.inventory)


def gather(
    tables: Sequence[str],
    provenance: str,
    nuclei: str,
    verification: Mapping[str, str],
    thumbnails: Mapping[str, str],
    plots: Sequence[str],
    crops: str | None,
    movement: Sequence[str],
    sample_columns: Sequence[str],
    design: tuple[str | None, str | None],
    here: Path,
) -> Material:
    """Read what the page is made of.

    Parameters
    ----------
    tables
        inventory.tsv, and CSV tables; those of which the page knows nothing are passed over.
    provenance, nuclei
        The paths of provenance.yaml and nuclei.csv.
    verification, thumbnails
        The folders of verification pictures and of thumbnails, by image.
    plots
        PNG files, and folders of them.
    crops
        The folder of crops, None where there is none.
    movement
        The folder of what all tracks gave; nothing where none was asked for.
    sample_columns, design
        The sample sheet's columns, and those of them that tell condition and replicate.
    here
        The page's folder: links lead from there.
    """
    read = {Path(path).stem: read_table(path, ",\t"[path.endswith(".tsv")]) for path in tables}
    moved = [file for folder in movement for file in sorted(Path(folder).iterdir())]
    of_all = [file for file in moved if file.name.startswith("motility_")]
    read |= {file.stem: read_table(str(file), ",") for file in of_all if file.suffix == ".csv"}
    end = "_not_tracked"
    text = Path(provenance).read_text(encoding="utf-8")
    return Material(
        inventory=read.pop("inventory"),
        provenance_text=text,
        provenance=yaml.safe_load(text),
        nuclei=Path(nuclei),
        pictures=pictures(_paths(verification), _paths(thumbnails), here),
        plots=[
            *(file for path in plots for file in _files(Path(path))),
            *(file for file in of_all if file.suffix == ".png"),
        ],
        bars={
            file.stem.removeprefix("nuclei_"): link(file, here)
            for folder in plots
            for file in Path(folder, "nuclei").glob("nuclei_*.png")
        },
        tables=read,
        movement=[f for f in moved if f.suffix in (".png", ".mp4") and f not in of_all],
        not_tracked={
            file.stem.removesuffix(end): file.read_text(encoding="utf-8").strip()
            for file in moved
            if file.suffix == ".txt" and file.stem.endswith(end)
        },
        crops=json.loads(Path(crops, "crops.json").read_text(encoding="utf-8")) if crops else {},
        crop_folder=Path(crops or ""),
        sample_columns=sample_columns,
        condition=design[0],
        replicate=design[1],
    )


def _paths(folders: Mapping[str, str]) -> dict[str, Path]:
    return {image: Path(folder) for image, folder in folders.items()}


def _files(path: Path) -> list[Path]:
    return sorted(path.iterdir()) if path.is_dir() else [path]
