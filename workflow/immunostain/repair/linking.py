"""Which piece follows which, by the tracks of `tracking`."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from immunostain.repair.pieces import Piece
from immunostain.tracking.lineages import links, nuclei_with_track
from immunostain.tracking.link import link_nuclei
from immunostain.tracking.settings import LinkingSettings

# Not those of config.yaml, or each change of how tracks are linked would find nuclei anew.
_LINKING = LinkingSettings(search_range_px=None, memory_frames=5)


@dataclass(frozen=True)
class Linked:
    """Which piece comes before each one, mothers too, and which after, daughters not."""

    before: dict[Piece, Piece]
    after: dict[Piece, Piece]


def link_pieces(frames: Sequence[Sequence[Piece]], numbers: Sequence[int], scene: int) -> Linked:
    """Link the pieces of a scene.

    Parameters
    ----------
    frames
        The pieces of each frame.
    numbers
        Those of the frames.
    scene
        The scene's.
    """
    pieces = [piece for here in frames for piece in here]
    linked = Linked({}, {})
    if not pieces:
        return linked
    table = pd.DataFrame(
        {
            "scene": scene,
            "frame": np.repeat(np.asarray(numbers), [len(here) for here in frames]),
            "x_px": [piece.x for piece in pieces],
            "y_px": [piece.y for piece in pieces],
            "area_px": [piece.area for piece in pieces],
            "row": np.arange(len(pieces)),
        }
    )
    known = nuclei_with_track(link_nuclei(table, _LINKING, None))
    row, track = known["row"].tolist(), known["track_id"].tolist()
    for one, other in links(known).tolist():
        linked.before[pieces[row[other]]] = pieces[row[one]]
        if track[one] == track[other]:
            linked.after[pieces[row[one]]] = pieces[row[other]]
    return linked
