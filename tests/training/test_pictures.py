"""The pictures of a training: who learns from which, and what is refused."""

import logging

import numpy as np
import pytest
import tifffile
from annotated import write_annotated

from immunostain.evaluation.annotated_folders import find_pairs
from immunostain.shared.errors import ImageError, SettingsError
from immunostain.training.examples import split_off
from immunostain.training.pictures import read_training_set

LOG = logging.getLogger("immunostain.test")
NAMES = [f"im {number}" for number in range(5)]


@pytest.fixture
def pairs(tmp_path):
    return find_pairs("training", *write_annotated(tmp_path, NAMES))


def test_every_picture_is_for_one_purpose(pairs):
    data = read_training_set(pairs, 0.4, 7, LOG)
    assert set(data.validation_names) == split_off(NAMES, 0.4, 7)
    assert data.validation_names == sorted(data.validation_names)
    assert (len(data.training), len(data.validation)) == (3, 2)
    nuclei = [tifffile.imread(pair.labels).max() for pair in pairs]
    assert data.training_nuclei + data.validation_nuclei == sum(nuclei)
    assert data.training_nuclei == sum(image.nuclei.max() for image in data.training)
    assert data.diameters == pytest.approx([14] * 5, rel=0.1)
    first = pairs[NAMES.index(data.validation_names[0])]
    np.testing.assert_array_equal(data.validation[0][0], tifffile.imread(first.picture))


def test_one_picture_is_too_few(pairs):
    for few in (pairs[:1], []):
        with pytest.raises(SettingsError, match=r"training\.images: .* at least 2 are needed"):
            read_training_set(few, 0.05, 1, LOG)
    assert len(read_training_set(pairs[:2], 0.5, 1, LOG).training) == 1


def test_without_nuclei_nothing_can_be_learnt(pairs):
    for pair in pairs:
        tifffile.imwrite(pair.labels, np.zeros_like(tifffile.imread(pair.labels)))
    with pytest.raises(SettingsError, match=r"training\.labels: no nuclei are annotated"):
        read_training_set(pairs, 0.2, 1, LOG)


def test_a_damaged_picture_is_named(pairs):
    with open(pairs[3].picture, "r+b") as file:
        file.truncate(100)
    with pytest.raises(ImageError, match="im 3"):
        read_training_set(pairs, 0.2, 1, LOG)
