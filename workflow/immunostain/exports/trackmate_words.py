"""What a file of TrackMate declares: its features, in its words, and how they are shown."""

from typing import Any

from immunostain import __version__

TRACK_FEATURE = "IMMUNOSTAIN_TRACK_ID"
NUCLEUS_FEATURE = "IMMUNOSTAIN_NUCLEUS_ID"

# TrackMate shows what is declared: name, short name, dimension, and if it is a whole number.
SPOT_FEATURES = {
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
EDGE_FEATURES = {
    "SPOT_SOURCE_ID": ("Source spot ID", "Source ID", "NONE", True),
    "SPOT_TARGET_ID": ("Target spot ID", "Target ID", "NONE", True),
    "LINK_COST": ("Edge cost", "Cost", "COST", False),
    "EDGE_TIME": ("Edge time", "Edge T", "TIME", False),
}
TRACK_FEATURES = {
    "TRACK_INDEX": ("Track index", "Index", "NONE", True),
    "TRACK_ID": ("Track ID", "ID", "NONE", True),
    "NUMBER_SPOTS": ("Number of spots in track", "N spots", "NONE", True),
}

# The first version that has all of the file's parts.
TRACKMATE_VERSION = "7.0.0"

# What TrackMate shows first.
LOG = (
    f"Tracks by immunostain {__version__}. A spot's name is the id of its track in immunostain's "
    "tables and pictures; a track of TrackMate is a mother's track and all that descend from it."
)


def display_settings(tracks: int) -> dict[str, Any]:
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
