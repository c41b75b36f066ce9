"""Colours: of channels laid over each other, and of tracks."""

import colorsys

import numpy as np

from immunostain.pictures.annotate import annotate

# The nuclear channel, then the others in their order; a lighter blue, as pure blue is nearly black.
NUCLEAR_COLOUR = (70, 100, 255)
COLOURS = ((0, 255, 0), (255, 0, 0), (255, 0, 255), (0, 255, 255), (255, 255, 0), (200, 200, 200))


def colour(
    pictures: list[np.ndarray], nuclear: int, white: np.ndarray, black: np.ndarray
) -> np.ndarray:
    """Lay the channels over each other in colour, and contours and ids on top.

    Parameters
    ----------
    pictures
        The channels, (Y, X) uint8 each.
    nuclear
        Which of them is the nuclear channel.
    white, black
        (Y, X) bool, as for `annotate`.

    Returns
    -------
    numpy.ndarray
        (Y, X, 3) uint8.
    """
    others = iter(range(len(pictures)))
    tints = [
        NUCLEAR_COLOUR if index == nuclear else COLOURS[next(others) % len(COLOURS)]
        for index in range(len(pictures))
    ]
    drawn = np.empty((*pictures[0].shape, 3), np.uint8)
    for part in range(3):
        light = np.zeros(pictures[0].shape, np.uint8)
        for picture, tint in zip(pictures, tints, strict=True):
            if tint[part]:
                added = picture if tint[part] == 255 else _dimmed(picture, tint[part])
                light += np.minimum(added, ~light)  # ~light is what is left up to 255
        annotate(light, white, black)
        drawn[..., part] = light
    return drawn


def _dimmed(picture: np.ndarray, strength: int) -> np.ndarray:
    """Give a picture times strength / 255."""
    product = picture.astype(np.uint16)
    product *= strength
    product //= 255
    return product.astype(np.uint8)


def track_colour(track: int) -> tuple[int, int, int]:
    """Give each track a colour of its own, bright on black; tracks of near numbers differ most.

    Each hue lies the golden ratio further round the circle, so it falls into the widest gap that
    the ones before it have left.
    """
    hue = track * 0.618033988749895 % 1
    red, green, blue = colorsys.hls_to_rgb(hue, 0.6 + 0.1 * (track % 2), 1)
    return round(red * 255), round(green * 255), round(blue * 255)
