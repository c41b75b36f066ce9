"""How large the nuclei of a picture are."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from immunostain.network.predictor import FOREGROUND, NUCLEUS_DIAMETER, SIZE, Predictor
from immunostain.network.tiles import brightness_of, cut_tiles, run_network
from immunostain.shared.resampling import resample, zoomed

FINEST = 2.0  # how much a picture is enlarged at most to see what is in it
FEWEST_PIXELS = 64  # in height or width; in a smaller picture there is no crowd to see
FEWEST_OF_ONE = 40  # as well, where one thing may fill the picture
SURE = 0.8  # foreground from which pixels count; specks seldom reach it
FEWEST_FOUND = 12  # pixels in nuclei, fewer say nothing
SMALLEST = 4.0  # pixels; what is smaller is noise
# A look counts the more, the surer it is and the nearer the nuclei are to the network's own size:
# `sure ** SURENESS * exp(-((octaves - JUST_RIGHT) / SPREAD) ** 2)`.
SURENESS = 8
JUST_RIGHT = 0.1
SPREAD = 0.5
SHRINKS = -0.1  # octaves: a crowd taken for one thing is told by a finer look, in which it shrinks
ALIKE = 0.6  # octaves: looks that far from the one that counts most say something else
TOO_LARGE = 0.8  # octaves: if the look before says the same, a finer one tells nothing new
# Nor does it where nuclei are a little too large already and the network is so sure of them. On
# 138 annotated pictures, half of them enlarged, this spares a quarter of the pixels asked about,
# and half of those of large stills; the mean error was 0.127 octaves and is 0.128.
LARGE = 0.2  # octaves
VERY_SURE = 0.85
# What a coarse look must say for the size to be called uncertain: by how many octaves nuclei are
# larger than estimated, how large they are for the network, and of how much of what is rather
# nucleus than not it is sure.
DOUBT = (1.2, -1.4, 0.7)
_WINDOW = 256
_WINDOWS = 3  # of a picture larger than that many, the richest ones are looked at


@dataclass(frozen=True)
class Look:
    """What the network sees in a picture at one resolution.

    Attributes
    ----------
    zoom
        Of the picture.
    octaves
        How much larger than its own the network finds the nuclei, as a binary logarithm.
    sure
        Of the pixels that are rather nucleus than not, the share of which it is sure.
    """

    zoom: float
    octaves: float
    sure: float

    @property
    def diameter_px(self) -> float:
        """Give the diameter of the nuclei, pixels of the picture."""
        return NUCLEUS_DIAMETER / self.zoom * 2**self.octaves


@dataclass(frozen=True)
class Estimate:
    """How large nuclei are.

    Attributes
    ----------
    diameter_px
        Their diameter; None where none were seen.
    coarse_px
        What a coarse look says, where that is far larger: small nuclei may be the texture of one
        large thing. None: the looks agree.
    """

    diameter_px: float | None = None
    coarse_px: float | None = None


def estimate_diameter(network: Predictor, pictures: Iterable[np.ndarray]) -> float | None:
    """Estimate the diameter of nuclei in pixels, None where none were seen; see `estimate`."""
    return estimate(network, pictures).diameter_px


def estimate(network: Predictor, pictures: Iterable[np.ndarray]) -> Estimate:
    """Estimate the diameter of the nuclei in some pictures of the same magnification.

    A picture is shown to the network at a coarse resolution, then at twice that, and so on, until
    two looks agree and the nuclei are larger than it is meant for. The diameter is what those looks
    say that are surest and at which the nuclei have about the size it is meant for: at others a
    crowd may look like one large nucleus, or the texture of a nucleus like a crowd. One after which
    the nuclei shrink, when they should have grown, doesn't count. So large nuclei cost little.

    One large thing with a texture, such as chromosomes that divide, looks like a crowd by that. At
    a coarse look, where the texture is gone, the network sees it as one. But it sees a ball of
    cells as one, too, so the diameter stays, and is called uncertain.

    Parameters
    ----------
    network
        It is asked about each picture several times.
    pictures
        (Y, X) each, whole or floating-point numbers.

    Returns
    -------
    Estimate
        Pixels, the median over the pictures in which nuclei were seen. That looks disagree is said
        where they do so in at least half of these pictures.
    """
    found = [_estimate(network, picture) for picture in pictures]
    known = [
        each.diameter_px
        for each in found
        if each.diameter_px is not None and each.diameter_px >= SMALLEST
    ]
    coarse = [each.coarse_px for each in found if each.coarse_px is not None]
    if not known:
        return Estimate()
    unsure = coarse and 2 * len(coarse) >= len(known)
    return Estimate(float(np.median(known)), float(np.median(coarse)) if unsure else None)


def _estimate(network: Predictor, picture: np.ndarray) -> Estimate:
    start = _coarsest(picture.shape, FEWEST_PIXELS)
    coarse: list[Look] = []  # in which there is no crowd to see
    seen: list[Look] = []
    for look in _looks(network, picture):
        (coarse if look.zoom < start else seen).append(look)
        if len(seen) > 1 and _tells_enough(look) and _alike(*seen[-2:]):
            break
    if not seen:
        return Estimate()
    diameter = fitting_diameter(seen)
    for look in [*coarse, *seen]:
        said = np.log2(look.diameter_px / diameter), look.octaves, look.sure
        if all(value > least for value, least in zip(said, DOUBT, strict=True)):
            return Estimate(diameter, look.diameter_px)
    return Estimate(diameter)


def _coarsest(shape: tuple[int, ...], fewest: int) -> float:
    """Give the smallest zoom, 1 or a half of it or a half of that, that leaves so many pixels."""
    zoom = 1.0
    while min(shape) * zoom / 2 >= fewest:
        zoom /= 2
    return zoom


def _looks(network: Predictor, picture: np.ndarray) -> Iterator[Look]:
    """Show a picture to the network at twice the resolution each time, until it sees no more."""
    zoom, start = 1.0, _coarsest(picture.shape, FEWEST_OF_ONE)
    shrunken, overview = [picture], picture
    while zoom > start:
        zoom /= 2
        shrunken.append(resample(shrunken[-1], zoomed(picture.shape, zoom)))
        if min(picture.shape) * zoom >= FEWEST_PIXELS:
            overview = shrunken[-1]
    while zoom <= FINEST:
        level = shrunken.pop() if zoom <= 1 else picture
        look = _look(network, level, zoom, overview)
        if look is not None:
            yield look
        zoom *= 2


def _tells_enough(look: Look) -> bool:
    return look.octaves > TOO_LARGE or (look.octaves > LARGE and look.sure > VERY_SURE)


def _alike(one: Look, other: Look) -> bool:
    return bool(abs(np.log2(one.diameter_px / other.diameter_px)) < ALIKE)


def fitting_diameter(looks: Sequence[Look]) -> float:
    """Give the diameter, in pixels, that the looks which count most agree on.

    Parameters
    ----------
    looks
        At least one, coarse to fine.
    """
    octaves, sure = (np.array([getattr(look, of) for look in looks]) for of in ("octaves", "sure"))
    counts = sure**SURENESS * np.exp(-(((octaves - JUST_RIGHT) / SPREAD) ** 2))
    counts[:-1][np.diff(octaves) < SHRINKS] = 0
    best = looks[int(counts.argmax())]
    alike = np.array([_alike(look, best) for look in looks])
    said = np.log2([look.diameter_px for look in looks])
    return float(2 ** np.average(said[alike], weights=counts[alike]))


def _look(network: Predictor, level: np.ndarray, zoom: float, overview: np.ndarray) -> Look | None:
    """Ask how large the network finds the nuclei; None: it is sure of too few pixels.

    The size is the median over nuclei: a pixel counts the less, the larger its nucleus. `level` is
    the picture as it is shown, but for what it must still be enlarged.
    """
    enlarged = max(1.0, zoom)
    brightness = brightness_of(level, zoomed(level.shape, enlarged))
    sizes, rather = [], 0
    for part in _rich_parts(level, enlarged, overview):
        tiles = cut_tiles(part, zoomed(part.shape, enlarged), 0, network.multiple, brightness)
        for _, maps in run_network(network, tiles):
            sizes.append(maps[SIZE][maps[FOREGROUND] > SURE])
            rather += int(np.count_nonzero(maps[FOREGROUND] > 0.5))
    octaves = np.sort(np.concatenate(sizes))
    if octaves.size < FEWEST_FOUND:
        return None
    nuclei = np.cumsum(2.0**-octaves)
    median = float(octaves[np.searchsorted(nuclei, nuclei[-1] / 2)])
    return Look(zoom, median, octaves.size / rather)


def _rich_parts(picture: np.ndarray, zoom: float, overview: np.ndarray) -> list[np.ndarray]:
    """Choose parts of about `_WINDOW` pixels, when zoomed, in which there is most to see."""
    rows, columns = (max(1, round(side * zoom / _WINDOW)) for side in picture.shape)
    if rows * columns <= _WINDOWS:
        return [picture]
    small = np.ma.getdata(overview)
    small = resample(small, (rows * 8, columns * 8)).reshape(rows, 8, columns, 8)
    richest = np.argsort(-small.std((1, 3)).ravel(), kind="stable")[:_WINDOWS]
    edges = [
        np.linspace(0, side, parts + 1).astype(int)
        for side, parts in zip(picture.shape, (rows, columns), strict=True)
    ]
    return [
        picture[edges[0][y] : edges[0][y + 1], edges[1][x] : edges[1][x + 1]]
        for y, x in zip(*np.divmod(richest, columns), strict=True)
    ]
