"""Make the example images: synthetic nuclei of known truth, as Zeiss .czi files.

Run as ``python resources/example/make_example.py [OUTPUT_FOLDER]``. The seed is
fixed, so every run gives the same pixels and the same truth tables.
"""

import csv
import re
import struct
import sys
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pylibCZIrw import czi
from scipy import ndimage as ndi

SEED = 20240
STILLS = {  # name: shape (Y, X) in pixels, number of nuclei
    "still_1": ((512, 512), 11),
    "still_2": ((512, 640), 13),
    "still_3": ((512, 512), 12),
}
STILL_PIXEL_UM, STILL_OBJECTIVE = 0.13, 63
FRAMES, FRAME_SHAPE, DIVISION_FRAME, INTERVAL_S = 20, (320, 320), 8, 600.0
FRAME_PIXEL_UM, FRAME_OBJECTIVE = 0.5, 20
NUCLEI_AT_START = 11
CHANNELS = ("DAPI", "AF488", "mCher")

GAP = 9  # px kept free between nuclei (touching pairs apart) and to the border
PAIR_OVERLAP = 60  # px by which a pair's outlines overlap: a neck of about 25 px
PSF_SIGMA = 1.0  # px
OFFSET, READ_NOISE = 100.0, 3.0  # camera counts; one count is one photo-electron
DAPI_RIM = 360.0  # counts just inside a nucleus's outline
LEVEL, PERCENTILE = 50, 99.99  # the workflow's default threshold and stretch
STILL_HALF, FRAME_HALF = 0.48, 0.53  # see expose_dapi


@dataclass(frozen=True)
class Nucleus:
    """One nucleus: its outline, and the texture that moves and bends with it.

    Positions inside are given in the nucleus's own coordinates, in which its
    outline is the unit circle. Lengths are in pixels, angles in radians.
    """

    y: float
    x: float
    radius: float
    aspect: float  # of the two axes; the area does not depend on it
    angle: float  # of the first axis, from x towards y
    waves: NDArray  # (K, 3): wave number, amplitude, phase of the outline's waves
    dome: float  # how much brighter the middle is than the rim
    brightness: float
    chromatin: NDArray  # (96, 96) smooth noise of mean 0 and SD 1
    chromocentres: NDArray  # (N, 4): two coordinates, sigma, amplitude
    nucleoli: NDArray  # (N, 4): the same
    speckles: NDArray  # (N, 4): the same
    stains: dict[str, float] = field(default_factory=dict)  # counts by channel

    def coordinates(self, shape: tuple[int, int]) -> NDArray:
        """Give the own coordinates of every pixel, shape (2, Y, X)."""
        dy = np.arange(shape[0])[:, None] - self.y
        dx = np.arange(shape[1])[None, :] - self.x
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        u = (cos * dx + sin * dy) / (self.radius * np.sqrt(self.aspect))
        v = (cos * dy - sin * dx) / (self.radius / np.sqrt(self.aspect))
        phi = np.arctan2(v, u)
        waves = (a * np.cos(k * phi + phase) for k, a, phase in self.waves)
        return np.stack([u, v]) / (1 + sum(waves))


def draw_blobs(
    rng: np.random.Generator,
    number: int,
    sigma: tuple[float, float],
    reach: float,
    amplitude: tuple[float, float],
) -> NDArray:
    """Draw blobs spread evenly over the disk of radius `reach`.

    Shape (N, 4): two coordinates, sigma, amplitude.
    """
    r, phi = reach * np.sqrt(rng.random(number)), rng.uniform(0, 2 * np.pi, number)
    return np.column_stack(
        [r * np.cos(phi), r * np.sin(phi), *(rng.uniform(*v, number) for v in (sigma, amplitude))]
    )


def draw_nucleus(rng: np.random.Generator, radius: float, grain: float) -> Nucleus:
    """Draw a nucleus at the origin; `grain` (px) is the size of its finest spots."""
    k = np.arange(2, 7)
    waves = np.column_stack([k, rng.normal(0, 0.06, 5) / k, rng.uniform(0, 2 * np.pi, 5)])
    noise = rng.standard_normal((2, 96, 96))
    chromatin = sum(f / f.std() for f in map(ndi.gaussian_filter, noise, (2.0, 5.0)))
    s = grain / radius
    return Nucleus(
        y=0.0,
        x=0.0,
        radius=radius,
        aspect=rng.uniform(1.05, 1.35),
        angle=rng.uniform(0, np.pi),
        waves=waves,
        dome=rng.uniform(0.05, 0.3),
        brightness=rng.uniform(0.97, 1.03),
        chromatin=chromatin / chromatin.std(),
        chromocentres=draw_blobs(rng, rng.integers(8, 17), (s, 1.8 * s), 0.8, (0.3, 1.2)),
        nucleoli=draw_blobs(rng, rng.integers(1, 4), (0.1, 0.17), 0.55, (0.25, 0.4)),
        speckles=draw_blobs(rng, rng.integers(18, 32), (0.6 * s, 1.1 * s), 0.8, (0.3, 1.0)),
        stains={
            "AF488": rng.uniform(260, 420),
            "mCher": np.clip(260 * rng.lognormal(0, 0.9), 60, 900),
        },
    )


def paint_labels(nuclei: Iterable[Nucleus], shape: tuple[int, int]) -> NDArray:
    """Give the truth mask, shape (Y, X): 0, or the nucleus's place from 1.

    Where two outlines overlap, a pixel goes to the nucleus whose middle is
    nearer, in units of that nucleus's size.
    """
    reach = np.array([np.hypot(*n.coordinates(shape)) for n in nuclei])
    return np.where(reach.min(0) < 1, reach.argmin(0) + 1, 0).astype(np.uint8)


def paint_blobs(q: NDArray, blobs: NDArray) -> NDArray:
    """Sum Gaussian blobs (N, 4) at the coordinates `q` (2, P): shape (P,)."""
    u, v, sigma, amplitude = blobs.T[:, :, None]
    return (amplitude * np.exp(-((q[0] - u) ** 2 + (q[1] - v) ** 2) / (2 * sigma**2))).sum(0)


def paint_channels(nuclei: list[Nucleus], labels: NDArray) -> dict[str, NDArray]:
    """Paint the light that nuclei give off, before optics and camera.

    Returns
    -------
    dict of (Y, X) arrays
        In counts: ``DAPI``, ``AF488``, ``mCher``, and ``chromocentres``, which
        `expose_dapi` adds to DAPI (0 to 1).
    """
    light = {name: np.zeros(labels.shape) for name in (*CHANNELS, "chromocentres")}
    for i, nucleus in enumerate(nuclei, start=1):
        inside = labels == i
        q = nucleus.coordinates(labels.shape)[:, inside]
        tile = ndi.map_coordinates(nucleus.chromatin, 47.5 + 45 * q, order=1, mode="nearest")
        dome = 1 + nucleus.dome * (1 - np.hypot(*q) ** 2)
        hollow = 1 - np.clip(paint_blobs(q, nucleus.nucleoli), 0, 0.42)
        body = DAPI_RIM * nucleus.brightness * dome * hollow
        light["DAPI"][inside] = body * (1 + 0.07 * np.clip(tile, -2, 2))
        # Saturating: many spots together are not much brighter than one.
        light["chromocentres"][inside] = 1 - np.exp(-1.5 * paint_blobs(q, nucleus.chromocentres))
        spotted = 0.8 + 0.1 * tile + 2.2 * paint_blobs(q, nucleus.speckles)
        light["AF488"][inside] = nucleus.stains["AF488"] * dome * hollow * spotted
        light["mCher"][inside] = nucleus.stains["mCher"] * dome * hollow**1.5 * (1 + 0.08 * tile)
    return light


def paint_cytoplasm(
    rng: np.random.Generator, nuclei: list[Nucleus], labels: NDArray
) -> dict[str, NDArray]:
    """Paint the cells' bodies around (and above) the nuclei, in counts, by channel."""
    distance, nearest = ndi.distance_transform_edt(labels == 0, return_indices=True)
    owner = labels[tuple(nearest)]
    noise = [ndi.gaussian_filter(rng.standard_normal(labels.shape), s) for s in (3, 12, (2, 7))]
    texture = sum(f / f.std() for f in noise)
    # The noise also shapes how far a cell reaches, so that it has no halo.
    reach = 42 * np.exp(0.35 * noise[1] / noise[1].std())
    body = np.exp(-((distance / reach) ** 2)) * np.clip(1 + 0.14 * texture, 0.3, None)
    light = {}
    for name, share, least in (("AF488", 0.3, 10.0), ("mCher", 0.2, 60.0)):
        by_cell = np.array([0.0] + [n.stains[name] * share + least for n in nuclei])
        light[name] = ndi.gaussian_filter(by_cell[owner] * body, 4)
    return light


def uneven(shape: tuple[int, int], falloff: float, tilt: float) -> NDArray:
    """Give the illumination, 1 in the middle: darker corners, brighter to one side."""
    y, x = (np.linspace(-1, 1, n) for n in shape)
    return 1 - falloff * (y[:, None] ** 2 + x**2) / 2 + tilt * (0.6 * x + 0.8 * y[:, None])


def expose(light: NDArray, seed: list[int]) -> NDArray[np.uint16]:
    """Photograph `light` (counts, Y, X): shot noise, read noise, camera offset."""
    rng = np.random.default_rng(seed)
    counts = rng.poisson(light) + OFFSET + rng.normal(0, READ_NOISE, light.shape)
    return np.clip(np.rint(counts), 0, 65535).astype(np.uint16)


def expose_dapi(
    light: dict[str, NDArray], background: float, falloff: float, half: float, seed: list[int]
) -> NDArray[np.uint16]:
    """Photograph DAPI with chromocentres as bright as the default threshold needs.

    The workflow stretches each picture from its minimum to its 99.99th percentile,
    which the chromocentres set. They are given the brightness for which level 50
    falls at about half of the light at the nuclei's outlines, as a blurred edge
    crosses that value where the true outline is. `half` is that share; it is not
    quite 0.5, as domes, chromocentres near the rim and the outline's curvature
    move the crossing a little.

    Parameters
    ----------
    light : dict of (Y, X) arrays
        From `paint_channels`, in counts.
    background, falloff : float
        Haze in counts; darkening of the picture's corners (0 to 1).
    half : float
        Share of the light just inside an outline that level 50 is to stand for.
    seed : list of int
        Of the camera's noise.
    """
    shape = light["DAPI"].shape
    flat = uneven(shape, falloff, 0.02)
    blurred = {
        n: ndi.gaussian_filter(light[n], PSF_SIGMA) * flat for n in ("DAPI", "chromocentres")
    }
    haze = background * uneven(shape, 6 * falloff, 0.12)
    low, high = 0.0, 6 * DAPI_RIM
    for _ in range(14):
        gain = (low + high) / 2
        picture = expose(haze + blurred["DAPI"] + gain * blurred["chromocentres"], seed)
        darkest = float(picture.min())
        outline = OFFSET + background + half * DAPI_RIM
        wanted = darkest + (outline - darkest) * 255 / LEVEL
        if np.percentile(picture, PERCENTILE) < wanted:
            low = gain
        else:
            high = gain
    return picture


def distance_to(mask: NDArray) -> NDArray:
    """Give each pixel's distance in pixels from `mask` (infinite if it is empty)."""
    return ndi.distance_transform_edt(~mask) if mask.any() else np.full(mask.shape, np.inf)


def frame_of(shape: tuple[int, int]) -> NDArray:
    """Give the mask of the first and last rows and columns."""
    return np.pad(np.zeros((shape[0] - 2, shape[1] - 2), bool), 1, constant_values=True)


def lay_out_still(rng: np.random.Generator, shape: tuple[int, int], number: int) -> list[Nucleus]:
    """Place nuclei: three cut by the border, two touching pairs, the others apart."""
    border, placed = frame_of(shape), []
    taken = np.zeros(shape, bool)

    def mask_of(nucleus: Nucleus) -> NDArray:
        return np.hypot(*nucleus.coordinates(shape)) < 1

    def is_free(mask: NDArray, others: NDArray) -> bool:
        return distance_to(border)[mask].min() > GAP and distance_to(others)[mask].min() > GAP

    for role in ["cut"] * 3 + ["pair"] * 2 + ["single"] * number:
        for _ in range(200):
            if len(placed) == number:
                return placed
            nucleus = draw_nucleus(rng, rng.uniform(36, 46), grain=2.2)
            y, x = rng.uniform(0, shape[0]), rng.uniform(0, shape[1])
            if role == "cut":
                depth = rng.uniform(-0.1, 0.5) * nucleus.radius
                side = rng.integers(4)
                y = (depth, shape[0] - 1 - depth, y, y)[side]
                x = (x, x, depth, shape[1] - 1 - depth)[side]
            nucleus = replace(nucleus, y=y, x=x)
            mask = mask_of(nucleus)
            if role == "cut":
                # So much of it shows that it would count, were it not cut.
                if distance_to(taken)[mask].min() < GAP or mask.sum() < 2000:
                    continue
                group = [nucleus]
            elif not is_free(mask, taken):
                continue
            elif role == "single":
                group = [nucleus]
            else:
                # Moved towards its mate until the outlines overlap by a small lens.
                # Sisters express alike, and so do touching cells here.
                mate = draw_nucleus(rng, rng.uniform(36, 46), grain=2.2)
                stains = {n: v * rng.uniform(0.85, 1.15) for n, v in nucleus.stains.items()}
                direction = rng.uniform(0, 2 * np.pi)
                for apart in np.arange(110.0, 50.0, -0.5):
                    there = {"y": y + apart * np.sin(direction), "x": x + apart * np.cos(direction)}
                    mate = replace(mate, **there, stains=stains)
                    mate_mask = mask_of(mate)
                    if (mate_mask & mask).sum() >= PAIR_OVERLAP:
                        break
                if not is_free(mate_mask, taken):
                    continue
                mask, group = mask | mate_mask, [nucleus, mate]
            taken |= mask
            placed += group
            break
    raise RuntimeError(f"no room for {number} nuclei in {shape}")


def divide(mother: Nucleus) -> list[Nucleus]:
    """Give the two daughters: half the area each, placed along the first axis."""
    daughters = []
    for side in (-1, 1):
        step = 14.5 * side
        daughters.append(
            replace(
                mother,
                y=mother.y + step * np.sin(mother.angle),
                x=mother.x + step * np.cos(mother.angle),
                radius=mother.radius / np.sqrt(2),
                aspect=0.78,  # still flat, as chromosomes leave the spindle
                chromocentres=mother.chromocentres * (1, side, 1.3, 1),
            )
        )
    return daughters


def move_nuclei(rng: np.random.Generator) -> list[dict[int, Nucleus]]:
    """Let nuclei wander for `FRAMES` frames; number 1 divides in `DIVISION_FRAME`.

    Returns
    -------
    list of dict
        For each frame, the nuclei by their number. The daughters' numbers follow
        the last of the others.
    """
    alive, speed = {}, {}
    area = np.array(FRAME_SHAPE)
    while len(alive) < NUCLEI_AT_START:
        y, x = rng.uniform(30, area - 30)
        if all(np.hypot(n.y - y, n.x - x) > 55 for n in alive.values()):
            number = len(alive) + 1
            radius = 13.75 if number == 1 else rng.uniform(12.3, 13.6)
            alive[number] = replace(draw_nucleus(rng, radius, grain=1.0), y=y, x=x)
            speed[number] = rng.normal(0, 1.6, 2)
    frames = [dict(alive)]
    for frame in range(1, FRAMES):
        for i, nucleus in alive.items():
            here = np.array([nucleus.y, nucleus.x])
            push = 0.15 * np.clip(40 - here, 0, 12) - 0.15 * np.clip(here - area + 40, 0, 12)
            for j, other in alive.items():
                gap = here - (other.y, other.x)
                if i != j and (distance := np.hypot(*gap)) < 60:
                    push += gap / distance * (60 - distance) * 0.04
            speed[i] = 0.88 * speed[i] + rng.normal(0, 0.9, 2) + push
        for i, nucleus in alive.items():
            rounding = 0.02 if i > NUCLEI_AT_START else 0.0
            alive[i] = replace(
                nucleus,
                y=nucleus.y + speed[i][0],
                x=nucleus.x + speed[i][1],
                angle=nucleus.angle + rng.normal(0, 0.05),
                aspect=np.clip(nucleus.aspect + rng.normal(rounding, 0.02), 0.75, 1.4),
                waves=nucleus.waves + rng.normal(0, (0, 0.001, 0.15), nucleus.waves.shape),
                brightness=np.clip(nucleus.brightness + rng.normal(0, 0.008), 0.97, 1.03),
            )
        if frame == DIVISION_FRAME:
            mother, drift = alive.pop(1), speed.pop(1)
            for side, daughter in zip((-1, 1), divide(mother), strict=True):
                number = max(alive) + 1
                alive[number] = daughter
                away = side * np.array([np.sin(mother.angle), np.cos(mother.angle)])
                speed[number] = 0.5 * drift + 2.2 * away
        frames.append(dict(alive))
    return frames


def keeps_apart(labels: NDArray) -> bool:
    """Tell whether all nuclei keep `GAP` from each other and from the border."""
    border = frame_of(labels.shape)
    return all(
        distance_to(border | ((labels > 0) & (labels != i)))[labels == i].min() >= GAP
        for i in np.unique(labels[labels > 0])
    )


def write_czi(
    path: Path,
    planes: NDArray[np.uint16],
    channels: Iterable[str],
    pixel_um: float,
    magnification: int,
    interval_s: float | None = None,
) -> None:
    """Write `planes` (T, C, Y, X) as .czi, compressed without loss."""
    path.unlink(missing_ok=True)
    options = "zstd1:ExplicitLevel=15;PreProcess=HiLoByteUnpack"
    with czi.create_czi(str(path), compression_options=options) as file:
        for t, c in np.ndindex(planes.shape[:2]):
            file.write(planes[t, c][..., None], plane={"T": t, "Z": 0, "C": c}, scene=0)
        # In metres: that is what ends in the file, whatever the docstring says.
        file.write_metadata(
            document_name=path.stem,
            channel_names=dict(enumerate(channels)),
            scale_x=pixel_um * 1e-6,
            scale_y=pixel_um * 1e-6,
        )
    data = make_repeatable(path.read_bytes(), path.stem)
    add_objective(data, magnification)
    if interval_s is not None:
        add_time_stamps(data, [t * interval_s for t in range(len(planes))])
    path.write_bytes(data)


def make_repeatable(data: bytes, name: str) -> bytearray:
    """Replace pylibCZIrw's random ids, so that equal runs give equal files."""
    guid = uuid.uuid5(uuid.NAMESPACE_OID, name)
    fixed = b"<RetilingId>" + str(guid).encode()
    repeatable = bytearray(re.sub(rb"<RetilingId>[0-9a-f-]{36}", fixed, data))
    struct.pack_into("<16s16s", repeatable, 48, guid.bytes_le, guid.bytes_le)
    return repeatable


def append_segment(data: bytearray, name: bytes, content: bytes) -> int:
    """Append a segment of the CZI format to a file's bytes; give its position."""
    data.extend(bytes(-len(data) % 32))
    position, padding = len(data), -len(content) % 32
    sizes = struct.pack("<qq", len(content) + padding, len(content))
    data.extend(name.ljust(16, b"\0") + sizes + content + bytes(padding))
    return position


def add_objective(data: bytearray, magnification: int) -> None:
    """Name the objective in a .czi file's metadata, which pylibCZIrw cannot.

    The metadata grow, so they are written anew at the end of the file and the
    header's pointer to them (byte 92) is set; the old ones are marked as deleted.
    """
    (old,) = struct.unpack_from("<q", data, 92)
    (size,) = struct.unpack_from("<i", data, old + 32)
    xml = data[old + 288 : old + 288 + size].decode()
    instrument = (
        '<Instrument Id="Instrument:1"><Microscopes><Microscope Id="Microscope:1" '
        'Name="Synthetic"><Type>Inverted</Type></Microscope></Microscopes><Objectives>'
        f'<Objective Id="Objective:1" Name="Synthetic {magnification}x">'
        f"<NominalMagnification>{magnification}</NominalMagnification>"
        "</Objective></Objectives></Instrument>"
    )
    settings = '<ObjectiveSettings><ObjectiveRef Id="Objective:1"/></ObjectiveSettings>'
    xml = xml.replace("</Information>", instrument + "</Information>", 1)
    mode = "<AcquisitionMode>WideField</AcquisitionMode>"
    xml = re.sub("(<Channel Id=[^>]*>)", rf"\1{mode}", xml)
    bits = "<ComponentBitCount>16</ComponentBitCount>"
    xml = xml.replace("</PixelType>", "</PixelType>" + bits)
    xml = re.sub("<Image>", f"<Image>{settings}", xml, count=1)
    text = xml.encode()
    data[old : old + 16] = b"DELETED".ljust(16, b"\0")
    content = struct.pack("<ii", len(text), 0) + bytes(248) + text
    struct.pack_into("<q", data, 92, append_segment(data, b"ZISRAWMETADATA", content))


def add_time_stamps(data: bytearray, seconds: list[float]) -> None:
    """Attach time stamps, one per frame, to a .czi file without attachments.

    An attachment is a segment of its own, repeated as an entry of the attachment
    directory, to which the header points (byte 104).
    """
    stamps = struct.pack(f"<ii{len(seconds)}d", 8 + 8 * len(seconds), len(seconds), *seconds)
    guid = uuid.uuid5(uuid.NAMESPACE_OID, "immunostain example time stamps").bytes_le

    def entry(position: int) -> bytes:
        return struct.pack("<2s10xqi16s8s80s", b"A1", position, 0, guid, b"CZTIMS", b"TimeStamps")

    position = len(data) + -len(data) % 32
    content = struct.pack("<i12x", len(stamps)) + entry(position) + bytes(112) + stamps
    append_segment(data, b"ZISRAWATTACH", content)
    directory = struct.pack("<i252x", 1) + entry(position)
    struct.pack_into("<q", data, 104, append_segment(data, b"ZISRAWATTDIR", directory))


def measure(labels: NDArray, pictures: dict[str, NDArray]) -> list[dict]:
    """Measure every nucleus of a truth mask: one row each, in the labels' order."""
    border = frame_of(labels.shape)
    rows = []
    for i in range(1, labels.max() + 1):
        mask = labels == i
        y, x = (v.mean() for v in np.nonzero(mask))
        row = {"nucleus": i, "x_px": f"{x:.2f}", "y_px": f"{y:.2f}", "area_px": mask.sum()}
        row["touches_border"] = str(bool(mask[border].any())).lower()
        for name, picture in pictures.items():
            row[f"{name}_sum"] = picture[mask].sum(dtype=np.int64)
        rows.append(row)
    return rows


def write_table(path: Path, columns: Iterable[str], rows: list[dict]) -> None:
    """Write `columns` of the rows as .csv."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def make_still(
    folder: Path, name: str, shape: tuple[int, int], number: int, seed: list[int]
) -> None:
    """Write one still of three channels, its truth table and its truth mask."""
    rng = np.random.default_rng(seed)
    nuclei = lay_out_still(rng, shape, number)
    labels = paint_labels(nuclei, shape)
    light = paint_channels(nuclei, labels)
    cytoplasm = paint_cytoplasm(rng, nuclei, labels)
    pictures = {"DAPI": expose_dapi(light, 32.0, 0.05, STILL_HALF, [*seed, 0])}
    for i, channel in enumerate(CHANNELS[1:], start=1):
        stained = ndi.gaussian_filter(light[channel] + cytoplasm[channel] + 18, PSF_SIGMA)
        pictures[channel] = expose(stained * uneven(shape, 0.12, 0.03), [*seed, i])
    write_czi(
        folder / f"{name}.czi",
        np.stack(list(pictures.values()))[None],
        CHANNELS,
        STILL_PIXEL_UM,
        STILL_OBJECTIVE,
    )
    rows = measure(labels, pictures)
    write_table(folder / "truth" / f"{name}_nuclei.csv", rows[0], rows)
    Image.fromarray(labels).save(folder / "truth" / f"{name}_labels.png", optimize=True)


def make_timelapse(folder: Path, name: str, seed: list[int]) -> None:
    """Write the timelapse with one division, and its truth table."""
    for attempt in range(500):
        frames = move_nuclei(np.random.default_rng([*seed, attempt]))
        masks = [paint_labels(nuclei.values(), FRAME_SHAPE) for nuclei in frames]
        if all(map(keeps_apart, masks)):
            break
    else:
        raise RuntimeError("no timelapse in which all nuclei keep apart")
    pictures, rows = [], []
    for t, (nuclei, labels) in enumerate(zip(frames, masks, strict=True)):
        light = paint_channels(list(nuclei.values()), labels)
        pictures.append(expose_dapi(light, 22.0, 0.03, FRAME_HALF, [*seed, attempt, t]))
        for number, row in zip(nuclei, measure(labels, {"DAPI": pictures[-1]}), strict=True):
            parent = 1 if number > NUCLEI_AT_START else ""
            rows.append(row | {"frame": t, "nucleus": number, "parent": parent})
    planes = np.stack(pictures)[:, None]
    write_czi(
        folder / f"{name}.czi", planes, CHANNELS[:1], FRAME_PIXEL_UM, FRAME_OBJECTIVE, INTERVAL_S
    )
    columns = ["frame", "nucleus", "parent", "x_px", "y_px", "area_px", "DAPI_sum"]
    write_table(folder / "truth" / f"{name}_nuclei.csv", columns, rows)


def main(folder: Path) -> None:
    """Write all example images and their truth to `folder`."""
    (folder / "truth").mkdir(parents=True, exist_ok=True)
    for i, (name, (shape, number)) in enumerate(STILLS.items(), start=1):
        make_still(folder, name, shape, number, [SEED, i])
    make_timelapse(folder, "timelapse_1", [SEED, 0])


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
