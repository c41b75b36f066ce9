"""The paragraph on methods tells what was run, and nothing else."""

import pytest
from report_made import inventory_row, provenance

from immunostain.report.methods import methods

MODEL = {"path": "nuclei.safetensors", "sha256": "ab12"}


def text(model=None, rows=None, compared="", tracked=False, levels=(), **config):
    rows = [inventory_row("a")] if rows is None else rows
    known = provenance(model, **config) | {"positive_levels": levels}
    return " ".join(methods(known, rows, compared, tracked))


THRESHOLD = {"method": "threshold"}


def test_the_network_or_the_threshold_and_never_both():
    network, threshold = text(MODEL), text(segmentation=THRESHOLD)
    assert "Ronneberger" in network and "ab12" in network
    assert "brightness" not in network
    assert "a level of 50" in threshold
    for word in ("Ronneberger", "OpenVINO", "PyTorch", "U-Net", "probability", "SHA"):
        assert word not in threshold
    several = text({"path": {}, "sha256": {"10": "aa", "20": "bb"}})
    assert "SHA-256 aa, bb" in several


@pytest.mark.parametrize(
    ("device", "named"),
    [
        ("cpu", "OpenVINO openvino-version"),
        ("cuda", "PyTorch torch-version"),
        ("auto", "OpenVINO openvino-version, on graphics cards PyTorch torch-version"),
    ],
)
def test_what_ran_the_network_is_named(device, named):
    assert f"; {named}; model" in text(MODEL, segmentation={"unet": {"device": device}})


@pytest.mark.parametrize(
    ("level", "cited"), [("otsu", "Otsu"), ("li", "Li and Tam"), ("triangle", "Zack")]
)
def test_a_level_is_cited(level, cited):
    group = THRESHOLD | {"threshold": {"level": level}, "separate_touching": False}
    said = text(segmentation=group)
    assert "The level is that of scikit-image" in said
    both = text(segmentation=group | {"separate_touching": True})
    assert "The level and the watershed are those of scikit-image" in both
    assert cited in said and "scikit-image-version" in said and "watershed" not in said
    assert "scikit-image" not in text(segmentation=THRESHOLD | {"separate_touching": False})


def test_tracking_and_statistics_only_where_there_are_any():
    plain = text()
    for word in ("trackpy", "Crocker", "Welch", "Lord", "Holm", "scipy-version", "Divisions"):
        assert word not in plain
    tracked = text(tracked=True, tracking={"search_range": "20 um", "memory": 1})
    assert "trackpy-version" in tracked and "of 20 µm; a nucleus could be missing for 1 frame)" in (
        tracked.replace(".", ")")
    )
    assert "drift" not in tracked and "daughter" in tracked
    assert "daughter" not in text(tracked=True, tracking={"divisions": False})
    compared = text(compared="replicates (day)", comparison={"reference": "control"})
    for part in (
        "with control on the means of replicates (day),",
        "Welch",
        "Holm",
        "Lord",
        "scipy-version",
    ):
        assert part in compared


def test_what_was_measured():
    said = text(quantification={"background": "median", "perinuclear_width": "1.5 um"})
    assert "median of the frame" in said and "rings up to 1.5 µm wide" in said
    assert "median of the frame" not in text() and "rings" not in text()


def test_positive_nuclei_only_where_a_level_was_found():
    levels = [
        {"channel": "A488", "level": 512.3456, "how": "Otsu's threshold of all nuclei"},
        {"channel": "B", "level": None, "how": "no nuclei"},
    ]
    said = text(levels=levels, quantification={"positive": {"A": "otsu", "B": "otsu"}})
    told = "positive for A488 above a mean intensity of 512.3 (Otsu's threshold of all nuclei)."
    assert told in said and said.count("positive for") == 1


def test_sizes_planes_and_the_smallest_area():
    rows = [
        inventory_row("a", minimum_area_px="50 to 62.5", z_planes="7", pixel_size_um="0.5"),
        inventory_row("b", minimum_area_px="200", pixel_size_um="0.13"),
        inventory_row("c", status="skipped", pixel_size_um="9"),
    ]
    said = text(rows=rows, segmentation={"minimum_area": "auto"})
    assert "2 Zeiss .czi images" in said and "0.13 to 0.5 µm" in said
    assert "image (50 pixels)" in text(rows=[inventory_row("a", minimum_area_px="50")])
    assert "(50 to 200 pixels)" in said and "maximum projection" in said
    assert "Objects smaller than 30 µm²" in text(segmentation={"minimum_area": "30 um2"})
    assert "were made flat" not in text() and text().startswith("One Zeiss .czi image was")
    assert "taking plane 3" in text(rows=rows, z_projection=3)
    assert text(rows=[inventory_row("c", status="skipped")]) == "No image was analysed."
