"""The peaks of DNA content: found where they are, and never where they aren't."""

import numpy as np
import pytest
from plotted_nuclei import gathered, nuclei

from immunostain.plots.dna_content import clear_peaks, dna_content


def one_peak(rng, number, spread=0.1):
    return rng.lognormal(13, spread, number)


def two_peaks(rng, number, spread=0.1, share=0.3, ratio=2.0):
    return one_peak(rng, number, spread) * np.where(rng.random(number) < share, ratio, 1)


@pytest.mark.parametrize("number", [300, 2000, 20000])
@pytest.mark.parametrize("spread", [0.05, 0.1])
def test_two_clear_peaks_are_found_where_they_are(number, spread):
    sums = two_peaks(np.random.default_rng(number), number, spread)
    peaks = clear_peaks(sums)
    assert peaks.two_n == pytest.approx(np.exp(13), rel=0.05)
    assert peaks.four_n == pytest.approx(2 * np.exp(13), rel=0.08)
    assert clear_peaks(np.r_[sums, [np.nan, np.inf, 0, -5]]) == peaks


def test_those_that_replicate_hide_no_clear_peaks():
    rng = np.random.default_rng(0)
    between = rng.uniform(1, 2, 200) * one_peak(rng, 200)
    assert clear_peaks(np.r_[two_peaks(rng, 1000, share=0.4), between]) is not None


@pytest.mark.parametrize(
    "made",
    [
        lambda rng: one_peak(rng, 1000, 0.05),
        lambda rng: one_peak(rng, 300, 0.6),
        lambda rng: rng.uniform(1, 5, 400),
        lambda rng: np.exp(rng.uniform(0, 3, 400)),
        lambda rng: rng.exponential(1.0, 400),
        lambda rng: two_peaks(rng, 1000, ratio=1.5),
        lambda rng: two_peaks(rng, 1000, ratio=3.0),
        lambda rng: two_peaks(rng, 1000, spread=0.3),
        lambda rng: two_peaks(rng, 1000, share=0.01),
        lambda rng: two_peaks(rng, 190),
        lambda rng: rng.normal(0, 1, 1000),
    ],
)
def test_no_peak_is_named_that_is_not_there(made):
    assert not [seed for seed in range(40) if clear_peaks(made(np.random.default_rng(seed)))]


@pytest.mark.parametrize("sums", [[], [5.0], [5.0] * 500, [0.0] * 500, [np.nan] * 500])
def test_what_has_no_spread_has_no_peaks(sums):
    assert clear_peaks(np.array(sums, float)) is None


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_the_plot_names_clear_peaks_only():
    rng = np.random.default_rng(0)
    sums = {"clear": two_peaks(rng, 500), "not": one_peak(rng, 500)}
    figure = dna_content(gathered(nuclei(["clear"], {"DAPI": lambda image: sums[image]})))
    (axes,) = figure.axes
    assert texts(axes) == ["2N (G1)", "4N (G2/M)"]
    places = [line.get_xdata()[0] for line in axes.lines]
    assert places[1] / places[0] == pytest.approx(2, abs=0.1)
    figure = dna_content(gathered(nuclei(["not"], {"DAPI": lambda image: sums[image]})))
    assert texts(figure.axes[0]) == [] and not figure.axes[0].lines
    assert "500 nuclei of 1 image; no two clear peaks" in figure.texts[1].get_text()


def test_background_is_taken_off_where_it_is_known_and_time_points_are_no_further_nuclei():
    table = nuclei(["a"], {"DAPI": [10.0, 20.0, 30.0]}, frames=7, corrected=True)
    figure = dna_content(gathered(table))
    (axes,) = figure.axes
    assert axes.get_xlabel() == "Background-corrected sum (grey values)"
    assert figure.texts[1].get_text().startswith("3 nuclei of 1 image; of timelapses the first")
    bars = axes.patches[0].get_xy()
    assert bars[:, 1].max() == 1 and bars[bars[:, 1] > 0, 0].max() > 90 * 29
