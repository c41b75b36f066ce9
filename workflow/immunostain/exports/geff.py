"""Tracks as a graph in the Graph Exchange File Format (GEFF), which napari and others read.

A GEFF is a Zarr folder. The library zarr is not used: that format 2 is a few JSON files beside the
numbers themselves, and it saves binding the project to a release of a library in the middle of a
change of format.
"""

import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from immunostain.shared.files import whole_folder
from immunostain.tracking.lineages import (
    frame_interval,
    lineages,
    links,
    mothers,
    nuclei_with_track,
)

# The version of the specification that is followed.
_VERSION = "1.3"


def write_geff(
    folder: Path, linked: pd.DataFrame, pixel_size_um: tuple[float, float] | None
) -> None:
    """Write the tracks of a scene as a directed graph.

    Nodes are the nuclei that have a track, numbered from 0 by track and frame. Edges go along the
    tracks, across gaps too, and from a mother's last nucleus to the first of each daughter. Each
    node has ``t`` (frame), ``y`` and ``x`` (of its middle, in micrometres, or in pixels where the
    pixel size is not known), ``track_id``, ``lineage_id`` (the track of the first mother),
    ``nucleus_id``, ``label`` (its value in the label image) and ``area_px``.

    Parameters
    ----------
    folder
        Where it goes; an old one is replaced.
    linked
        The nuclei of one scene, as `link.link_nuclei` gives them.
    pixel_size_um
        Width and height of a pixel, or None where the file doesn't say.

    Notes
    -----
    The format: https://liveimagetracking.org/geff, version 1.3, in Zarr's format 2,
    https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html.
    """
    nuclei = nuclei_with_track(linked)
    width, height = pixel_size_um or (1.0, 1.0)
    space = "micrometer" if pixel_size_um else "pixel"
    whole = {
        name: nuclei[name].to_numpy(np.int64)
        for name in ("frame", "track_id", "nucleus_id", "area_px")
    }
    properties: dict[str, tuple[np.ndarray, str | None, str]] = {
        "t": (whole["frame"], "frame", "Frame, from 0"),
        "y": (nuclei["y_px"].to_numpy(float) * height, space, "Middle of the nucleus"),
        "x": (nuclei["x_px"].to_numpy(float) * width, space, "Middle of the nucleus"),
        "track_id": (whole["track_id"], None, "As in the table of tracks"),
        "lineage_id": (lineages(nuclei), None, "The track of the first mother"),
        "nucleus_id": (whole["nucleus_id"], None, "As in the table of nuclei"),
        "label": (whole["nucleus_id"] + 1, None, "Pixel value in the label image"),
        "area_px": (whole["area_px"], "pixel", "Area in pixels"),
    }
    with whole_folder(folder) as partial:
        _write_group(partial, {"geff": _about(nuclei, properties)})
        for part in ("nodes", "nodes/props", "edges", "edges/props"):
            _write_group(partial / part)
        _write_array(partial / "nodes/ids", np.arange(len(nuclei), dtype=np.uint64))
        _write_array(partial / "edges/ids", links(nuclei).astype(np.uint64))
        for name, (values, _, _) in properties.items():
            _write_group(partial / "nodes/props" / name)
            _write_array(partial / "nodes/props" / name / "values", values)


def _about(
    nuclei: pd.DataFrame, properties: dict[str, tuple[np.ndarray, str | None, str]]
) -> dict[str, Any]:
    """Describe the graph in the words of the specification."""
    axes: list[dict[str, Any]] = []
    for name in ("t", "y", "x"):
        values, unit, _ = properties[name]
        axes.append({"name": name, "type": "time" if name == "t" else "space", "unit": unit})
        if len(values):
            axes[-1] |= {"min": float(values.min()), "max": float(values.max())}
    interval = frame_interval(nuclei)
    if interval:
        axes[0] |= {"scale": interval, "scaled_unit": "second"}
    kinds = {"lineage": "lineage_id"}
    # What the specification calls a tracklet ends only where there are several daughters or none.
    daughters = pd.Series(mothers(nuclei)).value_counts()
    if (daughters > 1).all():
        kinds["tracklet"] = "track_id"
    return {
        "geff_version": _VERSION,
        "directed": True,
        "axes": axes,
        "node_props_metadata": {
            name: {
                "identifier": name,
                "dtype": str(values.dtype),
                "unit": unit,
                "description": description,
            }
            for name, (values, unit, description) in properties.items()
        },
        "edge_props_metadata": {},
        "track_node_props": kinds,
        "display_hints": {
            "display_horizontal": "x",
            "display_vertical": "y",
            "display_time": "t",
        },
    }


def _write_group(folder: Path, attributes: dict[str, Any] | None = None) -> None:
    folder.mkdir(exist_ok=True)
    _write_json(folder / ".zgroup", {"zarr_format": 2})
    if attributes:
        _write_json(folder / ".zattrs", attributes)


def _write_array(folder: Path, values: np.ndarray) -> None:
    """Write an array in one chunk; without rows it has none."""
    folder.mkdir()
    plain = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
    array = {
        "zarr_format": 2,
        "shape": plain.shape,
        "chunks": [max(1, side) for side in plain.shape],
        "dtype": plain.dtype.str,
        "compressor": {"id": "zlib", "level": 1},
        "fill_value": 0,
        "order": "C",
        "filters": None,
        "dimension_separator": ".",
    }
    _write_json(folder / ".zarray", array)
    if plain.size:
        (folder / ".".join("0" * plain.ndim)).write_bytes(zlib.compress(plain.data, 1))


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
