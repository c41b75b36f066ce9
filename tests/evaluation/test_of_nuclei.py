"""Judging by annotated pictures: the numbers and the table."""

import numpy as np
import pytest
from annotated import discs_with_labels
from networks import by_torch, random_network

from immunostain.evaluation import of_nuclei
from immunostain.evaluation.agreement import IOUS
from immunostain.evaluation.of_nuclei import (
    agreement_as_text,
    agreement_with,
    nuclei_by_threshold,
    nuclei_by_unet,
)
from immunostain.network.predictor import NUCLEUS_DIAMETER


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float64])
def test_the_threshold_method_finds_discs(kind):
    picture, labels = discs_with_labels(0)
    found = nuclei_by_threshold((picture / 16).astype(kind), None, True)
    assert [a.f1 for a in agreement_with("a", labels, {"x": found}).found["x"]][:4] == [1] * 4


def test_nuclei_at_the_edge_count():
    picture, labels = discs_with_labels(0)
    found = nuclei_by_threshold(picture[10:], None, True)
    assert found[0].any()
    assert agreement_with("a", labels[10:], {"x": found}).found["x"][0].only_annotated == 0


def test_the_minimum_area_and_separation_are_used():
    picture, _ = discs_with_labels(0)
    assert nuclei_by_threshold(picture, 1000, True).max() == 0
    picture, _ = discs_with_labels(0, radius=7, spacing=13)
    cut, whole = (nuclei_by_threshold(picture, 20, separate).max() for separate in (True, False))
    assert cut > whole


@pytest.mark.parametrize("given", [None, 14.0])
def test_the_unet_method_estimates_the_diameter_only_if_it_is_not_given(monkeypatch, given):
    asked = []

    def maps_of(network, picture, diameter):
        asked.append(diameter)
        maps = np.zeros((2, *picture.shape), np.uint8)
        maps[:, 5:15, 5:15] = 255
        return maps

    monkeypatch.setattr(of_nuclei, "maps_of", maps_of)
    monkeypatch.setattr(of_nuclei, "estimate_diameter", lambda *arguments: 33.0)
    labels = nuclei_by_unet(None, np.zeros((20, 30)), given, 0.5, 5, True)
    assert asked == [given or 33.0]
    assert labels.shape == (20, 30) and labels.max() == 1


def test_the_real_network_can_be_asked():
    picture, _ = discs_with_labels(0)
    network = by_torch(random_network(4, 8))
    labels = nuclei_by_unet(network, picture, NUCLEUS_DIAMETER, 0.5, None, True)
    assert labels.shape == picture.shape and labels.dtype == np.uint32


@pytest.fixture
def evaluated():
    one = np.array([[1, 1, 1, 1, 0, 2, 2, 0]])
    two = np.array([[1, 0, 2, 0, 3, 0, 4, 0]])
    half = np.array([[1, 1, 1, 0, 0, 0, 0, 0]])  # IoU 3/4
    return [
        agreement_with("good", one, {"UNet": one, "threshold": half}),
        agreement_with("bad one", two, {"UNet": np.minimum(two, 1), "threshold": 0 * two}),
    ]


def test_a_comparison_holds_the_counts_at_every_overlap(evaluated):
    good, bad = evaluated
    assert (good.name, good.annotated, bad.annotated) == ("good", 2, 4)
    assert [agreement.both for agreement in good.found["UNet"]] == [2] * len(IOUS)
    assert [agreement.both for agreement in good.found["threshold"]] == [1, 1, 1, 1, 0, 0]


def test_the_report_is_an_aligned_table(evaluated):
    lines = agreement_as_text("models/a.safetensors", evaluated).splitlines()
    assert lines[0] == (
        "models/a.safetensors and the threshold method (Otsu) on 2 images with 6 annotated nuclei"
    )
    table = lines[2 : 4 + len(IOUS)]
    assert table[1].split() == ["IoU", *["UNet", "threshold"] * 3]
    rows = [[float(cell) for cell in line.split()] for line in table[2:]]
    assert [row[0] for row in rows] == list(IOUS)
    # All nuclei at IoU 0.5: UNet 2 TP, 1 FP, 4 FN; threshold 1 TP, 5 FN.
    assert rows[0][1:] == pytest.approx([2 / 7, 1 / 6, 1 / 2, 1 / 4, 4 / 9, 2 / 7], abs=6e-4)
    assert rows[-1][2] == 0
    assert len({len(line) for line in table[1:]}) == 1
    ends = [
        [i for i, c in enumerate(f"{line} ") if c == " " and line[i - 1] != " "] for line in table
    ]
    assert all(end[1:] == ends[1][1:] for end in ends[2:])


def test_the_worst_images_come_first(evaluated):
    many = 4 * evaluated
    lines = agreement_as_text("a", many).splitlines()
    worst = lines[lines.index("Worst images for the UNet (AP at IoU 0.5):") + 1 :]
    assert len(worst) == 5 and worst[0] == "0.000  bad one: 4 annotated, 1 found"
    assert worst[-1] == "1.000  good: 2 annotated, 2 found"
