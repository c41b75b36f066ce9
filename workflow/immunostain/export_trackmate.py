"""Tracks as a file of TrackMate, Fiji's program for tracks."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.sax.saxutils import XMLGenerator

import numpy as np
import pandas as pd

from immunostain import __version__
from immunostain.files import whole_file
from immunostain.track_links import (
    frame_interval,
    lineages,
    links,
    nuclei_with_track,
    runs_forward,
)

TRACK_FEATURE = "IMMUNOSTAIN_TRACK_ID"
NUCLEUS_FEATURE = "IMMUNOSTAIN_NUCLEUS_ID"

# TrackMate shows what is declared: name, short name, dimension, and if it is a whole number.
_SPOT_FEATURES = {
    "QUALITY": ("Quality", "Quality", "QUALITY", False),
    "POSITION_X": ("X", "X", "POSITION", False),
    "POSITION_Y": ("Y", "Y", "POSITION", False),
    "POSITION_Z": ("Z", "Z", "POSITION", False),
    "POSITION_T": ("T", "T", "TIME", False),
    "FRAME": ("Frame", "Frame", "NONE", True),
    "RADIUS": ("Radius", "R", "LENGTH", False),
    "VISIBILITY": ("Visibility", "Visibility", "NONE", True),
    TRACK_FEATURE: ("immunostain track id", "Track", "NONE", True),
    NUCLEUS_FEATURE: ("immunostain nucleus id", "Nucleus", "NONE", True),
}
_EDGE_FEATURES = {
    "SPOT_SOURCE_ID": ("Source spot ID", "Source ID", "NONE", True),
    "SPOT_TARGET_ID": ("Target spot ID", "Target ID", "NONE", True),
    "LINK_COST": ("Edge cost", "Cost", "COST", False),
    "EDGE_TIME": ("Edge time", "Edge T", "TIME", False),
}
_TRACK_FEATURES = {
    "TRACK_INDEX": ("Track index", "Index", "NONE", True),
    "TRACK_ID": ("Track ID", "ID", "NONE", True),
    "NUMBER_SPOTS": ("Number of spots in track", "N spots", "NONE", True),
}

# The first version that has all of the file's parts.
_VERSION = "7.0.0"

# What TrackMate shows first.
_LOG = (
    f"Tracks by immunostain {__version__}. A spot's name is the id of its track in immunostain's "
    "tables and pictures; a track of TrackMate is a mother's track and all that descend from it."
)

# What XML can't hold, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


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
        The nuclei of one scene, as `tracks.link_nuclei` gives them.
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
        with _element(xml, "TrackMate", version=_VERSION):
            _text(xml, "Log", _LOG)
            units = {
                "spatialunits": "micron" if pixel_size_um else "pixel",
                "timeunits": "sec" if timed else "frame",
            }
            with _element(xml, "Model", **units):
                _write_declarations(xml)
                _write_spots(xml, spots)
                _write_tracks(xml, tracks)
            interval = (frame_interval(nuclei) if timed else None) or 1.0
            _write_settings(xml, image, frames, shape, pixel_size_um or (1.0, 1.0), interval)
            _leaf(xml, "GUIState", state="ConfigureViews")
            _text(xml, "DisplaySettings", json.dumps(_display(len(tracks)), indent=1))
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
    kinds = {"Spot": _SPOT_FEATURES, "Edge": _EDGE_FEATURES, "Track": _TRACK_FEATURES}
    with _element(xml, "FeatureDeclarations"):
        for kind, features in kinds.items():
            with _element(xml, f"{kind}Features"):
                for feature, (name, short, dimension, whole) in features.items():
                    _leaf(
                        xml,
                        "Feature",
                        feature=feature,
                        name=name,
                        shortname=short,
                        dimension=dimension,
                        isint="true" if whole else "false",
                    )


def _write_spots(xml: XMLGenerator, spots: pd.DataFrame) -> None:
    with _element(xml, "AllSpots", nspots=len(spots)):
        for frame, part in spots.groupby("FRAME"):
            with _element(xml, "SpotsInFrame", frame=frame):
                for spot in part.to_dict("records"):
                    _leaf(xml, "Spot", **spot)


def _write_tracks(xml: XMLGenerator, tracks: dict[int, tuple[int, pd.DataFrame]]) -> None:
    with _element(xml, "AllTracks"):
        for index, (lineage, (spots, edges)) in enumerate(tracks.items()):
            about = {"TRACK_INDEX": index, "TRACK_ID": lineage, "NUMBER_SPOTS": spots}
            with _element(xml, "Track", name=f"Track_{lineage}", **about):
                for edge in edges.to_dict("records"):
                    _leaf(xml, "Edge", **edge)
    with _element(xml, "FilteredTracks"):
        for lineage in tracks:
            _leaf(xml, "TrackID", TRACK_ID=lineage)


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
    with _element(xml, "Settings"):
        _leaf(
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
        _leaf(xml, "BasicSettings", xstart=0, ystart=0, zstart=0, tstart=0, **ends)
        _leaf(xml, "DetectorSettings", DETECTOR_NAME="MANUAL_DETECTOR", RADIUS=1.0)
        _leaf(xml, "InitialSpotFilter", feature="QUALITY", value=0.0, isabove="true")
        _leaf(xml, "SpotFilterCollection")
        _leaf(xml, "TrackerSettings", TRACKER_NAME="MANUAL_TRACKER")
        _leaf(xml, "TrackFilterCollection")
        with _element(xml, "AnalyzerCollection"):
            for kind in ("Spot", "Edge", "Track"):
                _leaf(xml, f"{kind}Analyzers")


def _display(tracks: int) -> dict[str, Any]:
    """Give how TrackMate draws: as by default, but with names of spots, and a colour per track.

    It has to be complete: TrackMate takes what is missing for 0 or nothing.
    """
    black = "0, 0, 0, 255"
    last = float(max(1, tracks - 1))
    return {
        "name": "immunostain",
        "spotUniformColor": "204, 51, 204, 255",
        "spotColorByType": "TRACKS",
        "spotColorByFeature": "TRACK_INDEX",
        "spotDisplayRadius": 1.0,
        "spotDisplayedAsRoi": True,
        "spotMin": 0.0,
        "spotMax": last,
        "spotShowName": True,
        "trackMin": 0.0,
        "trackMax": last,
        "trackColorByType": "TRACKS",
        "trackColorByFeature": "TRACK_INDEX",
        "trackUniformColor": "204, 204, 51, 255",
        "undefinedValueColor": black,
        "missingValueColor": "89, 89, 89, 255",
        "highlightColor": "51, 230, 51, 255",
        "trackDisplayMode": "FULL",
        "colormap": "Jet",
        "limitZDrawingDepth": False,
        "drawingZDepth": 10.0,
        "fadeTracks": True,
        "fadeTrackRange": 30,
        "useAntialiasing": True,
        "spotVisible": True,
        "trackVisible": True,
        "font": {"name": "Arial", "style": 1, "size": 12},
        "lineThickness": 1.0,
        "selectionLineThickness": 4.0,
        "trackschemeBackgroundColor1": "128, 128, 128, 255",
        "trackschemeBackgroundColor2": "192, 192, 192, 255",
        "trackschemeForegroundColor": black,
        "trackschemeDecorationColor": black,
        "trackschemeFillBox": False,
        "spotFilled": False,
        "spotTransparencyAlpha": 1.0,
    }


@contextmanager
def _element(xml: XMLGenerator, tag: str, **attributes: Any) -> Iterator[None]:
    """Write an element around what is written in the block."""
    xml.startElement(tag, _as_text(attributes))
    xml.characters("\n")
    yield
    xml.endElement(tag)
    xml.characters("\n")


def _leaf(xml: XMLGenerator, tag: str, **attributes: Any) -> None:
    """Write an element that has attributes only."""
    xml.startElement(tag, _as_text(attributes))
    xml.endElement(tag)
    xml.characters("\n")


def _text(xml: XMLGenerator, tag: str, text: str) -> None:
    """Write an element that has text only."""
    xml.startElement(tag, {})
    xml.characters(text)
    xml.endElement(tag)
    xml.characters("\n")


def _as_text(attributes: dict[str, Any]) -> dict[str, str]:
    return {
        # 12 digits, as in the tables.
        name: format(value, ".12g") if isinstance(value, float) else _NOT_XML.sub("_", str(value))
        for name, value in attributes.items()
    }
