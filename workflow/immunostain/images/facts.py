"""What is known of a file and of its frames, in a file beside frames, maps and label images.

So the later steps need not ask the .czi file again. Standard library only: a step that finds
nothing to do is over before numpy would be there.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from immunostain.shared.wording import printable

ABOUT = "frames.json"
DROPPED = "dropped"  # a folder beside it: what was dropped at the edge, see frames.write_labels


def unreadable(reason: str) -> dict[str, Any]:
    """Give what is known of a file that can't be analysed; names from it may be in the reason."""
    return {"unreadable": printable(reason), "channels": [], "frames": []}


def write_about(folder: Path, about: dict[str, Any]) -> None:
    """Write what is known of a folder's frames."""
    (folder / ABOUT).write_text(json.dumps(about, indent=1, ensure_ascii=False), encoding="utf-8")


def read_about(folder: str | Path) -> dict[str, Any]:
    """Read what `write_about` wrote."""
    return json.loads((Path(folder) / ABOUT).read_text(encoding="utf-8"))


def read_image(abouts: Sequence[str | Path]) -> dict[str, Any]:
    """Put together what the measurements of an image's chunks say.

    Parameters
    ----------
    abouts
        The JSON files of all chunks, in order.

    Returns
    -------
    dict
        As of one chunk, with the frames and the number of objects that were ``too_small`` of all.
        If a chunk can't be analysed, the image can't.
    """
    parts = [json.loads(Path(path).read_text(encoding="utf-8")) for path in abouts]
    for part in parts:
        if part["unreadable"]:
            return {**part, "frames": []}
    return {
        **parts[0],
        "frames": [frame for part in parts for frame in part["frames"]],
        # An earlier version didn't count them.
        "too_small": sum(part.get("too_small", 0) for part in parts),
    }
