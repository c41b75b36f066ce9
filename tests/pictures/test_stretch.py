"""How bright channels are drawn: each nucleus can be seen, whatever else is in the picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from immunostain.images.runs import runs_of
from immunostain.pictures import stretch
from immunostain.pictures.stretch import (
    CLEAR,
    MOST_NOISE,
    STRENGTHS,
    Curve,
    curve_of,
    drawn,
    for_the_eye,
    places_of,
)

SHAPE = (300, 320)
NOISE = 4
GROUND = 200
Y, X = np.indices(SHAPE)


def disc(y, x, radius=20):
    return (Y - y) ** 2 + (X - x) ** 2 < radius**2


def picture(brightness, debris=0, dtype=np.uint16):
    """Draw nuclei so much brighter than the ground, with texture; give frame and label image."""
    frame = np.random.default_rng(0).normal(GROUND, NOISE, SHAPE)
    labels = np.zeros(SHAPE, np.uint32)
    for number, bright in enumerate(brightness):
        nucleus = disc(40 + 60 * (number // 5), 40 + 60 * (number % 5))
        labels[nucleus] = number + 1
        frame[nucleus] += bright * (1 + 0.2 * np.sin(X[nucleus] / 3))
    frame[disc(270, 280, 10)] += debris
    return frame.round().astype(dtype) if np.dtype(dtype).kind == "u" else frame, labels


def places(labels):
    return places_of(runs_of(labels))


def contrast(grey, labels, number):
    """Give by how many grey values a nucleus differs from what lies around it."""
    y, x = np.argwhere(labels == number).mean(axis=0)
    around = disc(y, x, 27) & ~disc(y, x, 21)
    return float(grey[labels == number].mean()) - float(grey[around].mean())


@pytest.mark.parametrize("known", [True, False])
def test_nuclei_thirty_times_dimmer_than_debris_are_seen(known):
    frame, labels = picture([300, 330, 360], debris=9000)
    grey = for_the_eye(frame, places(labels) if known else None)
    assert min(contrast(grey, labels, n) for n in (1, 2, 3)) > 0.9 * CLEAR
    assert grey[disc(270, 280, 8)].min() == 255
    assert grey[labels == 0].std() < MOST_NOISE + 13, "the debris and its surrounding"


def test_a_nucleus_thirty_times_dimmer_than_another_is_seen_and_both_have_texture():
    frame, labels = picture([100, 3000, 1500, 700])
    grey = for_the_eye(frame, places(labels))
    assert min(contrast(grey, labels, n) for n in (1, 2, 3, 4)) > 0.9 * CLEAR
    lowest, highest = np.percentile(grey[labels == 2], (5, 95))
    assert highest - lowest > 15 and (grey[labels == 2] == 255).mean() < 0.1
    assert grey[labels == 1].mean() < grey[labels == 4].mean() < grey[labels == 3].mean()


def test_nuclei_of_about_one_brightness_are_stretched_evenly():
    frame, labels = picture([1000, 1100, 900])
    curve = curve_of(frame, places(labels))
    assert curve.strength == 0
    assert curve.black == pytest.approx(GROUND - 2.6 * NOISE, abs=2)
    assert curve.white == pytest.approx(GROUND + 1.2 * 1.2 * 1100, rel=0.16)


def test_the_noise_is_not_blown_up_for_nuclei_that_lie_in_it():
    frame, labels = picture([2 * NOISE, 40000])
    grey = for_the_eye(frame, places(labels)).astype(float)
    empty = grey[250:, :200]
    assert empty.std() <= MOST_NOISE and empty.mean() < 40


@pytest.mark.parametrize("labelled", [True, False])
def test_a_frame_with_nothing_in_it_is_dark_not_noise(labelled):
    """A stain that is in no nucleus, and a field without nuclei."""
    frame, _ = picture([])
    labels = picture([1, 1])[1] if labelled else np.zeros(SHAPE, np.uint32)
    grey = for_the_eye(frame, places(labels)).astype(float)
    assert grey.std() < 255 / 18 and 10 < grey.mean() < 60


def test_a_stain_in_one_nucleus_of_many_and_one_around_nuclei_are_not_overexposed():
    labels = picture([1] * 15)[1]
    few = picture([1] * 14 + [5000])[0]
    grey = for_the_eye(few, places(labels))
    assert (grey[labels == 15] == 255).mean() < 0.1 and grey[labels == 15].mean() > 150
    cytoplasm = np.zeros(SHAPE, bool)
    for number in range(1, 16):
        y, x = np.argwhere(labels == number).mean(axis=0)
        cytoplasm |= disc(y, x, 29) & (labels == 0)
    around = picture([1] * 15)[0] + (2000 + 5 * X % 300).astype(np.uint16) * cytoplasm
    grey = for_the_eye(around, places(labels))
    assert (grey[cytoplasm] == 255).mean() < 0.1 and grey[cytoplasm].mean() > 150


def test_nuclei_that_are_darker_than_the_ground_are_seen():
    frame, labels = picture([-100, -150])
    grey = for_the_eye(frame, places(labels))
    assert max(contrast(grey, labels, n) for n in (1, 2)) < -CLEAR
    assert (grey == 255).mean() < 0.01


def test_a_dark_corner_is_not_cut_off():
    frame, labels = picture([150] * 6)
    shade = np.where(Y < 90, 0.5, 1)
    grey = for_the_eye((frame * shade).round().astype(np.uint16), places(labels))
    assert min(contrast(grey, labels, n) for n in range(1, 7)) > 0.9 * CLEAR


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_pixels_of_all_kinds_are_drawn_alike(dtype):
    frame, labels = picture([20, 40], dtype=np.float64)
    frame = (frame - 150).round()
    known = places(labels)
    curve = curve_of(frame.astype(np.uint16), known)
    assert np.array_equal(drawn(frame.astype(dtype), curve), drawn(frame, curve))
    assert curve_of(frame.astype(dtype), known) == curve


@pytest.mark.parametrize("labelled", [True, False])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("value", [0, 7])
def test_one_brightness_is_black(labelled, dtype, value):
    labels = picture([1])[1] if labelled else np.zeros(SHAPE, np.uint32)
    assert not for_the_eye(np.full(SHAPE, value, dtype), places(labels)).any()
    assert not for_the_eye(np.full(SHAPE, value, dtype)).any()


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_masked_pixels_do_not_count_and_are_black(dtype):
    frame, labels = picture([300, 3000])
    mask = X >= 200
    lit = np.where(mask, 60000, frame).astype(dtype)
    grey = for_the_eye(np.ma.masked_array(lit, mask), places(labels))
    assert not grey[mask].any()
    assert min(contrast(grey, labels, n) for n in (1, 2)) > 0.9 * CLEAR
    everything = np.ma.masked_array(lit, np.ones(SHAPE, bool))
    assert not for_the_eye(everything, places(labels)).any()
    assert not for_the_eye(everything).any()


def test_what_is_looked_at_lies_where_it_is_said_to():
    labels = picture([1] * 4)[1]
    labels[0:3, 0:5], labels[0:3, 5:9] = 5, 6  # at the corner, and side by side
    runs = runs_of(labels)
    found = places_of(runs)
    flat = labels.ravel()
    assert np.array_equal(flat[found.inside], found.nucleus + 1)
    assert set(found.nucleus) == set(range(6))
    assert np.array_equal(flat[found.anywhere] == 0, found.is_background)
    beside = found.beside != found.inside
    assert not flat[found.beside[beside]].any()
    assert np.ptp(found.beside // SHAPE[1] - found.inside // SHAPE[1]) == 0, "in the same row"
    corner = found.nucleus == 4
    assert corner.sum() == 3 and not beside[:, corner].any()
    assert beside[:, found.nucleus == 5].tolist() == [[False] * 3, [True] * 3]


def test_columns_of_a_picture_are_all_looked_at():
    width = 1 << 12
    places = stretch._spread(width * width, width)
    assert len(places) <= 1 << 14 and len(np.unique(places % width)) == width


@pytest.mark.parametrize("strength", STRENGTHS)
def test_known_grey_values(strength):
    curve = Curve(100, 300, strength)
    grey = curve.grey(np.array([0, 100, 200, 300, 400]))
    assert grey[[0, 1, 3, 4]].tolist() == [0, 0, 255, 255]
    if strength:
        assert grey[2] == pytest.approx(255 * np.arcsinh(strength / 2) / np.arcsinh(strength))
        assert grey[2] > 127.5
    else:
        assert grey[2] == 127.5


@given(
    frame=arrays(st.sampled_from([np.uint8, np.uint16]), (12, 17)),
    labels=arrays(np.uint32, (12, 17), elements=st.integers(0, 3)),
)
def test_brighter_is_never_darker(frame, labels):
    labels = np.unique(np.append(labels.ravel(), 0), return_inverse=True)[1][:-1].astype(np.uint32)
    grey = for_the_eye(frame, places(labels.reshape(frame.shape)))
    order = np.argsort(frame.ravel(), kind="stable")
    assert (np.diff(grey.ravel()[order].astype(int)) >= 0).all()
    assert grey.max() <= 255 and grey.dtype == np.uint8


def test_a_frame_in_bands_is_drawn_alike(monkeypatch):
    frame = picture([300, 3000])[0].astype(np.float32)
    whole = for_the_eye(frame)
    monkeypatch.setattr(stretch, "IN_CACHE", 1000)
    assert np.array_equal(for_the_eye(frame), whole)
