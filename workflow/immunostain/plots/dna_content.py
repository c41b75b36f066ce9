"""How much DNA nuclei have, by the stain in which they were found, and which peaks that has.

Cells before replication have one amount (2N), those after it twice as much (4N). The sum of a DNA
stain over a nucleus shows both as peaks where staining, exposure and sectioning are even enough. A
peak that isn't clear gets no name.

Roukos, V., Pegoraro, G., Voss, T. C., Misteli, T. (2015). Cell cycle staging of individual cells by
fluorescence microscopy. Nature Protocols 10, 334-348.
"""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from scipy import ndimage, signal

from immunostain.plots import words
from immunostain.plots.measured import Measured
from immunostain.plots.style import COLOURS, INK, counted, few_ticks, name_axis, new_figure

_FEWEST = 200  # nuclei in which peaks are looked for
_STEP = 0.01  # of the density, in doublings
_RATIO = (1.8, 2.2)
_STANDS_OUT = 0.25  # of the lower peak's height, above the valley
_ERRORS = 4.0  # standard errors by which the lower peak is above the valley


@dataclass(frozen=True)
class Peaks:
    """Where the stain's sum has its two peaks: before and after replication."""

    two_n: float
    four_n: float


def clear_peaks(sums: np.ndarray) -> Peaks | None:
    """Find the peaks of nuclei with one and with two sets of DNA, if they are clear.

    They are where all of this holds: there are 200 nuclei or more; of a smoothed density over the
    logarithm of the sum, in which both peaks are equally wide, the two highest peaks lie 1.8- to
    2.2-fold apart; between them the density falls by a quarter of the lower peak at least; and in
    windows as wide as the density's smoothing that is more than chance, four standard errors of
    counts.

    Parameters
    ----------
    sums
        The stain of each nucleus, grey values. Those that are not above 0 don't count.

    Returns
    -------
    Peaks or None
    """
    doublings = np.log2(sums[np.isfinite(sums) & (sums > 0)])
    if len(doublings) < _FEWEST or np.ptp(doublings) < 2 * _STEP:
        return None
    width = _bandwidth(doublings)
    grid, density = _density(doublings, width)
    places, found = signal.find_peaks(density, height=0)
    if len(places) < 2:
        return None
    low, high = np.sort(places[np.argsort(found["peak_heights"])[-2:]])
    ratio = 2 ** (grid[high] - grid[low])
    valley = low + int(np.argmin(density[low : high + 1]))
    lower = low if density[low] < density[high] else high
    if not _RATIO[0] <= ratio <= _RATIO[1]:
        return None
    if density[valley] > (1 - _STANDS_OUT) * density[lower]:
        return None
    in_peak, in_valley = (
        int((np.abs(doublings - grid[place]) <= width).sum()) for place in (lower, valley)
    )
    if in_peak - in_valley <= _ERRORS * np.sqrt(in_peak + in_valley):
        return None
    return Peaks(float(2 ** grid[low]), float(2 ** grid[high]))


def _bandwidth(values: np.ndarray) -> float:
    """Give Silverman's bandwidth, but no wider than two peaks a doubling apart can bear."""
    quarters = np.subtract(*np.quantile(values, [0.75, 0.25])) / 1.349
    scale = min(np.std(values), quarters) if quarters > 0 else np.std(values)
    return float(np.clip(0.9 * scale * len(values) ** -0.2, 2 * _STEP, 0.2))


def _density(values: np.ndarray, width: float) -> tuple[np.ndarray, np.ndarray]:
    """Give a Gaussian kernel density on an even grid, from counts in narrow bins."""
    # A few that are far off, such as specks, would make the grid long.
    low, high = np.quantile(values, [0.001, 0.999])
    edges = np.arange(low - 4 * width, high + 4 * width + _STEP, _STEP)
    counts, _ = np.histogram(values, edges)
    smooth = ndimage.gaussian_filter1d(counts.astype(float), width / _STEP, mode="constant")
    return (edges[1:] + edges[:-1]) / 2, smooth / len(values) / _STEP


def dna_content(measured: Measured) -> Figure | None:
    """Plot how the sum of the nuclear stain is spread over nuclei, with its peaks if clear.

    Of timelapses the first frame counts, as the same nuclei follow.

    Returns
    -------
    matplotlib.figure.Figure
        None where no nucleus has a value.
    """
    channel = measured.nuclear_channel
    if channel is None:
        return None
    kind = words.total_kind(measured, channel)
    nuclei = measured.nuclei
    rows = nuclei.loc[nuclei["frame"] == 0, ["image", f"{channel}_{kind}"]].dropna()
    sums = rows[f"{channel}_{kind}"].to_numpy()
    if len(sums) == 0:
        return None
    peaks = clear_peaks(sums)
    low, high = _limits(sums)
    beyond = int(((sums > high) | (sums < low)).sum())
    note = f"{counted(len(sums), 'nucleus')} of {counted(rows['image'].nunique(), 'image')}"
    note += "; of timelapses the first frame" * measured.timelapses
    if peaks:
        note += f"; the peaks' ratio is {peaks.four_n / peaks.two_n:.2f}"
    else:
        note += "; no two clear peaks of which one is at twice the other"
    if beyond:
        note += f"; {counted(beyond, 'nucleus')} beyond the axis"
    figure, axes = new_figure(f"DNA content, by {channel}", [note])
    bins = int(np.clip(len(sums) ** 0.5 * 2, 10, 100))
    axes.hist(sums, bins=bins, range=(low, high), color=COLOURS[5], histtype="stepfilled")
    if peaks:
        axes.set_ylim(top=axes.get_ylim()[1] * 1.12)
        for place, name in ((peaks.two_n, "2N (G1)"), (peaks.four_n, "4N (G2/M)")):
            axes.axvline(place, color=INK, linewidth=1.2, linestyle="--")
            axes.annotate(
                name,
                (place, 1),
                (4, -4),
                xycoords=axes.get_xaxis_transform(),
                textcoords="offset points",
                va="top",
                fontsize=10,
            )
    axes.set_xlim(low, high)
    few_ticks(axes.xaxis, 8)
    few_ticks(axes.yaxis, 6, whole=True)
    name_axis(axes.xaxis, words.axis_label(kind), words.GREY_VALUES, high)
    axes.set_ylabel("Number of nuclei")
    return figure


def _limits(sums: np.ndarray) -> tuple[float, float]:
    """Give ends of the axis that hold nearly all nuclei."""
    low, high = min(float(np.quantile(sums, 0.001)), 0.0), float(np.quantile(sums, 0.995)) * 1.1
    return (low, high) if low < high else (float(sums.min()) - 1, float(sums.max()) + 1)
