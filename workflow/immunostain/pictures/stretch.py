"""How bright a channel is drawn, so that the outline of every nucleus can be judged by eye.

Stretched evenly to its brightest pixels, a picture with a crumb of dirt thirty times as bright as
the nuclei is black. Here white is what the nuclei need, and where dim ones lie beside bright ones a
curve lifts the dim: asinh, as astronomers draw faint galaxies beside stars (Lupton et al., Publ.
Astron. Soc. Pac. 116, 133, 2004). How strong it is follows from the nuclei, too. A few thousand
pixels tell all this, so it takes hardly any time. Nothing is measured on these pictures.
"""

import math
from dataclasses import dataclass

import numpy as np

from immunostain.images.runs import Runs, add_up, runs_of_nuclei
from immunostain.shared.large_pictures import IN_CACHE, bands
from immunostain.shared.left_out import left_out

CLEAR = 48  # grey values by which a nucleus shall differ from what is around it
MOST_NOISE = 8  # grey values that the camera's noise may have at most
STRENGTHS = (0, *(2**n for n in range(9)))  # of the curve; at 256 a hundredth becomes a quarter
_LOOKED_AT = 1 << 14  # pixels
_BESIDE = 3  # pixels from a nucleus's edge to where its surrounding is looked at
_NOISE_LEVELS = 20  # white lies at least so many times the camera's noise above black
_MOST_DEBRIS = 0.5  # percent of a picture that may be white, where it is brighter than nuclei
_DARKEST = 0.5  # percent of the background that may be black
_FEW = 0.001  # of the pixels; if so few are bright they are no nuclei
_SD_OF_MAD = 1.4826  # by which a median deviation is multiplied to give a standard deviation
_NOISE_OF_STEPS = 1 / math.sqrt(12)  # of rounding to whole grey values


@dataclass(frozen=True)
class Places:
    """The pixels of a frame that are looked at, as indices of the flattened picture.

    Attributes
    ----------
    anywhere
        (N,), spread evenly.
    is_background
        (N,) bool, which of them are in no nucleus.
    inside
        (M,), one in each row of each nucleus.
    beside
        (2, M), to the left and to the right of that row; the same as `inside` where there is a
        nucleus or the picture ends.
    nucleus
        (M,), the nucleus of the row, from 0.
    """

    anywhere: np.ndarray
    is_background: np.ndarray
    inside: np.ndarray
    beside: np.ndarray
    nucleus: np.ndarray


@dataclass(frozen=True)
class _Seen:
    """What is seen of a channel at those places, in its grey values.

    `anywhere` are the intensities of pixels spread evenly, `background` of those in no nucleus,
    `noise` is the camera's there (standard deviation). Of each nucleus `inside` is the mean,
    `around` that of what lies beside it; `top` is how bright the brightest one is (the 95th
    percentile of its pixels), and `highest` the brightest pixel of all.
    """

    anywhere: np.ndarray
    background: np.ndarray
    noise: float
    inside: np.ndarray
    around: np.ndarray
    top: float
    highest: float

    @property
    def ground(self) -> float:
        return float(np.median(self.background))


@dataclass(frozen=True)
class Curve:
    """Which grey value an intensity is drawn in.

    Attributes
    ----------
    black, white
        The intensities that become 0 and 255.
    strength
        How much dim ones are lifted between them; 0: not at all.
    """

    black: float
    white: float
    strength: float

    def grey(self, intensity: np.ndarray) -> np.ndarray:
        """Give grey values, 0 to 255, not rounded; what lies beyond black and white is clipped."""
        if not self.white > self.black:
            return np.zeros(intensity.shape)
        share = ((intensity - self.black) / (self.white - self.black)).clip(0, 1)
        if self.strength:
            share = np.arcsinh(self.strength * share) / math.asinh(self.strength)
        return 255 * share


def places_of(nuclei: Runs) -> Places:
    """Choose the pixels that are looked at, from a frame's label image."""
    height, width = nuclei.shape
    anywhere = _spread(height * width, width)
    nucleus, length, y, x = runs_of_nuclei(nuclei)
    # Now left, now right in each row: the golden ratio spreads them evenly over the nucleus.
    inside = y * width + x + (length * (0.618033988749895 * y % 1)).astype(np.intp)
    beside = np.stack([x - _BESIDE, x + length - 1 + _BESIDE])
    within = (beside >= 0) & (beside < width)
    beside = np.where(within, y * width + beside, inside)
    beside = np.where(_labels_at(nuclei, beside) == 0, beside, inside)
    return Places(anywhere, _labels_at(nuclei, anywhere) == 0, inside, beside, nucleus)


def _spread(size: int, width: int) -> np.ndarray:
    """Give pixels at even steps, which are no multiple of a row's, or they were all in a column."""
    step = max(1, size // _LOOKED_AT)
    while math.gcd(step, width) > 1:
        step += 1
    return np.arange(0, size, step)


def _labels_at(nuclei: Runs, places: np.ndarray) -> np.ndarray:
    return nuclei.label[np.searchsorted(nuclei.start, places, "right") - 1]


def for_the_eye(frame: np.ndarray, places: Places | None = None) -> np.ndarray:
    """Draw a channel so that dim nuclei are seen and bright ones keep their texture.

    Parameters
    ----------
    frame
        (Y, X), whole or floating-point numbers; masked pixels don't count.
    places
        What `places_of` gives of the frame's nuclei. None: they aren't known; then what is clearly
        brighter than most of the picture is taken for them.

    Returns
    -------
    numpy.ndarray
        (Y, X) uint8; all 0 where all pixels are the same, and 0 where a pixel is masked.
    """
    return drawn(frame, curve_of(frame, places))


def drawn(frame: np.ndarray, curve: Curve) -> np.ndarray:
    """Draw a channel, (Y, X), by a curve: (Y, X) uint8, 0 where a pixel is masked."""
    masked, frame = left_out(frame), np.ma.getdata(frame)
    if frame.dtype in (np.uint8, np.uint16):
        # A table of all possible intensities is quicker than arithmetic on every pixel.
        intensities = np.arange(int(np.iinfo(frame.dtype).max) + 1)
        picture = np.rint(curve.grey(intensities)).astype(np.uint8)[frame]
    else:
        picture = np.empty(frame.shape, np.uint8)
        for rows in bands(frame.shape, IN_CACHE):
            picture[rows] = np.rint(curve.grey(frame[rows]))
    if masked is not None:
        picture[masked] = 0
    return picture


def curve_of(frame: np.ndarray, places: Places | None = None) -> Curve:
    """Find how to draw a channel; see `for_the_eye`."""
    if places is None or not len(places.inside):
        seen = _seen_without_nuclei(frame)
    else:
        seen = _seen(frame, places)
    if not len(seen.anywhere):
        return Curve(0, 0, 0)
    ground = seen.ground
    lit = seen.background[seen.background > 0] if ground > 0 else seen.background
    darkest = float(np.percentile(lit, _DARKEST))  # gaps between tiles don't count, dark corners do
    black = float(min([darkest, *seen.inside, *seen.around]))
    # So that the brightest spots keep their texture.
    headroom = ground + 1.2 * max(0, seen.top - ground)
    high = max(headroom, float(np.percentile(seen.anywhere, 100 - _MOST_DEBRIS)))
    white = max(min(high, seen.highest), black + _NOISE_LEVELS * seen.noise)
    return _strong_enough(black, white, seen)


def _strong_enough(black: float, white: float, seen: _Seen) -> Curve:
    """Give the weakest curve by which every nucleus is clear, or else as clear as noise allows."""
    counted = np.abs(seen.inside - seen.around) > seen.noise
    inside, around = seen.inside[counted], seen.around[counted]
    best, clearest = Curve(black, white, 0), -1.0
    noisy = np.array([seen.ground, seen.ground + seen.noise])
    for strength in STRENGTHS:
        curve = Curve(black, white, strength)
        differences = np.abs(curve.grey(inside) - curve.grey(around))
        clear = min(CLEAR, float(differences.min(initial=CLEAR)))
        noise = float(np.diff(curve.grey(noisy))[0])
        if clear > clearest and (noise <= MOST_NOISE or not strength):
            best, clearest = curve, clear
    return best


def _seen(frame: np.ndarray, places: Places) -> _Seen:
    anywhere = _intensities(frame, places.anywhere)
    background = anywhere[places.is_background]
    inside = _intensities(frame, places.inside)
    known = ~np.isnan(inside)
    count = int(places.nucleus.max()) + 1
    means = _means(places.nucleus[known], inside[known], count)
    beside = np.where(places.beside == places.inside, np.nan, _intensities(frame, places.beside))
    there = ~np.isnan(beside)
    nuclei = np.broadcast_to(places.nucleus, beside.shape)
    around = _means(nuclei[there], beside[there], count)
    top = 0.0
    if known.any():
        brightest = inside[known & (places.nucleus == np.nanargmax(means))]
        top = float(np.percentile(brightest, 95))
    anywhere, background = (part[~np.isnan(part)] for part in (anywhere, background))
    anywhere = anywhere if len(anywhere) else inside[known]
    highest = float(np.append(anywhere, inside[known]).max(initial=-math.inf))
    if not len(background):
        background = anywhere
    noise = _noise(frame, places.anywhere[places.is_background])
    compared = ~np.isnan(means) & ~np.isnan(around)
    return _Seen(anywhere, background, noise, means[compared], around[compared], top, highest)


def _seen_without_nuclei(frame: np.ndarray) -> _Seen:
    """Take for nuclei what is clearly brighter than most of the picture."""
    places = _spread(frame.size, frame.shape[1])
    anywhere = _intensities(frame, places)
    anywhere, noise = anywhere[~np.isnan(anywhere)], _noise(frame, places)
    none = np.empty(0)
    if not len(anywhere):
        return _Seen(none, none, 0, none, none, 0, 0)
    ground = float(np.median(anywhere))
    bright = anywhere[anywhere > ground + 5 * noise]
    if len(bright) < _FEW * len(anywhere):
        return _Seen(anywhere, anywhere, noise, none, none, ground, anywhere.max())
    inside = np.percentile(bright, (50, 75))
    around, top = np.full(len(inside), ground), float(np.percentile(bright, 95))
    return _Seen(anywhere, anywhere, noise, inside, around, top, bright.max())


def _intensities(frame: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Give the intensities at places as floats, NaN where a pixel is masked."""
    values = np.ma.getdata(frame).ravel()[places].astype(np.float64)
    masked = left_out(frame)
    if masked is not None:
        values[masked.ravel()[places]] = np.nan
    return values


def _means(nucleus: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    """Give the mean of each nucleus's values, NaN where it has none."""
    number = np.bincount(nucleus, minlength=count)
    sums = add_up(nucleus, values, count)
    return np.divide(sums, number, out=np.full(count, np.nan), where=number > 0)


def _noise(frame: np.ndarray, places: np.ndarray) -> float:
    """Estimate the camera's noise from how neighbouring pixels of the background differ."""
    places = places[places + 1 < frame.size]
    difference = np.abs(_intensities(frame, places) - _intensities(frame, places + 1))
    difference = difference[~np.isnan(difference)]
    found = _SD_OF_MAD * float(np.median(difference)) / math.sqrt(2) if len(difference) else 0.0
    # Steps of one grey value hide noise that is less.
    return max(found, _NOISE_OF_STEPS) if frame.dtype.kind in "ui" else found
