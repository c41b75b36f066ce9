"""Tracks as a file of TrackMate, Fiji's program for tracks."""

import json
from pathlib import Path
from xml.sax.saxutils import XMLGenerator

import numpy as np
import pandas as pd

from immunostain.exports.trackmate_words import (
    EDGE_FEATURES,
    LOG,
    NUCLEUS_FEATURE,
    SPOT_FEATURES,
    TRACK_FEATURE,
    TRACK_FEATURES,
    TRACKMATE_VERSION,
    display_settings,
)
from immunostain.exports.xml_elements import element, empty_element, text_element
from immunostain.shared.files import whole_file
from immunostain.tracking.lineages import (
    frame_interval,
    lineages,
    links,
    nuclei_with_track,
    runs_forward,
)


def write_trackmate(
    path: Path,
    linked: pd.DataFrame,
    image: Path,
    frames: int,
    shape: tuple[int, int],
    pixel_size_um: tuple[float, float] | None,
) -> None:
    """Write the tracks of a scene as TrackMate saves its own.

    Each nucleus is a spot, named after its track, with the radius of a disc of its area; its area
    is its quality too, as in TrackMate's own detector for label images. What TrackMate calls a
    track is a lineage: a mother and all that descend from her are one, whose id is the first
    mother's track. A nucleus that is followed by none and follows none is a spot without a track.
    A link's cost is the square of its length, as in TrackMate's own trackers.

    Lengths are in micrometres where the pixel size is known, else in pixels. Times are in seconds
    where every nucleus has one and time runs forward, else in frames.

    Parameters
    ----------
    path
        The file.
    linked
        The nuclei of one scene, as `link.link_nuclei` gives them.
    image
        The .czi file. TrackMate looks for it where it is now, then beside the file of tracks.
    frames, shape
        How many frames the scene has, and its pictures' shape, (Y, X).
    pixel_size_um
        Width and height of a pixel, or None where the file doesn't say.

    Notes
    -----
    The format is what ``fiji.plugin.trackmate.io.TmXmlReader`` of TrackMate 7 reads: D. Ershov et
    al., TrackMate 7, Nat. Methods 19, 829 (2022).
    """
    nuclei = nuclei_with_track(linked)
    timed = runs_forward(nuclei)
    spots = _spots(nuclei, pixel_size_um, timed)
    tracks = _tracks(spots, links(nuclei), lineages(nuclei))
    with whole_file(path) as partial, partial.open("w", encoding="utf-8", newline="\n") as file:
        xml = XMLGenerator(file, "utf-8", short_empty_elements=True)
        xml.startDocument()
        with element(xml, "TrackMate", version=TRACKMATE_VERSION):
            text_element(xml, "Log", LOG)
            units = {
                "spatialunits": "micron" if pixel_size_um else "pixel",
                "timeunits": "sec" if timed else "frame",
            }
            with element(xml, "Model", **units):
                _write_declarations(xml)
                _write_spots(xml, spots)
                _write_tracks(xml, tracks)
            interval = (frame_interval(nuclei) if timed else None) or 1.0
            _write_settings(xml, image, frames, shape, pixel_size_um or (1.0, 1.0), interval)
            empty_element(xml, "GUIState", state="ConfigureViews")
            text_element(
                xml, "DisplaySettings", json.dumps(display_settings(len(tracks)), indent=1)
            )
        xml.endDocument()


def _spots(
    nuclei: pd.DataFrame, pixel_size_um: tuple[float, float] | None, timed: bool
) -> pd.DataFrame:
    """Give the nuclei as spots, in the words of TrackMate; their ids are the numbers of rows."""
    width, height = pixel_size_um or (1.0, 1.0)
    area = nuclei["area_px"].to_numpy(float) * width * height
    track = nuclei["track_id"].to_numpy(np.int64)
    return pd.DataFrame(
        {
            "ID": np.arange(len(nuclei)),
            "name": track.astype(str),
            "QUALITY": area,
            "POSITION_X": nuclei["x_px"].to_numpy(float) * width,
            "POSITION_Y": nuclei["y_px"].to_numpy(float) * height,
            "POSITION_Z": 0.0,
            "POSITION_T": nuclei["time_s" if timed else "frame"].to_numpy(float),
            "FRAME": nuclei["frame"].to_numpy(np.int64),
            "RADIUS": np.sqrt(area / np.pi),
            "VISIBILITY": 1,
            TRACK_FEATURE: track,
            NUCLEUS_FEATURE: nuclei["nucleus_id"].to_numpy(np.int64),
        }
    )


def _tracks(
    spots: pd.DataFrame, pairs: np.ndarray, lineage: np.ndarray
) -> dict[int, tuple[int, pd.DataFrame]]:
    """Give for each lineage that has links how many spots it has, and its links."""
    source, target = spots.iloc[pairs[:, 0]], spots.iloc[pairs[:, 1]]
    at = {
        name: (source[name].to_numpy(float), target[name].to_numpy(float))
        for name in ("POSITION_X", "POSITION_Y", "POSITION_T")
    }
    edges = pd.DataFrame(
        {
            "SPOT_SOURCE_ID": pairs[:, 0],
            "SPOT_TARGET_ID": pairs[:, 1],
            "LINK_COST": sum((at[name][1] - at[name][0]) ** 2 for name in list(at)[:2]),
            "EDGE_TIME": sum(at["POSITION_T"]) / 2,
        }
    )
    # A lineage is a tree, so it has one spot more than it has links.
    return {int(key): (len(part) + 1, part) for key, part in edges.groupby(lineage[pairs[:, 0]])}


def _write_declarations(xml: XMLGenerator) -> None:
    kinds = {"Spot": SPOT_FEATURES, "Edge": EDGE_FEATURES, "Track": TRACK_FEATURES}
    with element(xml, "FeatureDeclarations"):
        for kind, features in kinds.items():
            with element(xml, f"{kind}Features"):
                for feature, (name, short, dimension, whole) in features.items():
                    empty_element(
                        xml,
                        "Feature",
                        feature=feature,
                        name=name,
                        shortname=short,
                        dimension=dimension,
                        isint="true" if whole else "false",
                    )


def _write_spots(xml: XMLGenerator, spots: pd.DataFrame) -> None:
    with element(xml, "AllSpots", nspots=len(spots)):
        for frame, part in spots.groupby("FRAME"):
            with element(xml, "SpotsInFrame", frame=frame):
                for spot in part.to_dict("records"):
                    empty_element(xml, "Spot", **{str(name): spot[name] for name in spot})


def _write_tracks(xml: XMLGenerator, tracks: dict[int, tuple[int, pd.DataFrame]]) -> None:
    with element(xml, "AllTracks"):
        for index, (lineage, (spots, edges)) in enumerate(tracks.items()):
            attributes = {"TRACK_INDEX": index, "TRACK_ID": lineage, "NUMBER_SPOTS": spots}
            with element(xml, "Track", name=f"Track_{lineage}", **attributes):
                for edge in edges.to_dict("records"):
                    empty_element(xml, "Edge", **{str(name): edge[name] for name in edge})
    with element(xml, "FilteredTracks"):
        for lineage in tracks:
            empty_element(xml, "TrackID", TRACK_ID=lineage)


def _write_settings(
    xml: XMLGenerator,
    image: Path,
    frames: int,
    shape: tuple[int, int],
    pixel_size: tuple[float, float],
    interval: float,
) -> None:
    """Write where the tracks come from; TrackMate's reader asks for each of these elements."""
    height, width = shape
    with element(xml, "Settings"):
        empty_element(
            xml,
            "ImageData",
            filename=image.name,
            folder=str(image.absolute().parent),
            width=width,
            height=height,
            nslices=1,
            nframes=frames,
            pixelwidth=float(pixel_size[0]),
            pixelheight=float(pixel_size[1]),
            voxeldepth=1.0,
            timeinterval=float(interval),
        )
        ends = {"xend": width - 1, "yend": height - 1, "zend": 0, "tend": frames - 1}
        empty_element(xml, "BasicSettings", xstart=0, ystart=0, zstart=0, tstart=0, **ends)
        empty_element(xml, "DetectorSettings", DETECTOR_NAME="MANUAL_DETECTOR", RADIUS=1.0)
        empty_element(xml, "InitialSpotFilter", feature="QUALITY", value=0.0, isabove="true")
        empty_element(xml, "SpotFilterCollection")
        empty_element(xml, "TrackerSettings", TRACKER_NAME="MANUAL_TRACKER")
        empty_element(xml, "TrackFilterCollection")
        with element(xml, "AnalyzerCollection"):
            for kind in ("Spot", "Edge", "Track"):
                empty_element(xml, f"{kind}Analyzers")
