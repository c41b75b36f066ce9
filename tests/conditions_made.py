"""An experiment whose answer is known: 3 conditions x 4 replicates x 3 images, in 3 channels.

    python tests/conditions_made.py FOLDER

`AF488` is 20 and 60 % brighter in the nuclei of two conditions than in those of the control, `DAPI`
and `mCherry` are the same in all. Three images are bad: one overexposed in `mCherry`, one out of
focus, one without nuclei. The camera has 12 bits, as in many microscopes, stored in 16.
"""

import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from czi_files import write_czi
from scipy import ndimage

CHANNELS = ("DAPI", "AF488", "mCherry")
SHIFTS = {"control": 1.0, "low dose": 1.2, "high dose": 1.6}  # of AF488
REPLICATES = ("1", "2", "3", "4")
IMAGES = ("a", "b", "c")
OVEREXPOSED, OUT_OF_FOCUS, EMPTY = "low dose 2 b", "control 3 a", "high dose 4 c"
FULL = 2**12 - 1  # the brightest that the camera tells
_SIDE, _RADIUS, _OFFSET = 400, 15, 100


@dataclass(frozen=True)
class MadeImage:
    """One image: its id, what the sample sheet says of it, and how bright its AF488 is."""

    name: str
    condition: str
    replicate: str
    af488: float


def made_images() -> Iterator[MadeImage]:
    """List all images; each replicate has a brightness of its own, the same in all conditions."""
    days = dict(zip(REPLICATES, (0.96, 1.01, 1.05, 0.98), strict=True))
    for condition, shift in SHIFTS.items():
        for replicate in REPLICATES:
            for image in IMAGES:
                name = f"{condition} {replicate} {image}"
                yield MadeImage(name, condition, replicate, shift * days[replicate])


def _places(rng: np.random.Generator, count: int) -> np.ndarray:
    """Give the middles of nuclei that don't touch, (count, 2)."""
    found: list[np.ndarray] = []
    while len(found) < count:
        place = rng.uniform(1.5 * _RADIUS, _SIDE - 1.5 * _RADIUS, 2)
        if all(np.hypot(*(place - other)) > 2.8 * _RADIUS for other in found):
            found.append(place)
    return np.array(found)


def pictures_of(image: MadeImage) -> dict[str, np.ndarray]:
    """Draw an image's channels, (Y, X) uint16 each, by name."""
    rng = np.random.default_rng(zlib.crc32(image.name.encode()))
    light = np.zeros((len(CHANNELS), _SIDE, _SIDE))
    if image.name != EMPTY:
        y, x = np.indices((_SIDE, _SIDE))
        for place in _places(rng, int(rng.integers(26, 31))):
            radius = _RADIUS * rng.uniform(0.9, 1.1)
            disc = np.hypot(y - place[0], x - place[1]) <= radius
            # Stains vary from nucleus to nucleus, each on its own.
            stains = rng.lognormal(0, (0.08, 0.2, 0.2)) * (1200, 500 * image.af488, 900)
            light[:, disc] = stains[:, None]
    blur = 5.0 if image.name == OUT_OF_FOCUS else 1.0
    exposure = {"mCherry": 3.6} if image.name == OVEREXPOSED else {}
    drawn = {}
    for channel, stain in zip(CHANNELS, light, strict=True):
        stain = ndimage.gaussian_filter(stain, blur) * exposure.get(channel, 1)
        counts = rng.poisson(stain + 30) + rng.normal(_OFFSET, 3, stain.shape)
        drawn[channel] = np.rint(counts).clip(0, FULL).astype(np.uint16)
    return drawn


def make(folder: Path) -> None:
    """Write the images into a folder, and beside it `samples.csv`, what is known of them."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["image,condition,replicate"]
    for image in made_images():
        planes = {(0, 0, c, 0): picture for c, picture in enumerate(pictures_of(image).values())}
        write_czi(folder / f"{image.name}.czi", planes, CHANNELS, pixel_um=0.3)
        lines.append(f"{image.name},{image.condition},{image.replicate}")
    (folder.parent / "samples.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
