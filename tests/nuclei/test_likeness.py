"""What looks like a nucleus to the network, on maps that are drawn."""

import numpy as np
import pytest

from immunostain.nuclei.likeness import Likeness, likeness, seen_in

Y, X = np.indices((120, 120))
DISC = np.hypot(Y - 60, X - 60) <= 20
CROSS = (abs(Y - 60) < 4) & (abs(X - 60) < 40) | (abs(X - 60) < 4) & (abs(Y - 60) < 40)
NOTHING = np.zeros(DISC.shape, bool)


def seen(mask, certainty, dropped=NOTHING, labelled=None, times=1):
    """Give what is seen in maps of a mask of one certainty, of a picture `times` as large."""
    foreground = np.where(mask, np.uint8(255 * certainty), np.uint8(0))
    labels = (mask if labelled is None else labelled).astype(np.uint32)
    labels = labels.repeat(times, 0).repeat(times, 1)
    dropped = dropped.repeat(times, 0).repeat(times, 1)
    return seen_in(np.stack([foreground, foreground]), labels, dropped, 0.5)


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize(
    ("mask", "certainty", "like"), [(DISC, 0.95, 1), (DISC, 0.75, 0), (CROSS, 0.95, 0)]
)
def test_a_nucleus_is_sure_and_nearly_an_ellipse(mask, certainty, like, times):
    area = int(mask.sum())
    assert likeness(seen(mask, certainty, times=times)) == Likeness(area, like * area)


def test_an_ellipse_is_as_round_as_a_disc():
    ellipse = np.hypot((Y - 60) / 4, (X - 60) / 9) <= 5
    assert seen(ellipse, 0.95).objects.roundness == pytest.approx(1, abs=0.02)
    assert seen(DISC, 0.95).objects.roundness == pytest.approx(1, abs=0.02)


def test_what_is_seen_and_in_no_nucleus_counts_but_not_what_was_dropped_at_the_edge():
    rest, area = Y < 10, int(DISC.sum())
    lost = likeness(seen(DISC | rest, 0.95, labelled=DISC))
    assert lost == Likeness(area + int(rest.sum()), area)
    assert likeness(seen(DISC | rest, 0.95, rest, DISC)) == Likeness(area, area)


def test_in_bands_nothing_changes(monkeypatch):
    expected = seen(DISC | CROSS, 0.9)
    monkeypatch.setattr("immunostain.nuclei.likeness._AT_ONCE", 1000)
    for one, other in zip(seen(DISC | CROSS, 0.9).objects, expected.objects, strict=True):
        np.testing.assert_allclose(one, other)


def test_where_nothing_is_seen_nothing_is_counted():
    assert likeness(seen(NOTHING, 0.95)) == Likeness(0, 0)
