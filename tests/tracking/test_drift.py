"""How far the stage drifted, in pictures that were moved by known amounts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from immunostain.tracking.drift import stage_drift


def nuclei(shape=(400, 420), number=60, seed=0, radius=7.0):
    """Draw bright nuclei at random places, as real numbers."""
    rng = np.random.default_rng(seed)
    places = rng.uniform(0, 1, (number, 2)) * shape
    picture = np.zeros(shape)
    picture[tuple(places.astype(int).T)] = rng.uniform(0.5, 1, number)
    return ndimage.gaussian_filter(picture, radius / 2) * radius**2 * 6 * 1000


def seen(large, places, size=256, noise=20.0, background=300.0):
    """Cut pictures out of a larger one, with the corner at each place (x, y), as a camera would."""
    rng = np.random.default_rng(1)
    frames = []
    for x, y in places:
        part = ndimage.shift(large, (-(y % 1), -(x % 1)), order=3)[
            int(y) : int(y) + size, int(x) : int(x) + size
        ]
        light = part + background + rng.normal(0, noise, part.shape)
        frames.append(light.clip(0, 65535).astype(np.uint16))
    return frames


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(-40, 40), st.integers(-40, 40)), min_size=1, max_size=5))
def test_a_picture_that_is_rolled_around(steps):
    picture = seen(nuclei(), [(0, 0)])[0]
    moved = np.cumsum([(0, 0), *steps], axis=0)
    pictures = [np.roll(picture, (y, x), (0, 1)) for x, y in moved]
    assert stage_drift(pictures) == pytest.approx(moved.astype(float), abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("number", [10, 60, 300])
def test_a_stage_that_drifts_by_parts_of_a_pixel(seed, number):
    """What leaves the picture at one side doesn't come in at the other."""
    rng = np.random.default_rng(seed)
    moved = np.cumsum(np.vstack([(0, 0), rng.uniform(-6, 6, (9, 2))]), axis=0)
    # The picture's corner goes left where what stands still goes right.
    drift = stage_drift(seen(nuclei(number=number, seed=seed), 80 - moved))
    assert drift == pytest.approx(moved, abs=0.3)


def test_a_drift_that_is_too_slow_to_be_seen_in_one_frame_adds_up():
    moved = np.stack([0.04 * np.arange(26), np.zeros(26)], axis=1)
    assert stage_drift(seen(nuclei(), 80 - moved)) == pytest.approx(moved, abs=0.3)


@pytest.mark.parametrize("shape", [(256, 120), (128, 380)])
def test_pictures_need_not_be_square(shape):
    large = nuclei(number=120)
    height, width = shape
    pictures = [large[5 + 2 * t :][:height, 40 - 3 * t :][:, :width] for t in range(4)]
    expected = np.array([(3.0 * t, -2.0 * t) for t in range(4)])
    assert stage_drift(pictures) == pytest.approx(expected, abs=0.3)


def test_a_jump_of_a_fifth_of_the_picture():
    pictures = seen(nuclei(), [(60, 60), (110, 20)])
    assert stage_drift(pictures)[1] == pytest.approx([-50, 40], abs=0.3)


def test_nuclei_that_move_each_their_own_way_hardly_count():
    rng = np.random.default_rng(3)
    places = rng.uniform(40, 360, (60, 2))
    moved = np.array([(0, 0), (4, -3), (9, -5)])
    pictures = []
    for shift in moved:
        picture = np.zeros((400, 400))
        picture[tuple((places + shift).astype(int).T)] = 1
        pictures.append(ndimage.gaussian_filter(picture, 4) * 1e5 + 100)
        places = places + rng.normal(0, 1.5, places.shape)
    assert stage_drift(pictures) == pytest.approx(moved[:, ::-1], abs=1.0)


@pytest.mark.parametrize("value", [0, 7, 65535])
def test_pictures_that_show_nothing_do_not_move(value):
    drift = stage_drift(np.full((40, 50), value, np.uint16) for _ in range(3))
    assert np.array_equal(drift, np.zeros((3, 2)))


def test_a_picture_that_stands_still_does_not_move():
    pictures = [seen(nuclei(), [(0, 0)])[0]] * 4
    assert np.array_equal(stage_drift(pictures), np.zeros((4, 2)))


def test_noise_and_bleaching_are_no_drift():
    large = nuclei()
    pictures = [seen(large * 0.8**t, [(10, 10)], noise=40.0)[0] for t in range(6)]
    assert np.abs(stage_drift(pictures)).max() <= 0.3


def test_an_empty_picture_between_others_does_not_move():
    picture = seen(nuclei(), [(0, 0)])[0]
    drift = stage_drift([picture, np.zeros_like(picture), picture])
    assert np.array_equal(drift, np.zeros((3, 2)))


def test_a_bright_speck_does_not_decide_alone():
    """Dirt on the camera stays where it is while the stage moves."""
    pictures = seen(nuclei(), [(50, 50), (41, 53)])
    for picture in pictures:
        picture[100:104, 90:94] = 65535
    assert stage_drift(pictures)[1] == pytest.approx([9, -3], abs=0.3)


@pytest.mark.parametrize("number", [0, 1])
def test_without_a_second_picture_nothing_has_moved(number):
    pictures = [seen(nuclei(), [(0, 0)])[0]] * number
    assert np.array_equal(stage_drift(pictures), np.zeros((number, 2)))


def test_each_picture_is_asked_for_when_the_one_before_has_been_used():
    """So that its memory can be used again."""
    large, memory = nuclei(), np.empty((256, 256), np.uint16)

    def one_by_one():
        for t in range(4):
            memory[:] = seen(large, [(50 - 7 * t, 20)])[0]
            yield memory

    expected = np.array([(7.0 * t, 0.0) for t in range(4)])
    assert stage_drift(one_by_one()) == pytest.approx(expected, abs=0.3)
