"""The page with the report."""

import csv
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from report_made import PARTS, inventory_row, make, provenance

from immunostain.report import material, page
from immunostain.report.embedding import unpacked
from immunostain.report.gallery import Picture
from immunostain.report.material import Material

NASTY = "<script>alert(\"x\")</script> & 'q' {{ 7*7 }}"


class Page(HTMLParser):
    """Collects tags, links, ids and text of a page, and the cells of its tables."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.ids, self.text = [], [], [], ""
        self.alts, self.tables, self.inside = [], {}, []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        known = dict(attributes)
        self.tags.append(tag)
        self.links += [known[name] for name in ("src", "href", "data-beside") if name in known]
        self.ids += [known["id"]] if "id" in known else []
        self.alts += [known.get("alt")] if tag == "img" else []
        self.inside.append(tag)
        if tag == "table":
            self.rows = self.tables[known["id"]] = []
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append(known.get("data-value"))

    def handle_data(self, data):
        if self.inside[-1:] not in (["script"], ["style"]):
            self.text += f" {data}"
        if self.inside[-1:] == ["td"] and self.rows[-1][-1] is None:
            self.rows[-1][-1] = data
        if self.inside[-2:] == ["th", "button"]:
            self.rows[-1][-1] = data

    def handle_endtag(self, tag):
        while self.inside and self.inside.pop() != tag:
            pass


def of(rows, tmp_path, **more):
    """Give what the page is made of where nothing is known but an inventory."""
    nuclei = tmp_path / "nuclei.csv"
    if not nuclei.exists():
        nuclei.write_text("image,scene\n", encoding="utf-8")
    known = provenance()
    return Material(rows, yaml.safe_dump(known), known, nuclei, **more)


def rendered(made, here=Path()):
    return page.render(PARTS, made, here)


def words(html):
    return " ".join(Page(html).text.split())


def test_numbers_and_reasons(tmp_path):
    rows = [
        inventory_row("a", nuclei="12"),
        inventory_row("b", nuclei="30"),
        inventory_row("", file="c.czi", status="skipped", reason="the file is empty", nuclei=""),
    ]
    tables = {
        "summary_by_image": [{"image": "a", "dose": "0"}, {"image": "b", "dose": "5"}],
        "summary_by_condition": [
            {"dose": "0", "replicates": "3", "images": "7"},
            {"dose": "5", "replicates": "4", "images": "7"},
        ],
    }
    text = words(rendered(of(rows, tmp_path, tables=tables, condition="dose", replicate="day")))
    numbers = ("images analysed 2", "image skipped 1", "nuclei 42", "conditions 2")
    for part in (*numbers, "replicates per condition 3–4"):
        assert part in text
    assert "c.czi : the file is empty" in text
    assert "1.2.3" in text
    assert "conditions" not in words(rendered(of(rows, tmp_path, tables=tables)))
    assert "each image counts as one" not in text
    without = words(rendered(of(rows, tmp_path, tables=tables, condition="dose")))
    assert "images per condition 7" in without and "each image counts as one" in without


def test_a_timelapse_and_its_scenes(tmp_path):
    nuclei = [f"{image},{scene}\n" for image, scene in (("a", 0), ("a", 1), ("b", 0))]
    (tmp_path / "nuclei.csv").write_text("".join(["image,scene\n", *nuclei]), encoding="utf-8")
    rows = [inventory_row("a", scenes="2", width_px="9, 9", height_px="9, 9"), inventory_row("b")]
    pictures = [
        Picture("a", 0, 0, "x", ""),
        Picture("a", 1, 0, "x", ""),
        Picture("b", 0, 0, "x", ""),
    ]
    text = words(rendered(of(rows, tmp_path, pictures=pictures)))
    assert "Open the picture a, scene 0 Open the picture a, scene 1 Open the picture b" in text
    assert "nuclei 2" in text and "timelapse" not in text
    (tmp_path / "f.webp").touch()
    crop = {"channel": "A", "kind": "median", "file": "f.webp", "frame": 0, "mean": 1}
    crop |= {"image": "a", "scene": 1, "nucleus_id": 5}
    crops = {"channels": {"A": {"low": 0, "high": 1}}, "crops": [crop]}
    found = Page(rendered(of(rows, tmp_path, pictures=pictures, crops=crops, crop_folder=tmp_path)))
    assert "a , scene 1, nucleus 5" in " ".join(found.text.split())
    assert "of an image no more than 2, as long as there are others" in found.text
    assert "#picture-1" in found.links and "#picture-0" not in found.links
    lapse = [row | {"frames": "3"} for row in rows]
    text = words(rendered(of(lapse, tmp_path, pictures=pictures)))
    assert "nuclei in all frames 2" in text and "counts in each of its frames" in text


def test_where_positive_levels_come_from(tmp_path):
    level = {"channel": "A", "level": "500", "how": "given in the settings", "nuclei": ""}
    levels = [level, level | {"channel": "B", "how": "Otsu's threshold", "nuclei": "30"}]
    text = words(rendered(of([], tmp_path, tables={"positive_levels": levels})))
    assert "above 500 (given in the settings)." in text
    assert "above 500 (Otsu's threshold); told by 30 nuclei." in text


def test_the_reference_is_named_and_comes_first(tmp_path):
    summary = [{"dose": dose, "images": "3"} for dose in ("5", "0.50", "10")]
    nuclei = "image,dose\na,10\nb,5\nc,0.50\n"
    (tmp_path / "nuclei.csv").write_text(nuclei, encoding="utf-8")
    images = [
        {"image": name, "dose": dose} for name, dose in zip("abc", ("10", "5", "0.50"), strict=True)
    ]
    tables = {"summary_by_image": images, "summary_by_condition": summary}
    made = of([inventory_row("a")], tmp_path, tables=tables, condition="dose")
    made = replace(made, sample_columns=["dose"])
    assert "column dose tells the conditions: 5, 0.50, 10." in words(rendered(made))
    made = replace(made, provenance=provenance(comparison={"reference": 0.5}))
    html = rendered(made)
    assert "tells the conditions: 0.50 (the reference), 5, 10." in words(html)
    data = json.loads(unpacked(re.search('id="nuclei-data">([^<]*)<', html)[1]))
    assert data["columns"]["dose"]["levels"] == ["0.50", "5", "10"]


@pytest.mark.parametrize(("nuclei", "told"), [("0", True), ("1", False)])
def test_a_run_that_found_no_nucleus(tmp_path, nuclei, told):
    rows = [inventory_row("a", nuclei="0"), inventory_row("b", nuclei=nuclei)]
    text = words(rendered(of(rows, tmp_path)))
    assert ("No nucleus was found in any image" in text) == told


def test_nothing_analysed(tmp_path):
    text = words(rendered(of([], tmp_path)))
    assert "Nothing was found. Focus, number and size of nuclei are compared only among" in text
    for part in ("No nucleus", "Explore", "Pictures", "Timelapses", "Positive nuclei"):
        assert part not in text


def test_the_title_tells_reports_apart(tmp_path):
    known = provenance(input_folder="/data/May & June")
    made = replace(of([inventory_row("a")], tmp_path), provenance=known)
    html = rendered(made)
    assert "<title>May &amp; June: immunostain report</title>" in html
    assert "immunostain report: May & June" in words(html)


def test_names_and_reasons_are_text_and_no_markup(tmp_path):
    rows = [
        inventory_row(NASTY, channels=NASTY, nuclear_channel=NASTY),
        inventory_row("", file=NASTY, status="skipped", reason=NASTY),
    ]
    (tmp_path / "nuclei.csv").write_text("image,scene\nx,0\n", encoding="utf-8")
    made = of(
        rows,
        tmp_path,
        pictures=[Picture(NASTY, 1, 0, NASTY, "")],
        tables={
            "summary_by_image": [{"image": NASTY, NASTY: NASTY}],
            "positive_levels": [{"channel": NASTY, "level": "1", "how": NASTY, "nuclei": "1"}],
        },
        not_tracked={NASTY: NASTY},
        movement=[tmp_path / "x.mp4"],
        sample_columns=[NASTY],
        condition=NASTY,
    )
    html = rendered(made, tmp_path)
    found = Page(html)
    # The data, plotly.js and the page's own, in one.
    assert found.tags.count("script") == 3
    assert html.count("alert(") > 10 and 'alert("x")' not in html
    assert found.text.count("{{ 7*7 }}") > 10 and "49" not in found.text


@pytest.mark.parametrize("name", ["a b", "ü", "a#b", "a?b", "50%", "a+b", "-x", "a&b", "a'b\"c"])
def test_links_are_relative_and_lead_to_the_files(tmp_path, name):
    made = make(tmp_path / "results", [name])
    here = made.report.parent
    moved = here / "movement_tracking" / f"{name}_overall_movement.png"
    moved.parent.mkdir()
    moved.touch()
    html = rendered(replace(made.material, movement=[moved]), here)
    links = [link for link in Page(html).links if not link.startswith(("data:", "#"))]
    files = {(here / unquote(link)).resolve() for link in links}
    picture = here / "nuclei_area_verification" / name / f"{name}_color_t-0.png"
    assert {picture, moved} <= files
    assert all(file.is_file() for file in files)
    for link in links:
        assert not link.startswith("/")
        assert not set(link) & set(" #?ü\"'&+")


def test_an_image_may_be_called_as_a_method_of_dict(tmp_path):
    made = make(tmp_path / "results", ["items"])
    without_sheet = replace(made.material, condition=None)
    assert "built-in method" not in rendered(without_sheet, made.report.parent)


def test_places_on_the_page_are_there_once_and_pictures_have_words(tmp_path):
    made = make(tmp_path / "results", ["a", "b"], changes={"a": {"too_small": "99"}})
    found = Page(made.report.read_text(encoding="utf-8"))
    assert len(found.ids) == len(set(found.ids))
    anchors = [link[1:] for link in found.links if link.startswith("#")]
    assert "picture-0" in anchors and set(anchors) <= set(found.ids)
    assert all(found.alts) and len(found.alts) == 2
    for tag, count in (("h1", 1), ("nav", 1), ("main", 1)):
        assert found.tags.count(tag) == count


def test_tables_equal_the_files(tmp_path):
    made = make(tmp_path / "results", ["a", "b", "c"])
    tables = Page(made.report.read_text(encoding="utf-8")).tables
    with (made.report.parent / "general_stats" / "summary_by_image.csv").open() as file:
        assert tables["table-by-image"] == list(csv.reader(file))
    inventory = {row["image"]: row for row in made.material.inventory}
    names, *rows = tables["table-images"]
    assert len(rows) == 3
    for row in rows:
        for name, text in zip(names, row, strict=True):
            assert (text or "") == inventory[row[0]][name]


def test_the_comparison_in_words_and_numbers(tmp_path):
    row = {"measure": "AF488_mean", "condition": "dose <5>", "reference": "control", "n": "4"}
    row |= {"n_reference": "3", "mean": "150", "mean_reference": "100", "difference": "50"}
    row |= {"difference_percent": "50", "ci95_low": "40.123456", "ci95_high": "60", "p": "0.0001"}
    row |= {"p_holm": "0.0002", "reason": ""}
    made = of([inventory_row("a")], tmp_path, tables={"comparison": [row]}, replicate="day")
    html = rendered(made)
    text = words(html)
    assert "AF488 mean intensity: dose <5> is 50 % higher than control" in text
    assert "n = 4 against 3 replicates" in text and "Welch" in text
    assert "on the means of replicates (day), not on nuclei" in text
    assert "on the means of images" in words(rendered(replace(made, replicate=None)))
    untested = row | dict.fromkeys(("p", "p_holm", "ci95_low", "ci95_high"), "")
    without = replace(made, tables={"comparison": [untested | {"reason": "n < 2"}]})
    assert "were not tested (n < 2;" in words(rendered(without))
    assert "Welch" not in words(rendered(without))
    cells = Page(html).tables["table-answer-comparison"]
    assert dict(zip(*cells, strict=True)) == {k: v for k, v in row.items() if v}
    condition = replace(
        made, condition="c", tables={"summary_by_image": [{"image": "a", "c": "x"}]}
    )
    assert "Lord" in words(rendered(condition)) and "Lord" not in words(rendered(of([], tmp_path)))


def test_the_same_results_give_the_same_page(tmp_path):
    made = make(tmp_path / "results", ["a", "b"])
    assert rendered(made.material, made.report.parent) == made.report.read_text(encoding="utf-8")


def test_nothing_is_loaded_from_elsewhere(tmp_path):
    html = make(tmp_path / "results", ["a"]).report.read_text(encoding="utf-8")
    assert "http://" not in html
    assert "https://" not in html


def test_what_the_folder_of_movement_holds(tmp_path):
    made = make(tmp_path / "results", ["a"])
    folder = made.report.parent / "movement_tracking"
    folder.mkdir()
    for name in ("a_rose.png", "a_movie.mp4", "motility_speeds.png", "a_tracks.csv"):
        (folder / name).write_bytes(b"")
    (folder / "b_not_tracked.txt").write_text("no pixel size\n", encoding="utf-8")
    (folder / "motility_by_track.csv").write_text("image,scene\na,0\n", encoding="utf-8")
    gathered = material.gather(
        tables=[str(tmp_path / "results" / "inventory.tsv")],
        provenance=str(tmp_path / "results" / "provenance.yaml"),
        nuclei=str(made.material.nuclei),
        verification={},
        thumbnails={},
        plots=[],
        crops=None,
        movement=[str(folder)],
        sample_columns=[],
        design=(None, None),
        here=made.report.parent,
    )
    assert [file.name for file in gathered.movement] == ["a_movie.mp4", "a_rose.png"]
    assert [file.name for file in gathered.plots] == ["motility_speeds.png"]
    assert gathered.not_tracked == {"b": "no pixel size"}
    assert gathered.tables["motility_by_track"] == [{"image": "a", "scene": "0"}]
