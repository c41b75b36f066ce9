"""Tell nuclei from background by how bright a pixel is."""

from collections.abc import Callable

import numpy as np

from immunostain.shared.large_pictures import bands
from immunostain.shared.left_out import left_out, pixels_that_count

# From how many pairs of pixels chance can be told, and how many are looked at first, or at a time.
_PAIRS, _ENOUGH = 10_000, 1 << 20
_TIMES_CHANCE = 4


def only_noise(frame: np.ndarray) -> bool:
    """Tell whether a frame shows nothing: only noise, in which every threshold finds specks.

    Parameters
    ----------
    frame
        (Y, X), as the camera gave it; masked pixels don't count.

    Returns
    -------
    bool
        Pixels that are neighbours in a row are no more alike than chance makes them. What light
        forms, even a haze, is smooth at the size of a pixel. False where pixels are too few to
        tell, or all of one brightness.

    Notes
    -----
    Without a pattern, the correlation of n pairs has a standard error of 1 / sqrt(n) (M. S.
    Bartlett, J. R. Stat. Soc. Suppl. 8, 27, 1946).
    """
    step = 1 + frame.size // _ENOUGH
    # Between the rows of a sample may lie all nuclei of a large picture.
    return _alike_by_chance(frame[::step]) and (step == 1 or _alike_by_chance(frame))


def _alike_by_chance(picture: np.ndarray) -> bool:
    """Tell whether neighbours in a row of a picture, (Y, X), are alike by chance only."""
    pixels, pairs, total = 0, 0, 0.0
    for rows in bands(picture.shape, _ENOUGH):
        light, counted = _light(picture[rows])
        pixels += int(np.count_nonzero(counted))
        pairs += int(np.count_nonzero(counted[:, 1:] & counted[:, :-1]))
        total += float(np.sum(light, dtype=np.float64))
    if pairs < _PAIRS:
        return False
    spread, alike = 0.0, 0.0
    for rows in bands(picture.shape, _ENOUGH):
        light, counted = _light(picture[rows])
        light -= total / pixels
        light[~counted] = 0
        spread += float(np.vdot(light, light)) / pixels
        alike += float(np.sum(light[:, 1:] * light[:, :-1])) / pairs
    return spread > 0 and alike < spread * _TIMES_CHANCE / pairs**0.5


def _light(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give pixels as real numbers, 0 where they are masked, and which count."""
    masked = left_out(rows)
    light: np.ndarray = np.ma.getdata(rows).astype(np.float32)
    return light, np.ones(light.shape, bool) if masked is None else ~masked


def above_level(picture: np.ndarray, level: int | str) -> np.ndarray:
    """Find the pixels that belong to nuclei.

    Parameters
    ----------
    picture
        (Y, X) uint8, normalised and smoothed; masked pixels are no nucleus, and don't count.
    level
        Pixels brighter than this number are nucleus; or the name of a method: ``otsu``, ``li`` and
        ``triangle`` find one level for the frame, ``local`` one for each pixel, from its
        surroundings, for a background that is uneven.

    Returns
    -------
    numpy.ndarray
        (Y, X) bool. A picture of one brightness has no nuclei.

    Notes
    -----
    The methods are those of `skimage.filters`; ``local`` is Otsu's level on what is left when
    `uneven_background` is taken off.
    """
    masked = left_out(picture)
    if masked is not None:
        return _above(picture, level).data & ~masked
    return _above(picture, level)


def _above(picture: np.ndarray, level: int | str) -> np.ndarray:
    above, used = level_of(picture, level)
    return above > used


def level_of(picture: np.ndarray, level: int | str) -> tuple[np.ndarray, float]:
    """Give the picture whose pixels are compared with a level, and that level.

    Parameters
    ----------
    picture, level
        As for `above_level`. ``local`` gives the picture less its uneven background.

    Returns
    -------
    picture : numpy.ndarray
        (Y, X), masked where the one given is.
    level : float
        Infinite for a method where the picture has one brightness only.
    """
    if isinstance(level, int):
        return picture, level
    known = pixels_that_count(picture)
    if known.size == 0 or known.min() == known.max():
        return picture, np.inf
    from skimage import filters  # half a second to import, so only where it is used

    if level == "local":
        flat = picture - uneven_background(picture)
        return flat, filters.threshold_otsu(pixels_that_count(flat))
    methods: dict[str, Callable[[np.ndarray], float]] = {
        "otsu": filters.threshold_otsu,
        "li": filters.threshold_li,
        "triangle": filters.threshold_triangle,
    }
    return picture, methods[level](known)


def uneven_background(picture: np.ndarray) -> np.ndarray:
    """Estimate how bright the background is at each pixel.

    The picture is cut into tiles of a quarter of its shorter side (at least 64 pixels), so that no
    nucleus fills one. The 20th percentile of each tile is its background, and between and beyond
    the middles of tiles it changes evenly.

    Parameters
    ----------
    picture
        (Y, X) uint8; masked pixels don't count.

    Returns
    -------
    numpy.ndarray
        (Y, X) float32.
    """
    from scipy import ndimage

    side = max(64, min(picture.shape) // 4)
    rows, columns = (max(1, round(length / side)) for length in picture.shape)
    levels = np.array(
        [
            [_dark(tile, picture) for tile in np.array_split(band, columns, axis=1)]
            for band in np.array_split(picture, rows, axis=0)
        ],
        np.float32,
    )
    at = [
        (np.arange(length) + 0.5) / length * count + 0.5  # the 1 more is the added tile
        for length, count in zip(picture.shape, levels.shape, strict=True)
    ]
    levels = np.pad(levels, 1, "reflect", reflect_type="odd")  # a slope goes on to the edge
    background = np.empty(picture.shape, np.float32)
    for part in bands(picture.shape, _ENOUGH):  # the places of all pixels need much memory
        grid = np.meshgrid(at[0][part], at[1], indexing="ij")
        background[part] = ndimage.map_coordinates(levels, grid, order=1, mode="nearest")
    return background


def _dark(tile: np.ndarray, picture: np.ndarray) -> float:
    """Give the 20th percentile of a tile, of the whole picture where none of its pixels counts."""
    known = pixels_that_count(tile)
    return float(np.percentile(known if known.size else pixels_that_count(picture), 20))
