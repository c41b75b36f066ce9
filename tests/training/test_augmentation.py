"""Crops for training: their form, and that picture and targets are changed alike."""

import hashlib

import numpy as np
import pytest
import torch
from annotated import discs_with_labels

from immunostain.network.predictor import NUCLEUS_DIAMETER, SIZES
from immunostain.training import augmentation
from immunostain.training.augmentation import random_batch
from immunostain.training.examples import Annotated, Source, annotate


@pytest.fixture(scope="module")
def images():
    return [annotate(*discs_with_labels(seed)) for seed in range(3)]


def batch(images, count=4, side=64, seed=0):
    return random_batch([Source(1, images)], count, side, np.random.default_rng(seed))


def test_the_form_of_a_batch(images):
    pictures, targets, weights = batch(images)
    assert pictures.shape == (4, 2, 64, 64) and targets.shape == (4, 3, 64, 64)
    assert weights.shape == (4, 1, 64, 64)
    assert pictures.dtype == targets.dtype == weights.dtype == torch.float32


@pytest.mark.parametrize("seed", range(4))
def test_values_are_in_range(images, seed):
    pictures, targets, weights = batch(images, 8, 64, seed)
    assert pictures.isfinite().all() and pictures[:, 0].min() >= -1 and pictures[:, 0].max() <= 4
    assert targets[:, :2].min() >= 0 and targets[:, :2].max() <= 1
    assert targets[:, 2].min() >= SIZES[0] and targets[:, 2].max() <= SIZES[1]
    assert weights.max() <= 3 and ((weights == 0) | (weights >= 0.5)).all()


def digest(parts):
    return [hashlib.sha256(part.numpy().tobytes()).hexdigest() for part in parts]


def test_all_chance_comes_from_the_generator(images):
    torch.manual_seed(1)
    first = digest(batch(images))
    torch.manual_seed(2)
    np.random.seed(3)
    assert digest(batch(images)) == first
    assert digest(batch(images, seed=1)) != first


@pytest.fixture
def plain(monkeypatch):
    """Switch off what changes brightness and shapes, crowds and empty crops."""
    for share in ("EMPTY", "CROWDED", "BENT", "LONG"):
        monkeypatch.setattr(augmentation, share, 0.0)
    monkeypatch.setattr(augmentation, "vary_appearance", lambda picture, *others: picture)


def test_the_picture_fits_its_targets(images, plain):
    pictures, targets, weights = batch(images, 24, 64)
    for picture, foreground, depth, size, weight in zip(
        pictures[:, 0], *targets.unbind(1), weights[:, 0], strict=True
    ):
        inside, outside = foreground > 0.9, foreground < 0.1
        assert (depth[outside] < 0.6).all()
        if inside.sum() < 30:
            continue
        assert picture[inside].mean() > 0.6 > 0.3 > picture[outside].mean()
        diameter = NUCLEUS_DIAMETER * 2 ** size[inside].median()
        expected = (NUCLEUS_DIAMETER / diameter).clamp(0.5, 3)
        assert weight[inside].median() == pytest.approx(float(expected), rel=0.15)
        assert (weight[foreground == 0] == 1).float().mean() > 0.9


def test_the_size_is_that_of_the_nuclei_in_the_crop(images, plain, monkeypatch):
    monkeypatch.setattr(augmentation, "RARE", 0.0)
    for scales, octave in (((0.5, 0.500001), -1), ((1.0, 1.000001), 0), ((2.0, 2.000001), 1)):
        monkeypatch.setattr(augmentation, "USUAL_SCALES", scales)
        _, targets, _ = batch(images, 8, 96)
        inside = targets[:, 0] > 0.9
        assert targets[:, 2][inside].median() == pytest.approx(octave, abs=0.15)
        area = float(inside.sum()) / inside.numel()
        assert 0.1 < area < 0.6


def test_empty_crops_have_nothing_to_find(images, monkeypatch):
    monkeypatch.setattr(augmentation, "EMPTY", 1.1)
    _, targets, weights = batch(images)
    assert not targets[:, :2].any() and (weights == 1).all()


@pytest.mark.parametrize("shape", [(4, 200), (1, 1), (3, 3), (600, 7)])
def test_small_and_narrow_pictures(shape, monkeypatch):
    monkeypatch.setattr(augmentation, "RARE", 1.0)
    labels = np.zeros(shape, np.int32)
    labels[: shape[0] // 2 + 1, : shape[1] // 2 + 1] = 1
    image = annotate(1000 * labels, labels)
    empty = annotate(1000 * labels, 0 * labels)
    for seed in range(3):
        pictures, _, _ = batch([image, empty], 6, 32, seed)
        assert pictures.isfinite().all()


def test_sources_are_seen_by_their_weights_whatever_their_size(images, plain, monkeypatch):
    monkeypatch.setattr(augmentation, "RARE", 0.0)
    monkeypatch.setattr(augmentation, "NEAR_NUCLEUS", 1.0)
    empty = annotate(np.full((60, 60), 7, np.uint16), np.zeros((60, 60), np.int32))
    sources = [Source(3, images), Source(1, [empty] * 20)]
    found = random_batch(sources, 200, 32, np.random.default_rng(0)).targets[:, 0]
    assert 0.65 < float(found.flatten(1).any(1).float().mean()) < 0.85


def test_nothing_is_learnt_where_nothing_is_known(images, plain):
    unclear = [Annotated(**{**vars(image), "known": image.nuclei > 0}) for image in images]
    _, targets, weights = batch(unclear, 16, 64)
    assert (weights[:, 0][targets[:, 0] == 0] == 0).all()
    assert (weights[:, 0][targets[:, 0] == 1] > 0).float().mean() > 0.8


def test_pixels_where_nuclei_touch_count_more():
    nuclei = torch.tensor([[1, 1, 2, 2, 0, 3], [1, 1, 2, 2, 0, 0]])
    touching = augmentation._touching(nuclei)
    assert (
        touching.tolist() == [[False, True, True, False, True, False]] * 2
    )  # a gap of one pixel, too
