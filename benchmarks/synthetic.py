"""Make .czi files of synthetic nuclei."""

from pathlib import Path

import numpy as np
from pylibCZIrw import czi
from scipy import ndimage

OFFSET, READ_NOISE = 100, 3.0  # camera counts
CHANNELS = ("DAPI", "AF488", "mCher")
STORED = "zstd1:ExplicitLevel=2;PreProcess=HiLoByteUnpack"  # as ZEN does without loss


def nucleus(rng: np.random.Generator, radius: float) -> np.ndarray:
    """Draw a textured nucleus, (Y, X), about 1 inside and 0 outside."""
    side = int(2.6 * radius)
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    aspect, angle = rng.uniform(1.05, 1.3), rng.uniform(0, np.pi)
    u = (np.cos(angle) * x + np.sin(angle) * y) / (radius * np.sqrt(aspect))
    v = (np.cos(angle) * y - np.sin(angle) * x) / (radius / np.sqrt(aspect))
    outline = 1 + 0.04 * np.cos(3 * np.arctan2(v, u) + rng.uniform(0, 6))
    grain = ndimage.gaussian_filter(rng.standard_normal((side, side)), max(1, radius / 12))
    texture = 1 + 0.15 * (grain / grain.std()).clip(-2, 3)
    return (np.hypot(u, v) < outline) * texture * (1.2 - 0.3 * np.hypot(u, v))


def places(rng: np.random.Generator, shape: tuple[int, int], radii: np.ndarray) -> np.ndarray:
    """Place discs, (N, 2) as y and x: every fourth touches the one before it, the others don't."""
    found: list[np.ndarray] = []
    while len(found) < len(radii):
        k = len(found)
        place = rng.uniform((0, 0), shape)
        apart = 1.15 * (radii[:k] + radii[k])
        if k % 4 == 3:
            angle = rng.uniform(0, 2 * np.pi)
            step = 0.93 * (radii[k - 1] + radii[k])
            place = found[-1] + step * np.array([np.sin(angle), np.cos(angle)])
            apart[-1] = 0
        if k == 0 or np.all(np.hypot(*(np.array(found) - place).T) >= apart):
            found.append(place)
    return np.array(found)


def light(shape: tuple[int, int], stamps: list[np.ndarray], at: np.ndarray) -> np.ndarray:
    """Lay nuclei on an empty picture, (Y, X); beyond its edge it goes on at the other side."""
    picture = np.zeros(shape, np.float32)
    for stamp, (y, x) in zip(stamps, np.rint(at).astype(int), strict=True):
        rows = (np.arange(stamp.shape[0]) + y - stamp.shape[0] // 2) % shape[0]
        columns = (np.arange(stamp.shape[1]) + x - stamp.shape[1] // 2) % shape[1]
        here = np.ix_(rows, columns)
        picture[here] = np.maximum(picture[here], stamp)
    return ndimage.gaussian_filter(picture, 1.2)


def photograph(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Add a haze that is brighter to one side, and the camera's noise; (Y, X) uint16."""
    haze = np.linspace(20, 60, picture.shape[1], dtype=np.float32)
    counts = rng.poisson(picture + haze) + rng.normal(OFFSET, READ_NOISE, picture.shape)
    return np.rint(counts).clip(0, 65535).astype(np.uint16)


def write_czi(path: Path, planes: dict[tuple[int, int], np.ndarray], channels: int) -> None:
    """Write planes (Y, X) by T and C."""
    with czi.create_czi(str(path), exist_ok=True, compression_options=STORED) as file:
        for (t, c), plane in planes.items():
            file.write(plane[..., None], plane={"T": t, "Z": 0, "C": c}, scene=0)
        names = dict(enumerate(CHANNELS[:channels]))
        file.write_metadata(path.stem, channel_names=names, scale_x=1.3e-7, scale_y=1.3e-7)


def make_stills(folder: Path, count: int, seed: int) -> None:
    """Make stills, all different: two pictures, turned and shifted."""
    wanted = [folder / f"still_{number:02d}.czi" for number in range(count)]
    if all(path.exists() for path in wanted):
        return
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    shape, bases = (2048, 2048), []
    for _ in range(2):
        radii = rng.uniform(50, 80, 40)
        at = places(rng, shape, radii)
        stamps = [nucleus(rng, radius) for radius in radii]
        stains = [stamps] + [[s * rng.uniform(0.2, 1.5) for s in stamps] for _ in CHANNELS[1:]]
        bases.append([photograph(rng, 800 * light(shape, stain, at)) for stain in stains])
    for number, path in enumerate(wanted):
        shift = tuple(rng.integers(0, 2048, 2))
        turned = [np.rot90(np.roll(p, shift, (0, 1)), number // 2 % 4) for p in bases[number % 2]]
        write_czi(path, {(0, c): np.ascontiguousarray(p) for c, p in enumerate(turned)}, 3)


def make_timelapse(folder: Path, frames: int, seed: int) -> None:
    """Make a timelapse of nuclei that wander."""
    path = folder / f"timelapse_{frames}.czi"
    if path.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    shape, radii = (1024, 1024), rng.uniform(13, 17, 40)
    stamps, at = [nucleus(rng, radius) for radius in radii], places(rng, shape, 1.5 * radii)
    speed, planes = rng.normal(0, 1, at.shape), {}
    for t in range(frames):
        planes[t, 0] = photograph(rng, 800 * light(shape, stamps, at))
        speed = 0.9 * speed + rng.normal(0, 0.5, at.shape)
        at = at + speed
    write_czi(path, planes, 1)


def make_small_stills(folder: Path, count: int, seed: int) -> None:
    """Make stills of 512 x 512 pixels in 3 channels, all different: a few pictures, shifted."""
    wanted = [folder / f"still_{number:04d}.czi" for number in range(count)]
    if all(path.exists() for path in wanted):
        return
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    shape, bases = (512, 512), []
    for _ in range(4):
        radii = rng.uniform(14, 20, 12)
        stamps, at = [nucleus(rng, radius) for radius in radii], places(rng, shape, 1.5 * radii)
        stains = [[s * rng.uniform(0.2, 1.5) for s in stamps] for _ in CHANNELS]
        bases.append([photograph(rng, 800 * light(shape, stain, at)) for stain in stains])
    for number, path in enumerate(wanted):
        shift = tuple(rng.integers(0, 512, 2))
        moved = [np.roll(picture, shift, (0, 1)) for picture in bases[number % 4]]
        write_czi(path, {(0, c): picture for c, picture in enumerate(moved)}, len(CHANNELS))


def make_scenes(path: Path, scenes: int, frames: int, side: int, seed: int) -> None:
    """Make a timelapse of several scenes, uncompressed: the nuclei of a scene drift together.

    Few pictures are taken of each scene, or making the file would take longer than analysing it.
    """
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    with czi.create_czi(str(path), exist_ok=True, compression_options="uncompressed:") as file:
        for scene in range(scenes):
            radii = rng.uniform(13, 17, max(1, side * side // 26_000))
            stamps = [nucleus(rng, radius) for radius in radii]
            at = places(rng, (side, side), 1.5 * radii)
            lit = 800 * light((side, side), stamps, at)
            taken = [photograph(rng, lit) for _ in range(4)]
            for t in range(frames):
                moved = np.roll(taken[t % 4], (t // 2, t // 3), (0, 1))
                plane = {"T": t, "Z": 0, "C": 0}
                place = (scene * 2 * side, 0)
                file.write(moved[..., None], location=place, plane=plane, scene=scene)
        names = {0: CHANNELS[0]}
        file.write_metadata(path.stem, channel_names=names, scale_x=1.3e-7, scale_y=1.3e-7)


def make_mosaic(path: Path, side: int, tile: int, channels: int, seed: int) -> int:
    """Make a mosaic of tiles that fit together, and give the number of its nuclei, about.

    One picture is repeated: its right edge goes on at its left one, and tiles cut it anywhere.
    """
    period = min(side, 3500)
    count = period * period // 26_000
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(seed)
        radii = rng.uniform(13, 17, count)
        stamps = [nucleus(rng, radius) for radius in radii]
        at = places(rng, (period, period), 1.5 * radii)
        lit = light((period, period), stamps, at)
        taken = [photograph(rng, 800 * rng.uniform(0.5, 1) * lit) for _ in range(channels)]
        with czi.create_czi(str(path), exist_ok=True, compression_options=STORED) as file:
            for y in range(0, side, tile):
                for x in range(0, side, tile):
                    rows = np.arange(y, min(y + tile, side)) % period
                    columns = np.arange(x, min(x + tile, side)) % period
                    for c, picture in enumerate(taken):
                        piece = np.ascontiguousarray(picture[np.ix_(rows, columns)])
                        plane = {"T": 0, "Z": 0, "C": c}
                        file.write(piece[..., None], location=(x, y), plane=plane, scene=0)
            names = dict(enumerate(CHANNELS[:channels]))
            file.write_metadata(path.stem, channel_names=names, scale_x=3.25e-7, scale_y=3.25e-7)
    return round(count * (side / period) ** 2)
