"""Which settings are tried out: those in use, and others around the size of the nuclei."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

_LEVELS = (
    *(10, 15, 20, 25, 30, 35, 40, 50, 60, 70, 80, 90, 100),
    *(120, 140, 160, 180, 200, 230),
)
_AUTOMATIC_LEVELS = ("otsu", "li", "triangle", "local")
_PROBABILITIES = (0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9)
_DIAMETERS = (0.75, 1.5)  # times the typical one
_AREAS = (1 / 12, 1 / 5, 1 / 2)  # of the typical nucleus
_AREAS_PX = (25, 100, 400)  # where no nucleus is known
_STEPS = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)  # round numbers, times a power of ten


@dataclass(frozen=True)
class Size:
    """The diameter of the nuclei of a shown frame and its pixels' size; None: unknown."""

    diameter_px: float | None
    pixel_size_um: tuple[float, float] | None


def diameters(sizes: Sequence[Size], in_use: float | str) -> list[float | str]:
    """Choose values of `segmentation.unet.nucleus_diameter`, in micrometres where that goes.

    Parameters
    ----------
    sizes
        Of the shown frames.
    in_use
        The setting, which is among them.
    """
    unit, typical = _typical(sizes)
    tried = [] if typical is None else [_round(typical * factor) for factor in _DIAMETERS]
    return ["auto", *_with(_in_unit(tried, unit), in_use)]


def minimum_areas(sizes: Sequence[Size], in_use: float | str) -> list[float | str]:
    """Choose values of `segmentation.minimum_area`; parameters are those of `diameters`."""
    unit, typical = _typical(sizes)
    if typical is None:
        tried: Sequence[float] = _AREAS_PX
    else:
        tried = [_round(math.pi / 4 * typical**2 * share) for share in _AREAS]
    return ["auto", *_with([0, *_in_unit(tried, unit and f"{unit}2")], in_use)]


def levels(in_use: int | str) -> list[int | str]:
    """Give values of `segmentation.threshold.level`, the setting in use among them."""
    numbers = {*_LEVELS, *([in_use] if isinstance(in_use, int) else [])}
    return [*sorted(numbers), *_AUTOMATIC_LEVELS]


def probabilities(in_use: float) -> list[float]:
    """Give values of `segmentation.unet.probability`, the setting in use among them."""
    return sorted({*_PROBABILITIES, float(in_use)})


def all_options(sizes: Sequence[Size], segmentation: Mapping[str, Any]) -> dict[str, Any]:
    """Give all values that are tried out, by what the page calls them."""
    return {
        "levels": levels(segmentation["threshold"]["level"]),
        "probabilities": probabilities(segmentation["unet"]["probability"]),
        "diameters": diameters(sizes, segmentation["unet"]["nucleus_diameter"]),
        "minimum_areas": minimum_areas(sizes, segmentation["minimum_area"]),
    }


def _typical(sizes: Sequence[Size]) -> tuple[str, float | None]:
    """Give the typical diameter and its unit: um where all frames know it, else pixels."""
    known = [size for size in sizes if size.diameter_px is not None]
    in_um = [
        size.diameter_px * math.sqrt(size.pixel_size_um[0] * size.pixel_size_um[1])
        for size in known
        if size.pixel_size_um is not None and size.diameter_px is not None
    ]
    if in_um and all(size.pixel_size_um is not None for size in sizes):
        return "um", float(np.median(in_um))
    in_px = [size.diameter_px for size in known if size.diameter_px is not None]
    return "", float(np.median(in_px)) if in_px else None


def _round(value: float) -> float:
    """Give the round number that is nearest, by ratio."""
    power = 10.0 ** math.floor(math.log10(value))
    near = [step * power for step in (*_STEPS, 10)]
    return float(f"{min(near, key=lambda number: abs(math.log(number / value))):.3g}")


def _in_unit(values: Sequence[float], unit: str) -> list[float | str]:
    numbers = [int(value) if value == int(value) else value for value in dict.fromkeys(values)]
    return [f"{number:g} {unit}" for number in numbers] if unit else list(numbers)


def _with(values: list[float | str], in_use: float | str) -> list[float | str]:
    """Put the setting in use among the values, in its place where they are of one unit."""
    if in_use == "auto" or in_use in values:
        return values
    return sorted([*values, in_use], key=lambda value: (isinstance(value, str), _number(value)))


def _number(value: float | str) -> float:
    return float(str(value).split("u")[0].split("µ")[0].split("μ")[0])
