"""A preview of images that never were, for tests of its page: random nuclei, real outlines."""

import base64
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from czi_files import ROOT
from PIL import Image
from scipy import ndimage

from immunostain.inputs.settings import complete
from immunostain.preview import page
from immunostain.preview.form import form

PARTS = {
    path.name: path.read_text(encoding="utf-8") for path in (ROOT / "workflow/preview").iterdir()
}
SCHEMA = yaml.safe_load(
    (ROOT / "workflow" / "schemas" / "config.schema.yaml").read_text(encoding="utf-8")
)
OPTIONS = {
    "levels": [*range(10, 250, 10), "otsu", "local"],
    "probabilities": [0.1, 0.3, 0.5, 0.7, 0.9],
    "diameters": ["auto", "8 um", 30],
    "minimum_areas": ["auto", 0, 60, "20 um2", 400],
}
SHARES = (0.25, 0.0, 0.25, 0.8, 1.7)  # of the typical nucleus, for each minimum area


def traced(mask: np.ndarray, left: int, top: int) -> str:
    """Give the outline of a mask of one piece along its pixels' edges, as a path."""
    padded = np.pad(mask, 1)
    follow = {}  # from a corner to the next one, the nucleus on the right
    for dy, dx, edge in (
        (-1, 0, ((0, 0), (0, 1))),
        (0, 1, ((0, 1), (1, 1))),
        (1, 0, ((1, 1), (1, 0))),
        (0, -1, ((1, 0), (0, 0))),
    ):
        for y, x in np.argwhere(padded & ~np.roll(padded, (-dy, -dx), (0, 1))):
            a, b = ((y + e[0] - 1 + top, x + e[1] - 1 + left) for e in edge)
            follow.setdefault(a, []).append(b)
    paths = []
    while follow:
        start = at = next(iter(follow))
        steps = []
        while True:
            to = follow[at].pop()
            if not follow[at]:
                del follow[at]
            step = (to[0] - at[0], to[1] - at[1])
            if steps and steps[-1][0] == step:
                steps[-1][1] += 1
            else:
                steps.append([step, 1])
            at = to
            if at == start:
                break
        moves = (f"v{dy * n}" if dy else f"h{dx * n}" for (dy, dx), n in steps)
        paths.append(f"M{start[1]} {start[0]}{''.join(moves)}z")
    return "".join(paths)


def _result(nuclei: Sequence[int], edge: Sequence[int], areas: Sequence[int], typical: float):
    present = [*nuclei, *edge]
    sizes: dict[float, int] = {}
    for index in present:
        low = 2 ** (int(2 * np.log2(areas[index])) / 2)
        sizes[low] = sizes.get(low, 0) + 1
    return {
        "sizes": sorted([low, count] for low, count in sizes.items()),
        "areas": [
            {
                "minimum_area_px": share * typical,
                "nuclei": [i for i in nuclei if areas[i] >= share * typical],
                "at_edge": [i for i in edge if areas[i] >= share * typical],
                "too_small": sum(areas[i] < share * typical for i in present),
            }
            for share in SHARES
        ],
    }


def view(
    image: str = "plate 1__well A",
    side: int = 96,
    nuclei: int = 12,
    radius: float = 7.0,
    options: dict[str, Any] = OPTIONS,
    seed: int = 1,
    **changes: Any,
) -> dict[str, Any]:
    """Give a picture with nuclei at random places, and what settings that never ran find in it."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side]
    picture = np.zeros((side, side))
    brightness, areas, contours, at_edge = [], [], [], []
    for _ in range(nuclei):
        cy, cx = random.uniform(0, side, 2)
        size, squeeze = radius * random.uniform(0.3, 1.3), random.uniform(0.7, 1.4)
        mask = ((y - cy) / squeeze) ** 2 + ((x - cx) * squeeze) ** 2 < size**2
        mask[int(np.clip(cy, 0, side - 1)), int(np.clip(cx, 0, side - 1))] = True
        mask = ndimage.binary_fill_holes(mask)
        light = random.uniform(60, 240)
        picture = np.maximum(picture, mask * light)
        (top, bottom), (left, right) = (np.flatnonzero(mask.any(axis))[[0, -1]] for axis in (1, 0))
        contours.append(traced(mask[top : bottom + 1, left : right + 1], int(left), int(top)))
        areas.append(int(mask.sum()))
        brightness.append(light)
        at_edge.append(min(top, left) == 0 or max(bottom, right) == side - 1)
    picture = ndimage.gaussian_filter(picture, 1) + random.normal(12, 4, picture.shape)
    file = io.BytesIO()
    Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).save(file, "webp", quality=80)
    typical = float(np.median(areas))

    def found(least: float) -> list[dict[str, Any]]:
        some = [i for i in range(nuclei) if brightness[i] > least]
        # Not separated: every third one is lost in its neighbour.
        merged = [i for i in some if i % 3]
        return [
            _result(
                [i for i in those if not at_edge[i]],
                [i for i in those if at_edge[i]],
                areas,
                typical,
            )
            for those in (merged, some)
        ]

    levels = [level if isinstance(level, int) else 90 for level in options["levels"]]
    known = {
        "image": image,
        "file": f"images/{image.replace('__', '/')}.czi",
        "scene": 0,
        "frame": 0,
        "channel": "DAPI",
        "pixel_size_um": 0.325,
        "magnification": 20.0,
        "whole": True,
        "left": 0,
        "top": 0,
        "width": side,
        "height": side,
        "frame_width": side,
        "frame_height": side,
        "scenes": 1,
        "frames": 1,
        "nucleus_diameter_px": 2 * radius,
        "picture": "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode(),
        "contours": contours,
        "threshold": [found(level) for level in levels],
        "unet": [
            [found(200 * p + 10 * d) for p in options["probabilities"]]
            for d in range(len(options["diameters"]))
        ],
    }
    known |= changes
    return {"pixel_width_um": known["pixel_size_um"]} | known


def file_found(image: str, **changes: Any) -> dict[str, Any]:
    """Give what is known of a file of the input folder."""
    known = {
        "image": image,
        "file": f"images/{image.replace('__', '/')}.czi",
        "status": "ok",
        "reason": "",
        "scenes": 1,
        "frames": 1,
        "z_planes": 1,
        "channels": ["DAPI", "AF488"],
        "nuclear_channel": "DAPI",
        "pixel_type": "gray16",
        "width_px": [96],
        "height_px": [96],
        "pixel_size_um": 0.325,
        "magnification": 20.0,
        "interval_s": None,
        "bytes": 123456,
        "notes": [],
        "shown": True,
    }
    return known | changes


def write(
    path: Path,
    views: Sequence[dict[str, Any]],
    files: Sequence[dict[str, Any]] = (),
    left_alone: dict[str, str] | None = None,
    options: dict[str, Any] = OPTIONS,
    **config: Any,
) -> Path:
    """Write the page, with settings that differ from the defaults as given."""
    folder = {
        "input_folder": config.get("input_folder", "/data/may & june"),
        "files": list(files) or [file_found(each["image"]) for each in views],
        "left_alone": left_alone or {},
    }
    settings = complete({"input_folder": folder["input_folder"], **config}, SCHEMA)
    path.write_text(page.render(PARTS, views, options, folder, form(SCHEMA, settings)), "utf-8")
    return path
