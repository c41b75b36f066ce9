"""Read annotated pictures: TIFF or PNG, with label images or masks."""

from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage
from tifffile import TiffFile

from immunostain.shared.borders import EIGHT_NEIGHBOURS
from immunostain.shared.errors import ImageError

_MOST_COMPRESSED = 2000  # times; zlib comes to 1032


def read_pair(picture: str, labels: str) -> tuple[np.ndarray, np.ndarray]:
    """Read a picture, (Y, X), and its label image, (Y, X) int32; see the two functions below.

    Raises
    ------
    ImageError
        One of them can't be used, or they differ in size.
    """
    read = read_picture(picture), read_label_image(labels)
    if read[0].shape != read[1].shape:
        sizes = [f"{width} x {height}" for height, width in (part.shape for part in read)]
        raise ImageError(f'"{picture}" has {sizes[0]} pixels, "{labels}" has {sizes[1]}')
    return read


def read_picture(path: str) -> np.ndarray:
    """Read a picture as (Y, X); of colours the mean is taken.

    Raises
    ------
    ImageError
        It can't be read, or is not one flat picture.
    """
    picture = _read(path)
    if picture.ndim == 3 and picture.shape[2] in (3, 4):
        picture = picture[..., :3].mean(2)
    if picture.ndim != 2 or picture.dtype.kind not in "uibf":
        raise ImageError(
            f'"{path}" is not one flat picture: its shape is {_shape(picture)}, of {picture.dtype}'
        )
    if not np.isfinite(picture).all():
        raise ImageError(f'"{path}" has pixels that are not numbers')
    return picture


def read_label_image(path: str) -> np.ndarray:
    """Read a label image or a mask, (Y, X) int32, with labels 1..n.

    What has one value only besides 0 is a mask: its connected components are the nuclei.

    Raises
    ------
    ImageError
        It can't be read, or is not one flat picture of whole numbers from 0.
    """
    picture = _read(path)
    if picture.ndim != 2 or picture.dtype.kind not in "uib" or picture.min() < 0:
        raise ImageError(
            f'"{path}" is not a label image or mask (one flat picture of whole numbers from 0): '
            f"its shape is {_shape(picture)}, of {picture.dtype}"
        )
    values, numbers = np.unique(picture, return_inverse=True)
    if np.count_nonzero(values) == 1:
        return ndimage.label(picture, EIGHT_NEIGHBOURS, output=np.int32)[0]
    numbers = numbers.reshape(picture.shape).astype(np.int32)
    return numbers if values[0] == 0 else numbers + 1


def _read(path: str) -> np.ndarray:
    try:
        picture = _read_png(path) if Path(path).suffix.lower() == ".png" else _read_tiff(path)
    except OSError as error:
        raise ImageError(f'"{path}" can\'t be read: {error.strerror or error}') from error
    except MemoryError:
        raise
    except Exception as error:  # damaged files make the readers raise nearly anything
        raise ImageError(f'"{path}" can\'t be read, it may be damaged: {error}') from error
    if picture.size == 0:
        raise ImageError(f'"{path}" has no pixels')
    return picture


def _read_png(path: str) -> np.ndarray:
    with Image.open(path) as image:
        if image.mode in ("LA", "La"):
            return np.asarray(image.convert("L"))
        return np.asarray(image)


def _read_tiff(path: str) -> np.ndarray:
    with TiffFile(path) as file:
        # Where the damage is in the width or height, all memory would be asked for.
        if file.series[0].nbytes > _MOST_COMPRESSED * Path(path).stat().st_size:
            raise ValueError("it is too short for the picture that it says it holds")
        return file.asarray()


def _shape(picture: np.ndarray) -> str:
    return " x ".join(map(str, picture.shape))
