"""The page with the report."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from immunostain.results.inventory import COLUMNS
from immunostain.results.report import render

TEMPLATE = Path(__file__).parents[2] / "workflow" / "report" / "report.html.j2"
NASTY = "<script>alert(\"x\")</script> & 'q' {{ 7*7 }}"


class Page(HTMLParser):
    """Collects tags, links and text of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.text = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.links += [value for name, value in attributes if name in ("src", "href")]

    def handle_data(self, data):
        self.text += f" {data}"


def row(**changes):
    return dict.fromkeys(COLUMNS, "") | {"image": "a", "file": "a.czi", "status": "ok"} | changes


def page(rows, population=(), pictures=None, movement=(), here="."):
    return render(
        TEMPLATE.read_text(encoding="utf-8"),
        rows,
        list(population),
        b"\x89PNG",
        "python: 3.11\n",
        pictures or {},
        list(movement),
        Path(here),
    )


def test_numbers_and_reasons():
    rows = [
        row(nuclei="12"),
        row(image="b", nuclei="30"),
        row(file="c.czi", image="", status="skipped", reason="the file is empty"),
    ]
    text = " ".join(Page(page(rows, [{}, {}, {}])).text.split())
    for part in ("2 images analysed", "1 images skipped", "3 frames", "42 nuclei"):
        assert part in text
    assert "c.czi the file is empty" in " ".join(text.split())
    assert "python: 3.11" in text


@pytest.mark.parametrize(("nuclei", "told"), [("0", True), ("1", False)])
def test_a_run_that_found_no_nucleus(nuclei, told):
    text = Page(page([row(nuclei="0"), row(image="b", nuclei=nuclei)])).text
    assert ("No nucleus was found in any image" in text) == told


def test_nothing_analysed():
    text = Page(page([])).text
    assert "No nucleus" not in text
    assert "Skipped images" not in text
    assert "Movement" not in text


def test_names_and_reasons_are_text_and_no_markup(tmp_path):
    rows = [row(image=NASTY, channels=NASTY, nuclei="1"), row(status="skipped", reason=NASTY)]
    html = page(rows, pictures={NASTY: [tmp_path / f"{NASTY.replace('/', '')}.png"]}, here=tmp_path)
    found = Page(html)
    assert "script" not in found.tags
    assert found.text.count(NASTY) >= 4
    assert "49" not in found.text


@pytest.mark.parametrize("name", ["a b", "ü", "a#b", "a?b", "50%", "a+b", "-x", "a&b", "a'b\"c"])
def test_links_are_relative_and_lead_to_the_files(tmp_path, name):
    here = tmp_path / "results" / "analysis_data"
    picture = here / "nuclei_area_verification" / name / f"{name}_color_t-0.png"
    track = here / "movement_tracking" / f"{name}_overall_movement.png"
    for path in (picture, track):
        path.parent.mkdir(parents=True)
        path.touch()
    links = Page(page([], pictures={name: [picture]}, movement=[track], here=here)).links
    files = [link for link in links if not link.startswith("data:")]
    assert {here / unquote(link) for link in files} == {picture, track}
    for link in files:
        assert not link.startswith("/")
        assert not set(link) & set(" #?ü\"'&+")


def test_the_plot_is_part_of_the_page():
    assert "data:image/png;base64,iVBORw==" in Page(page([])).links


def test_nothing_is_loaded_from_elsewhere(tmp_path):
    html = page([row(nuclei="1")], pictures={"a": [tmp_path / "a.png"]}, here=tmp_path)
    assert "http://" not in html
    assert "https://" not in html
