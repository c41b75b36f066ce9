"""What the report says needs attention."""

import random

import pytest
from report_made import inventory_row

from immunostain.report.attention import KINDS, Finding, findings

ORDINARY = 30  # nuclei of an image


def rows(count=12, **of_last):
    """Give an inventory and summaries of ordinary images, the last one with changes."""
    rng = random.Random(2)
    inventory, summaries = [], []
    for number in range(count):
        row = inventory_row(
            f"image {number}",
            nuclei=str(rng.randint(ORDINARY - 5, ORDINARY + 5)),
            focus=f"{rng.gauss(0.045, 0.003):.4f}",
            at_edge=str(rng.randint(0, 8)),
            at_edge_percent="20",
            too_small=str(rng.randint(0, 9)),
        )
        area = rng.gauss(700, 20)
        summary = {"image": row["image"], "condition": ("control", "dose")[number % 2]}
        summary |= {"area_px_median": f"{area}", "area_px_q1": f"{0.9 * area}"}
        summary |= {"area_px_q3": f"{1.1 * area}", "DAPI_saturated_percent": "0.9"}
        inventory.append(row)
        summaries.append(summary)
    for name, text in of_last.items():
        (inventory if name in inventory[-1] else summaries)[-1][name] = text
    return inventory, summaries


def found(inventory, summaries, tracks=(), not_tracked=None, condition="condition"):
    return findings(inventory, summaries, tracks, not_tracked or {}, condition)


def test_ordinary_images_need_none():
    assert found(*rows()) == []
    assert found(*rows(300)) == []
    assert found([], []) == []


@pytest.mark.parametrize(
    ("kind", "changes", "part"),
    [
        ("skipped", {"status": "skipped", "reason": "it is empty", "nuclei": ""}, "it is empty"),
        (
            "no nuclei",
            {"nuclei": "0", "focus": "0.01", "too_small": "80", "at_edge": "0"},
            "no nucleus was found in it; below segmentation.minimum_area: 80",
        ),
        ("doubtful", {"like_nuclei_percent": "12.5"}, "12.5 % of the area it sees"),
        (
            "doubtful",
            {"nucleus_diameter_px": "12.1", "coarse_diameter_px": "62.2"},
            "about 62 pixels wide, of which they may be pieces",
        ),
        ("saturated", {"DAPI_saturated_percent": "1.26"}, "1.26 % of the nuclear pixels of DAPI"),
        ("out of focus", {"focus": "0.016"}, "0.016"),
        ("count", {"nuclei": "3", "too_small": "3"}, "3 nuclei, "),
        ("count", {"nuclei": "1234567"}, "1234567 nuclei, "),
        ("count", {"nuclei": "900", "frames": "2", "scenes": "3"}, "150 nuclei in a frame"),
        ("size", {f"area_px_{q}": "1500" for q in ("median", "q1", "q3")}, "1500 pixels"),
        ("edge", {"at_edge": "40", "at_edge_percent": "57.1"}, "40 nuclei (57 %)"),
        ("too small", {"too_small": "80"}, "80 objects"),
    ],
)
def test_a_bad_image_is_named_and_no_other(kind, changes, part):
    (finding,) = found(*rows(**changes))
    assert (finding.kind, finding.image) == (kind, "image 11")
    assert part in finding.text


@pytest.mark.parametrize("changes", [{"focus": "0.2"}, {"focus": ""}, {"at_edge": "4"}])
def test_what_is_no_fault(changes):
    assert found(*rows(**{"at_edge_percent": "20"} | changes)) == []


def test_what_a_condition_does_is_no_fault():
    inventory, summaries = rows(12)
    for row, summary in zip(inventory, summaries, strict=True):
        if summary["condition"] == "dose":
            row["nuclei"] = "8"
            summary |= {f"area_px_{q}": "2000" for q in ("median", "q1", "q3")}
    assert found(inventory, summaries) == []
    assert {finding.kind for finding in found(inventory, summaries, condition=None)} <= {*KINDS}


def test_images_of_another_magnification_are_not_compared():
    inventory, summaries = rows(12)
    for row in inventory[:2]:
        row |= {"magnification": "10", "focus": "0.001", "nuclei": "900"}
    assert found(inventory, summaries) == []


def track(number, first, last, parent="", image="image 0"):
    numbers = {"scene": "0", "track_id": str(number), "parent_track_id": str(parent)}
    return {"image": image, **numbers, "first_frame": str(first), "last_frame": str(last)}


def test_tracks_that_break():
    inventory, summaries = rows(1)
    whole = [track(number, 0, 19) for number in range(10)]
    inventory[0] |= {"nuclei": "200", "frames": "20"}
    # A division, and nuclei that leave, are no faults.
    divided = [track(20, 0, 9), track(21, 10, 19, parent=20), track(22, 10, 19, parent=20)]
    leaving = [track(number, 0, 5) for number in range(30, 40)]
    assert found(inventory, summaries, [*whole, *divided, *leaving]) == []
    broken = [track(n, 0, 9) for n in range(40, 46)] + [track(n, 11, 19) for n in range(46, 52)]
    (finding,) = found(inventory, summaries, whole + broken)
    assert finding == Finding(
        "tracks", "image 0", "of 22 tracks 6 begin and 6 end in between, without a division"
    )


def test_an_image_that_could_not_be_tracked_and_the_order_of_kinds():
    inventory, summaries = rows(too_small="80")
    inventory.append(inventory_row("", file="b.czi", status="skipped", reason="no DAPI"))
    listed = found(inventory, summaries, not_tracked={"image 3": "the pixel size is unknown"})
    assert listed == [
        Finding("skipped", "b.czi", "no DAPI"),
        listed[1],
        Finding("not tracked", "image 3", "the pixel size is unknown"),
    ]
    assert listed[1].kind == "too small"
