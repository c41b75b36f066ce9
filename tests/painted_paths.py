"""SVG paths of level and upright lines, painted: which pixels lie within."""

import re

import numpy as np


def painted(path: str, shape: tuple[int, int], corner: tuple[int, int] = (0, 0)) -> np.ndarray:
    """Fill a path by the even-odd rule: (Y, X) bool; `corner`: x and y of the picture's own."""
    inside = np.zeros(shape, bool)
    x = y = 0
    for command, numbers in re.findall(r"([Mhvz])([-\d ]*)", path):
        if command == "M":
            x, y = begin = tuple(map(int, numbers.split()))
        elif command == "h":
            x += int(numbers)
        else:  # an upright line turns what lies to the right of it inside out
            to = y + int(numbers) if command == "v" else begin[1]
            rows = slice(*(max(0, n - corner[1]) for n in sorted((y, to))))
            inside[rows, max(0, x - corner[0]) :] ^= True
            x, y = (x, to) if command == "v" else begin
    return inside


def objects_of_paths(paths: list[str], shape: tuple[int, int]) -> list[bytes]:
    """Give the pixels of each path."""
    return sorted(painted(path, shape).tobytes() for path in paths)


def objects_of_labels(labels: np.ndarray) -> list[bytes]:
    """Give the pixels of each label of a label image."""
    return sorted((labels == n).tobytes() for n in range(1, int(labels.max()) + 1))
