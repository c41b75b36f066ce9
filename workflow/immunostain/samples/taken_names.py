"""Names of columns that a sample sheet can't have, as the tables that it is joined to have them.

Standard library only: the Snakefile imports this.
"""

import re

from immunostain.measuring.columns import CHANNEL_COLUMNS, NUCLEUS_COLUMNS, TRACK_COLUMNS

# Columns of the tables that a sample sheet is joined to.
_TAKEN = {
    *NUCLEUS_COLUMNS,
    *TRACK_COLUMNS,
    *("scenes", "tracks", "divisions", "images", "first_frame", "last_frame", "frames_seen"),
    *("lag_frames", "lag_min", "pairs", "msd_um2", "msd_px2"),
    *("frames", "nuclei", "at_edge_percent", "coverage_percent", "focus", "replicates", "minutes"),
    "Frame",
    "Image name",
    "Scene",
    "Minutes",
    "Number of nuclei",
    "Total nuclear area, pixels",
    "Cell id, #",
    "Cell center coordinates, (x, y)",
    "Nucleus area, pixels",
    "Track id, #",
    "Nucleus perimeter, pixels",
    "Perinuclear area, pixels",
}


_CHANNEL_COLUMN = re.compile(
    rf"_({'|'.join(CHANNEL_COLUMNS)})$|, (.* )?(intensity|density|signal|median background)$"
    "|, positive$|_saturated_percent$|^area_(px|um2)_(mean|sd|sem|median|q1|q3)$"
    "|_(mean|sum|positive_percent)_(mean|sd|sem|median|q1|q3)$"
)
_MOTILITY_COLUMN = re.compile(
    "(duration|path_length|net_displacement|straightness|mean_speed|max_speed|diffusion"
    "|msd_exponent)(_.*)?"
)


def is_taken(name: str) -> bool:
    """Tell whether a table of results has a column of that name."""
    named_after_others = _CHANNEL_COLUMN.search(name) or _MOTILITY_COLUMN.fullmatch(name)
    return name in _TAKEN or bool(named_after_others)
