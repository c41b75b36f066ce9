"""Open an image in napari with what a run found in it: nuclei, measurements, tracks.

python docs/scripts/open_in_napari.py RESULTS IMAGE [SCENE]

IMAGE is its name in all results. Nuclei of stills have their nucleus_id + 1 as value, those of
timelapses that were tracked their track_id. docs/other-programs.md says what to install.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "workflow"))

from immunostain.czi.image import open_czi
from immunostain.czi.planes import read_frame
from immunostain.exports.label_stack import paint_tracks
from immunostain.images.facts import of_all_chunks, read_facts
from immunostain.images.frames import label_reader
from immunostain.results.inventory import read_table

COLOURS = ["green", "red", "magenta", "cyan", "yellow", "gray"]
Layer = tuple[Any, dict[str, Any], str]  # as napari wants it: data, attributes, type


def layers(results: Path, image: str, scene: int = 0) -> list[Layer]:
    """Give a scene of an image as layers: its channels and nuclei, (T, Y, X), and its tracks."""
    inventory = {row["image"]: row for row in read_table(str(results / "inventory.tsv"), "\t")}
    settings = yaml.safe_load((results / "provenance.yaml").read_text(encoding="utf-8"))["config"]
    czi = open_czi(inventory[image]["file"])
    folders = sorted((results / "labels" / image).glob("*of*"), key=first_number)
    facts = of_all_chunks([read_facts(folder) for folder in folders])
    refs = [frame for frame in czi.frames if frame.scene == scene]
    width, height = facts.pixel_size_um or (1, 1)
    unit = "um" if facts.pixel_size_um else "pixel"
    place = {"scale": (1, height, width), "units": ("pixel", unit, unit)}

    found: list[Layer] = []
    colours = iter(COLOURS * len(czi.channels))
    for channel in czi.channels:
        planes = [read_frame(czi, ref, channel, settings["z_projection"]) for ref in refs]
        colour = "blue" if channel.name == facts.nuclear_channel else next(colours)
        look = {"name": channel.name, "colormap": colour, "blending": "additive"}
        found.append((np.stack([np.ma.getdata(plane) for plane in planes]), place | look, "image"))

    read = label_reader(folders, scene)
    empty = np.zeros(found[0][0].shape[1:], np.uint32)
    frames = [ref.frame for ref in refs]
    labels = [picture if (picture := read(t)) is not None else empty for t in frames]
    nuclei = pd.read_parquet(results / "analysis_data" / "general_stats" / "nuclei.parquet")
    nuclei = nuclei[(nuclei["image"] == image) & (nuclei["scene"] == scene)]
    table = results / "analysis_data" / "movement_tracking" / f"{image}_tracks.csv"
    attributes: dict[str, Any] = place | {"name": "nuclei"}
    if not table.exists():
        if len(frames) == 1:  # what napari shows of the nucleus under the mouse
            attributes["features"] = nuclei.assign(index=nuclei["nucleus_id"] + 1)
        return [*found, (np.stack(labels), attributes, "labels")]

    tracks = pd.read_csv(table)
    tracks = tracks[tracks["scene"] == scene].sort_values(["track_id", "frame"])
    by_frame = dict(iter(tracks.groupby("frame")))
    for n, t in enumerate(frames):
        rows = by_frame.get(t, tracks.iloc[:0])
        labels[n] = paint_tracks(labels[n], *rows[["nucleus_id", "track_id"]].to_numpy().T)
    return [*found, (np.stack(labels), attributes, "labels"), track_layer(tracks, place)]


def track_layer(tracks: pd.DataFrame, place: dict[str, Any]) -> Layer:
    """Give tracks, (N, 4): track_id, frame, y, x; and the mother of each that has one."""
    data = tracks[["track_id", "frame", "y_px", "x_px"]].to_numpy(float)
    parents = tracks.dropna(subset="parent_track_id").groupby("track_id")["parent_track_id"]
    graph = {int(track): [int(mother)] for track, mother in parents.first().items()}
    features = tracks[["track_id", "nucleus_id"]].reset_index(drop=True)
    return data, place | {"name": "tracks", "graph": graph, "features": features}, "tracks"


def first_number(folder: Path) -> int:
    """Give the number of a chunk, by which its folder sorts."""
    return int(folder.name.split("of")[0])


if __name__ == "__main__":
    import napari

    viewer = napari.Viewer()
    for layer in layers(Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:])):
        viewer.add_layer(napari.layers.Layer.create(*layer))
    napari.run()
