"""Lengths and areas that users give in pixels or in micrometres."""

import re

from immunostain.shared.errors import ImageError

_LENGTH = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*[uµμ]m\s*$")
_AREA = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*[uµμ]m(?:2|²|\^2)\s*$")


def length_in_pixels(value: float | str, pixel_size_um: tuple[float, float] | None) -> float:
    """Turn a length such as ``3`` (pixels) or ``"1.5 um"`` into pixels.

    Parameters
    ----------
    value
        Pixels as a number, or micrometres as text with the unit.
    pixel_size_um
        Width and height of a pixel in micrometres, or None where the file doesn't say.

    Returns
    -------
    float
        Pixels; where pixels are not square, of the size that has the same area.

    Raises
    ------
    ImageError
        The length is in micrometres and the file has no pixel size.
    """
    if isinstance(value, (int, float)):
        return float(value)
    micrometres = _number(_LENGTH, value)
    x, y = _known(pixel_size_um, value)
    return micrometres / (x * y) ** 0.5


def area_in_pixels(value: float | str, pixel_size_um: tuple[float, float] | None) -> float:
    """Turn an area such as ``200`` (pixels) or ``"30 um2"`` into pixels.

    Parameters and exceptions are those of `length_in_pixels`.
    """
    if isinstance(value, (int, float)):
        return float(value)
    square_micrometres = _number(_AREA, value)
    x, y = _known(pixel_size_um, value)
    return square_micrometres / (x * y)


def _number(unit: re.Pattern[str], value: str) -> float:
    found = unit.match(value)
    if found is None:  # the settings were checked before
        raise ValueError(f'"{value}" has no unit that is known')
    return float(found[1])


def _known(pixel_size_um: tuple[float, float] | None, value: str) -> tuple[float, float]:
    if pixel_size_um is None:
        raise ImageError(
            f'"{value}" is in the settings but the file does not say how large a pixel is; '
            "give the value in pixels, or analyse this file apart"
        )
    return pixel_size_um
