"""Polygons along the edges of pixels, and SVG paths of such, filled."""

import re

import numpy as np


def sides(rings):
    """Give the sides of polygons, (N, 4): from x, y, to x, y."""
    return np.concatenate([np.hstack([ring, np.roll(ring, -1, axis=0)]) for ring in rings])


def filled(rings, shape):
    """Fill polygons by the even-odd rule: a pixel is in if a ray from its left crosses oddly often.

    Their sides must go along rows or columns.
    """
    crossings = np.zeros(shape, int)
    for x, y, to_x, to_y in sides(rings):
        assert (x == to_x) != (y == to_y)
        if x == to_x:
            crossings[min(y, to_y) : max(y, to_y), x:] += 1
    return crossings % 2 == 1


def rings_of_path(path):
    """Give the polygons of an SVG path of level and upright lines, (N, 2) x and y each."""
    rings = []
    for command, numbers in re.findall(r"([Mhv])([-\d ]*)", path):
        if command == "M":
            rings.append([tuple(map(int, numbers.split()))])
        else:
            x, y = rings[-1][-1]
            step = int(numbers)
            rings[-1].append((x + step, y) if command == "h" else (x, y + step))
    return list(map(np.array, rings))


def painted(path, shape, corner=(0, 0)):
    """Fill an SVG path, which may lie beyond the picture: (Y, X) bool; `corner`: its own x, y."""
    rings = [ring - corner for ring in rings_of_path(path)]
    corners = np.concatenate([*rings, np.array([[0, 0], shape[::-1]])])
    low, high = corners.min(axis=0), corners.max(axis=0)
    left, top = -low
    whole = filled([ring - low for ring in rings], tuple((high - low)[::-1]))
    return whole[top : top + shape[0], left : left + shape[1]]


def objects_of_paths(paths, shape):
    """Give the pixels of each path."""
    return sorted(painted(path, shape).tobytes() for path in paths)


def objects_of_labels(labels):
    """Give the pixels of each label of a label image."""
    return sorted((labels == n).tobytes() for n in range(1, int(labels.max()) + 1))
