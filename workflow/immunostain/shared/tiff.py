"""TIFF files compressed with zlib, in an eighth of tifffile's own time."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import imagecodecs
import numpy as np
import tifffile

from immunostain.shared.large_pictures import bands

# From so many bytes on, a TIFF is written as BigTIFF: offsets in others end at 4 GiB, and the rest
# is for what stands beside the pixels.
LARGE = 2**32 - 2**25


def write_tiff(path: Path, picture: np.ndarray) -> None:
    """Write a picture, (Y, X), in few strips."""
    strips = bands(picture.shape)
    tifffile.imwrite(
        path,
        (_compressed(picture[rows]) for rows in strips),
        shape=picture.shape,
        dtype=picture.dtype,
        compression="zlib",
        rowsperstrip=strips[0].stop,
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


def _compressed(pixels: np.ndarray) -> bytes:
    return imagecodecs.zlibng_encode(np.ascontiguousarray(pixels), level=1)
