"""TIFF files compressed with zlib, in an eighth of tifffile's own time."""

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path

import imagecodecs
import numpy as np
import tifffile

from immunostain.shared.large_pictures import bands

# From so many bytes on, a TIFF is written as BigTIFF: offsets in others end at 4 GiB, and the rest
# is for what stands beside the pixels.
LARGE = 2**32 - 2**25
_MOST = 2**31 - 1  # of a part of a fraction: some programs read it with a sign


def write_tiff(
    path: Path, picture: np.ndarray, pixel_size_um: tuple[float, float] | None = None
) -> None:
    """Write a picture, (Y, X), in few strips.

    The width and height of a pixel are written as pixels per centimetre. ImageJ shows what is below
    10 µm in micrometres.
    """
    strips = bands(picture.shape)
    size = _per_centimetre(pixel_size_um) if pixel_size_um else None
    tifffile.imwrite(
        path,
        (_compressed(picture[rows]) for rows in strips),
        shape=picture.shape,
        dtype=picture.dtype,
        compression="zlib",
        rowsperstrip=strips[0].stop,
        resolution=size,
        resolutionunit="CENTIMETER" if size else None,
    )


def write_ome_stack(
    path: Path,
    pictures: Iterable[np.ndarray],
    shape: tuple[int, int, int],
    metadata: Mapping[str, str | float],
) -> None:
    """Write pictures as one OME-TIFF with the axes T, Y, X; only one is held at a time.

    Parameters
    ----------
    path
        The file; programs know what to expect by a name that ends in ``.ome.tif``.
    pictures
        (Y, X) uint32 each.
    shape
        (T, Y, X).
    metadata
        Of OME, as `tifffile.imwrite` takes it.
    """
    tifffile.imwrite(
        path,
        map(_compressed, pictures),
        shape=shape,
        dtype=np.uint32,
        bigtiff=4 * shape[0] * shape[1] * shape[2] > LARGE,
        ome=True,
        photometric="minisblack",
        compression="zlib",
        rowsperstrip=shape[1],
        metadata=dict(metadata),
    )


def _per_centimetre(
    pixel_size_um: tuple[float, float],
) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Give pixels per centimetre as TIFF holds them: numerators and denominators of 32 bits.

    tifffile's own fractions are off by some millionths. None where they can't hold it.
    """
    if not all(0 < size < math.inf for size in pixel_size_um):
        return None
    per_cm = [Fraction(10_000) / Fraction(size) for size in pixel_size_um]
    x, y = (each.limit_denominator(max(1, _MOST // (int(each) + 1))) for each in per_cm)
    if not all(0 < number.numerator <= _MOST for number in (x, y)):
        return None
    return x.as_integer_ratio(), y.as_integer_ratio()


def _compressed(pixels: np.ndarray) -> bytes:
    return imagecodecs.zlibng_encode(np.ascontiguousarray(pixels), level=1)
