"""Images that are far from the others of their group."""

import random

import numpy as np
import pytest

from immunostain.report.outliers import FEWEST, FEWEST_ALIKE, Measured, _median_without, outliers


def spread(count, group="a", middle=100.0, deviation=0.1, seed=1):
    rng = random.Random(seed)
    return {
        f"{group} {n}": Measured(middle * np.exp(rng.gauss(0, deviation)), group)
        for n in range(count)
    }


@pytest.mark.parametrize("deviation", [0.0, 0.05, 0.2, 0.4])
@pytest.mark.parametrize("count", [10, 30, 300])
def test_ordinary_spread_is_not_told(count, deviation):
    for seed in range(20):
        assert not outliers(spread(count, deviation=deviation, seed=seed), factor=1.5, usual=0.1)


def test_one_that_is_far_is_told_with_the_median_of_the_others():
    images = spread(11, deviation=0.05) | {"low": Measured(30, "a"), "high": Measured(300, "a")}
    found = outliers(images, factor=2, usual=0.1)
    logarithms = {name: np.log(image.value) for name, image in images.items()}
    others = {
        name: np.exp(np.median([value for key, value in logarithms.items() if key != name]))
        for name in ("low", "high")
    }
    assert found == {
        "low": pytest.approx((30, others["low"])),
        "high": pytest.approx((300, others["high"])),
    }


@pytest.mark.parametrize("count", range(2, 9))
def test_the_median_without_one(count):
    values = sorted(np.random.default_rng(count).normal(size=count).tolist())
    for place in range(count):
        rest = values[:place] + values[place + 1 :]
        assert _median_without(values, place) == pytest.approx(np.median(rest))


def test_what_a_condition_does_is_not_told_but_one_image_of_it_is():
    images = spread(4, "control") | spread(4, "treated", middle=900) | spread(4, "more", 8000)
    assert not outliers(images, factor=2, usual=0.1)
    assert list(outliers(images | {"bad": Measured(100, "treated")}, 2, 0.1)) == ["bad"]
    # Two bad ones of six hide neither themselves nor a good one.
    bad = {name: Measured(value, "more") for name, value in (("x", 500), ("y", 700))}
    assert set(outliers(spread(9, "control") | spread(4, "more", 8000) | bad, 2, 0.1)) == {"x", "y"}


def test_too_few_images_tell_nothing():
    images = spread(FEWEST - 2, deviation=0)
    assert not outliers(images | {"bad": Measured(1, "a")}, factor=2, usual=0.1)
    assert outliers(images | {"b": Measured(100, "a"), "bad": Measured(1, "a")}, 2, 0.1)
    # Of so few images of a group nobody knows which one is right.
    few = {str(n): Measured(10**n, "b") for n in range(FEWEST_ALIKE - 1)}
    assert not outliers(spread(20) | few, factor=2, usual=0.1)


def test_chance_is_allowed_for():
    images = spread(20, middle=9, deviation=0) | {"few": Measured(3, "a", chance=3**-0.5)}
    assert not outliers(images, factor=2, usual=0.1)
    assert list(outliers(images | {"few": Measured(3, "a")}, factor=2, usual=0.1)) == ["few"]
    # A count of 9 varies by 3; the mean of 100 such counts by 0.3.
    for pictures, far in ((1, []), (100, ["few"])):
        counts = images | {"few": Measured(3, "a", pictures=pictures)}
        assert list(outliers(counts, factor=2, usual=0.1)) == far
