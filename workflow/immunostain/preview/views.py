"""Views: the regions of frames that the page shows, and what the network says of each, as files."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from immunostain.preview.options import Size
from immunostain.preview.regions import Region
from immunostain.shared.tiff import write_tiff

VIEWS_FILE = "views.json"


@dataclass(frozen=True)
class View:
    """A region of a frame that is shown; the size is that of the whole frame."""

    image: str
    scene: int
    frame: int
    frame_height: int
    frame_width: int
    region: Region
    size: Size

    @property
    def whole(self) -> bool:
        """Whether the whole frame is shown."""
        return (self.region.height, self.region.width) == (self.frame_height, self.frame_width)


def write_views(folder: Path, views: Sequence[View]) -> None:
    """Write `views.json`."""
    text = json.dumps([asdict(view) for view in views], ensure_ascii=False)
    (folder / VIEWS_FILE).write_text(text, encoding="utf-8")


def read_views(folder: str | Path) -> list[View]:
    """Read what `write_views` wrote."""
    read = json.loads((Path(folder) / VIEWS_FILE).read_text(encoding="utf-8"))
    return [_view(one) for one in read]


def _view(read: dict[str, Any]) -> View:
    size = read["size"]
    pixel_size = size["pixel_size_um"]
    size = Size(size["diameter_px"], pixel_size and (pixel_size[0], pixel_size[1]))
    return View(**read | {"region": Region(**read["region"]), "size": size})


def write_maps_of_view(folder: Path, view: int, diameter: int, maps: np.ndarray | None) -> None:
    """Write the maps of a view, (2, Y, X) uint8, for one of the diameters that are tried out.

    None: there are none, as no network can look at this image with this diameter.
    """
    if maps is not None:
        write_tiff(_map_file(folder, view, diameter), maps.reshape(-1, maps.shape[2]))


def read_maps_of_view(folder: str | Path, view: int, diameter: int) -> np.ndarray | None:
    """Read what `write_maps_of_view` wrote."""
    path = _map_file(Path(folder), view, diameter)
    if not path.exists():
        return None
    maps = tifffile.imread(path)
    return maps.reshape(2, -1, maps.shape[1])


def _map_file(folder: Path, view: int, diameter: int) -> Path:
    return folder / f"view{view}_diameter{diameter}.tif"
