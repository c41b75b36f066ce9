"""The pictures of a training: who learns from which, and what is refused."""

import logging
from dataclasses import replace

import numpy as np
import pytest
import tifffile
from annotated import write_annotated

from immunostain.evaluation.annotated_folders import find_pairs
from immunostain.shared.errors import ImageError, SettingsError
from immunostain.training.examples import split_off
from immunostain.training.inputs import AnnotatedSet
from immunostain.training.pictures import read_training_set

LOG = logging.getLogger("immunostain.test")
NAMES = [f"im {number}" for number in range(5)]


@pytest.fixture
def pairs(tmp_path):
    return find_pairs("training", *write_annotated(tmp_path, NAMES))


def read(pairs, share, seed, minimum_area=0):
    return read_training_set([of(pairs, minimum_area=minimum_area)], share, seed, LOG)


def of(pairs, name="", minimum_area=0):
    return AnnotatedSet(name, pairs, 2.0, 3, minimum_area, "CC0")


def test_every_picture_is_for_one_purpose(pairs):
    data = read(pairs, 0.4, 7)
    (source,), (validation,), (facts,) = data.training, data.validation, data.sets
    assert set(facts.validation_names) == split_off(NAMES, 0.4, 7)
    assert facts.validation_names == sorted(facts.validation_names)
    assert (len(source.pictures), len(validation)) == (facts.training_pictures, 2) == (3, 2)
    nuclei = [tifffile.imread(pair.labels).max() for pair in pairs]
    assert facts.training_nuclei + facts.validation_nuclei == sum(nuclei)
    assert facts.training_nuclei == sum(image.nuclei.max() for image in source.pictures)
    assert data.diameters == pytest.approx([14] * 5, rel=0.1)
    first = pairs[NAMES.index(facts.validation_names[0])]
    np.testing.assert_array_equal(validation[0][0], tifffile.imread(first.picture))
    assert (source.weight, facts.held_back, facts.description) == (2.0, 3, "CC0")


def test_each_set_is_split_by_itself(pairs):
    data = read_training_set([of(pairs[:3], "few"), of(pairs, "all")], 0.2, 1, LOG)
    assert [len(source.pictures) for source in data.training] == [2, 4]
    assert [facts.name for facts in data.sets] == ["few", "all"]


def test_what_is_not_annotated_is_not_learnt_from(pairs, tmp_path):
    labels = tifffile.imread(pairs[0].labels)
    ignore = np.zeros_like(labels)
    ignore[:, :30] = 1
    tifffile.imwrite(tmp_path / "ignore.tif", ignore)
    given = [replace(pair, ignore=str(tmp_path / "ignore.tif")) for pair in pairs]
    for image in read(given, 0.2, 1).training[0].pictures:
        left = np.arange(image.known.shape[1]) < 25 * image.known.shape[1] / labels.shape[1]
        assert not image.known[:, left][image.nuclei[:, left] == 0].any()
        assert image.known[image.foreground == 1].mean() > 0.97  # what is annotated is known
        assert image.known[:, -20:].all()
    tifffile.imwrite(tmp_path / "ignore.tif", ignore[1:])
    with pytest.raises(ImageError, match=r"ignore\.tif.* has 88 x 79 pixels"):
        read(given, 0.2, 1)


def test_annotated_specks_are_not_learnt_from(pairs):
    labels = tifffile.imread(pairs[0].labels)
    labels[0, :4] = labels.max() + 1
    for pair in pairs:
        tifffile.imwrite(pair.labels, labels)
    data = read(pairs, 0.2, 1, minimum_area=5)
    assert data.sets[0].training_nuclei == 4 * (int(labels.max()) - 1)
    for image in data.training[0].pictures:
        assert not image.known[0, :8].any() and not image.nuclei[0, :8].any()
        assert image.known.mean() > 0.98
    assert all(truth.max() == labels.max() - 1 for _, truth in data.validation[0])
    assert read(pairs, 0.2, 1, minimum_area=4).sets[0].training_nuclei == 4 * int(labels.max())


def test_one_picture_is_too_few(pairs):
    for few in (pairs[:1], []):
        with pytest.raises(SettingsError, match=r"training\.images: .* at least 2 are needed"):
            read(few, 0.05, 1)
    with pytest.raises(SettingsError, match=r"training\.images\.lone: 1 of the pictures"):
        read_training_set([of(pairs), of(pairs[:1], "lone")], 0.05, 1, LOG)
    assert len(read(pairs[:2], 0.5, 1).training[0].pictures) == 1


def test_without_nuclei_nothing_can_be_learnt(pairs):
    for pair in pairs:
        tifffile.imwrite(pair.labels, np.zeros_like(tifffile.imread(pair.labels)))
    with pytest.raises(SettingsError, match=r"training\.labels: no nuclei are annotated"):
        read(pairs, 0.2, 1)


def test_a_damaged_picture_is_named(pairs):
    with open(pairs[3].picture, "r+b") as file:
        file.truncate(100)
    with pytest.raises(ImageError, match="im 3"):
        read(pairs, 0.2, 1)
