"""Nuclei, pictures, crops, plots and tables as the page holds them."""

import base64
import csv
import json
from collections import Counter

import pytest
from report_made import inventory_row

from immunostain.report import crops, embedding, explorer, gallery, plots, tables


def test_packed_texts_come_back_and_are_the_same_each_time():
    text = "ü</script>" * 1000
    assert embedding.unpacked(embedding.packed(text)) == text
    assert embedding.packed(text) == embedding.packed(text)
    assert len(embedding.packed(text)) < 1000
    assert "</" not in embedding.compact_json(["</script>"])
    assert json.loads(embedding.compact_json(["</script>"])) == ["</script>"]


def test_a_sample_has_each_image_and_is_the_same_each_time():
    images = [0] * 5000 + [1] * 3 + [2] * 5000
    rows = explorer.chosen(images, most=100)
    assert rows == explorer.chosen(images, most=100) == sorted(set(rows)) and len(rows) == 100
    counts = Counter(images[row] for row in rows)
    assert counts[1] >= 1 and 30 < counts[0] < 70
    assert explorer.chosen(images, most=len(images)) == list(range(len(images)))
    assert len(explorer.chosen(list(range(50)), most=10)) == 50  # each image, come what may


def test_nuclei_are_as_in_the_table(tmp_path):
    rows = [
        ["a,b", "0", "0", "1.50", "12345678901234567890", "TRUE", "control", "0.5", ""],
        ["c", "1", "3", "1e-07", "", "", "+dox", "2", ""],
    ]
    header = ["image", "scene", "frame", "x_px", "A_sum", "A_positive", "condition", "dose", "q"]
    with (tmp_path / "nuclei.csv").open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    inventory = [
        inventory_row("a,b"),
        inventory_row("c", scenes="2", width_px="10, 20", height_px="30, 40"),
        inventory_row("d", status="skipped", scenes=""),
    ]
    shown = [gallery.Picture("c", 1, 3, "", "")]
    found = explorer.nuclei(
        tmp_path / "nuclei.csv", inventory, shown, ["condition", "dose"], "condition"
    )

    def text(name, row):
        column = found["columns"][name]
        return (
            column["levels"][column["codes"][row]] if "codes" in column else column["values"][row]
        )

    assert list(found["columns"]) == header[:-1]
    assert [[text(name, row) for name in header[:-1]] for row in (0, 1)] == [r[:-1] for r in rows]
    assert found["axes"] == ["x_px", "A_sum", "dose"]
    assert found["colours"] == ["image", "A_positive", "condition", "dose"]
    assert found["total"] == 2 and found["scenes"] == {"a,b": 1, "c": 2}
    assert found["sizes"]["c"] == [[10, 30], [20, 40]] and found["pictures"] == [["c", 1, 3]]


def test_conditions_are_in_the_order_in_which_they_are_shown(tmp_path):
    rows = [["a", "high", "2"], ["b", "low", "1"], ["c", "", "1"], ["d", "control", "1"]]
    with (tmp_path / "nuclei.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["image", "dose", "day"], *rows])
    order = ["control", "low", "none of it", "high"]
    found = explorer.nuclei(tmp_path / "nuclei.csv", [], [], ["dose", "day"], "dose", order)
    columns = found["columns"]
    assert columns["dose"] == {"levels": ["control", "low", "high", ""], "codes": [2, 1, 3, 0]}
    assert columns["day"]["levels"] == ["2", "1"]


def test_no_nuclei_are_no_columns(tmp_path):
    (tmp_path / "nuclei.csv").write_text("image,scene\n")
    found = explorer.nuclei(tmp_path / "nuclei.csv", [], [], [], None)
    assert found["total"] == 0 and found["columns"] == {}


def test_pictures_are_the_first_frames_of_scenes(tmp_path):
    folder, small = tmp_path / "a 50%" / "x", tmp_path / "small"
    folder.mkdir(parents=True)
    small.mkdir()
    # An id that looks like the end of a file's name, a channel's picture, a later frame.
    for end in ("_s-1_color_t-10", "_s-1_color_t-9", "_s-0_color_t-0", "_s-0_DAPI_t-0"):
        (folder / f"b_s-7_color_t-1{end}.png").touch()
    (small / "s001_t0009.webp").write_bytes(b"w")
    image = "b_s-7_color_t-1"
    found = gallery.pictures({image: folder}, {image: small}, tmp_path)
    assert [(p.scene, p.frame) for p in found] == [(0, 0), (1, 9)]
    assert found[1].link == "a%2050%25/x/b_s-7_color_t-1_s-1_color_t-9.png"
    assert [p.thumbnail for p in found] == ["", "data:image/webp;base64,dw=="]
    assert gallery.by_image(found) == {image: "picture-0"}


def test_crops_are_by_channel_and_kind(tmp_path):
    (tmp_path / "f.webp").write_bytes(b"w")
    one = {"image": "a", "scene": 0, "frame": 2, "nucleus_id": 5, "mean": 12.5, "positive": None}
    listed = {
        "channels": {"A": {"low": 1, "high": 9.5}, "B": {"low": 0, "high": 1}},
        "crops": [
            {"channel": channel, "kind": kind, "file": "f.webp", **one}
            for channel, kind in (("A", "dimmest"), ("A", "below_level"), ("B", "median"))
        ],
    }
    first, second = crops.channels(listed, tmp_path)
    assert (first.name, first.low, first.high) == ("A", "1", "9.5")
    assert [kind for kind, _ in first.crops] == ["dimmest", "just below the positive level"]
    assert second.crops[0][1] == [crops.Crop("a", 0, 2, 5, "12.5", "data:image/webp;base64,dw==")]
    assert crops.channels({}, tmp_path) == []


def test_plots_have_sections_and_captions(tmp_path, monkeypatch):
    names = ["superplot_A_b_mean", "distribution_A_mean", "channels_A_against_B", "dna_content"]
    names += ["stain_over_time_A", "population_stat", "nuclei_x"]
    files = [tmp_path / f"{name}{end}" for name in names for end in (".png", ".svg")]
    for file in files:
        file.write_bytes(base64.b64decode(""))
    found = plots.plots(files, tmp_path, "replicates")
    assert [plot.link for plot in found] == [f"{name}.png" for name in names[:-1]]
    sections = ["answer", "answer", "stains", "stains", "time", "time"]
    assert [plot.section for plot in found] == sections
    assert found[0].caption.startswith("Mean A_b of nuclei by condition")
    assert found[0].caption.endswith("large ones replicates")
    # In names of files channels have no < and >, and what is the same without them is left so.
    file = tmp_path / "channels__A_against_B_.png"
    file.touch()
    (plot,) = plots.plots([file], tmp_path, "", ["<A", "B>", "B<"])
    assert plot.caption.startswith("<A against B_,")
    assert all(plot.source for plot in found)
    files[2].write_bytes(b"x")
    monkeypatch.setattr(plots, "MOST_BYTES", 0)
    assert [bool(plot.source) for plot in plots.plots(files, tmp_path, "images")] == [True] + 5 * [
        False
    ]


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("506.984285231", "507"),
        ("0.13426314125", "0.1343"),
        ("-29.18", "-29.18"),
        ("3000333", "3000333"),
        ("123456.78", "123457"),
        ("0.00001234567", "1.235e-05"),
        ("1e-30", "1e-30"),
        ("0.0", "0"),
        ("", ""),
        ("nan", "nan"),
        ("1_000.5", "1_000.5"),
        ("still_1", "still_1"),
        ("007", "007"),
    ],
)
def test_numbers_are_rounded_and_texts_are_not(text, short):
    assert tables.shown(text) == short


def test_a_table_has_the_columns_that_are_wanted_and_filled():
    rows = [{"a": "x", "b": "", "c": "1.23456"}, {"a": "", "b": "", "c": ""}]
    table = tables.table("t", "T", "t.csv", rows, ["c", "b", "a", "z"])
    assert table.columns == ("c", "a")
    cell = tables.Cell("1.235", "1.23456", True)
    assert table.rows[0] == (cell, tables.Cell("x", "x", False))
    assert tables.table("t", "T", "t.csv", []) is None


def test_names_are_not_rounded():
    row = {"image": "1.50000", "dose": "2.50000", "focus": "0.50000"}
    (cells,) = tables.table("t", "T", "t.csv", [row], texts=["dose"]).rows
    assert [cell.shown for cell in cells] == ["1.50000", "2.50000", "0.5"]


def test_summaries_are_shortened():
    names = ["image", "nuclei", "area_px_median", "area_px_q1", "area_um2_median", "area_um2_mean"]
    names += ["A_mean_mean", "A_mean_q1", "A_sum_mean", "A_background_corrected_sum_mean"]
    names += ["A_positive_percent", "A_saturated_percent", "condition"]
    micrometres = dict.fromkeys(names, "1")
    shown = tables.summary_columns([micrometres], ["condition"])
    dropped = {"area_px_median", "area_px_q1", "A_mean_q1", "A_background_corrected_sum_mean"}
    assert shown == [name for name in names if name not in dropped]
    pixels = micrometres | {"area_um2_mean": "", "area_um2_median": ""}
    assert "area_px_median" in tables.summary_columns([pixels], ["condition"])
