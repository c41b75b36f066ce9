"""An experiment whose answer is known: what the run concludes, and which images it finds bad."""

import csv
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from browser import opened
from conditions_made import CHANNELS, EMPTY, OUT_OF_FOCUS, OVEREXPOSED, SHIFTS, made_images, make
from project import Project, made_once

BAD = {"No nuclei": EMPTY, "Saturated": OVEREXPOSED, "Out of focus": OUT_OF_FOCUS}
LEVELS = {"AF488": {"control": {"condition": "control"}, "percentile": 99}, "mCherry": "otsu"}


def analyse(project: Project) -> None:
    make(project.folder / "images")
    project.configure(
        sample_sheet="samples.csv",
        analyses=["quantification"],
        segmentation={"threshold": {"level": "otsu"}},
        quantification={"background": "median", "positive": LEVELS},
        comparison={"reference": "control"},
    ).finish()


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """Give the project in which it has been analysed; not to be changed."""
    return made_once(tmp_path_factory, "compared", analyse)


def general(project: Project, name: str) -> list[dict[str, str]]:
    path = project.results / "analysis_data" / "general_stats" / f"{name}.csv"
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def report_of(project: Project) -> str:
    return (project.results / "analysis_data" / "report.html").read_text(encoding="utf-8")


class Texts(HTMLParser):
    """The texts of a page's lists, by section, and the cells of its tables, by table.

    Of a number that is shown rounded the whole one counts, which is behind it.
    """

    def __init__(self, page: str):
        super().__init__()
        self.section, self.table, self.open = "", "", ""
        self.items: dict[str, list[str]] = {}
        self.cells: dict[str, list[list[str]]] = {}
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        known = dict(attributes)
        if tag == "section":
            self.section = known["id"]
        elif tag == "table":
            self.table = known["id"].removeprefix("table-")
            self.cells[self.table] = []
        elif tag == "tr":
            self.cells[self.table].append([])
        elif tag in ("th", "td"):
            self.cells[self.table][-1].append(known.get("data-value", ""))
            self.open = "" if "data-value" in known else tag
        elif tag in ("li", "dt", "dd", "summary"):
            self.items.setdefault(self.section, []).append("")
            self.open = tag

    def handle_endtag(self, tag):
        self.open = "" if tag == self.open else self.open

    def handle_data(self, text):
        if self.open in ("th", "td"):
            self.cells[self.table][-1][-1] += text
        elif self.open:
            self.items[self.section][-1] += text


def test_what_is_different_is_found_and_nothing_else(compared):
    rows = general(compared, "comparison")
    for row in rows:
        assert (row["reference"], row["n"], row["n_reference"]) == ("control", "4", "4")
        told = row["p_holm"] and float(row["p_holm"]) < 0.05
        # That no nucleus of two conditions is positive is no spread to tell chance by.
        assert bool(told) == row["measure"].startswith("AF488"), row
        assert bool(row["p"]) != bool(row["reason"])
    corrected = {
        row["condition"]: [
            100 * float(row[name]) / float(row["mean_reference"])
            for name in ("ci95_low", "difference", "ci95_high")
        ]
        for row in rows
        if row["measure"] == "AF488_background_corrected_sum"
    }
    assert list(corrected) == ["low dose", "high dose"]
    for condition, (low, difference, high) in corrected.items():
        true = 100 * (SHIFTS[condition] - 1)
        assert low < true < high
        assert difference == pytest.approx(true, abs=4)


def test_the_report_says_so_at_the_top(compared):
    said = Texts(report_of(compared)).items["answer"]
    assert "high dose is 61 % higher than control" in " ".join(said)
    first = [text for text in said if "higher" in text or "lower" in text or "chance" in text]
    different = [text for text in first if "chance" not in text]
    assert first[: len(different)] == different  # before what can't be told from chance
    assert all(text.startswith("AF488") and "higher" in text for text in different)
    assert {text.split(" is ")[0].split(": ")[1] for text in different} == {"low dose", "high dose"}


def test_numbers_of_the_report_are_those_of_the_tables(compared):
    page = Texts(report_of(compared))
    nuclei = len(general(compared, "nuclei"))
    found = {what: int(count) for what, count in pairwise(page.items["answer"]) if count.isdigit()}
    assert found == {
        "images analysed": 36,
        "images skipped": 0,
        "nuclei": nuclei,
        "conditions": 3,
        "replicates per condition": 4,
    }
    tables = {
        "answer-comparison": "comparison",
        "by-image": "summary_by_image",
        "by-replicate": "summary_by_replicate",
        "by-condition": "summary_by_condition",
    }
    assert {*page.cells} == {*tables, "images"}
    for of_page, of_file in tables.items():
        columns, *shown = page.cells[of_page]
        assert len(columns) > 10
        assert shown == [[row[name] for name in columns] for row in general(compared, of_file)]
    for row in general(compared, "positive_levels"):
        assert f'value="{row["level"]}"' in report_of(compared)


def test_exactly_the_bad_images_need_attention(compared, chromium):
    told = Texts(report_of(compared)).items["attention"]
    assert told[::2] == [f"{kind}: 1" for kind in BAD]
    assert [text.partition(":")[0] for text in told[1::2]] == list(BAD.values())
    report = compared.results / "analysis_data" / "report.html"
    with opened(chromium, report, viewport={"width": 1280, "height": 900}) as page:
        page.locator("#filter-flagged").check()
        shown = page.locator("#gallery > li:visible")
        assert {*shown.evaluate_all("all => all.map(e => e.dataset.name)")} == {*BAD.values()}
        page.locator("#filter-flagged").uncheck()
        page.locator("#filter-condition").select_option("low dose")
        of_condition = {image.name for image in made_images() if image.condition == "low dose"}
        assert {*shown.evaluate_all("all => all.map(e => e.dataset.name)")} == of_condition
        page.locator("#look").scroll_into_view_if_needed()
        for channel in CHANNELS:
            assert page.locator(f"#look img[alt*='in {channel}, ']").count() >= 18


def test_tables_mark_what_is_bad(compared):
    rows = {row["image"]: row for row in general(compared, "summary_by_image")}
    assert [name for name, row in rows.items() if row["nuclei"] == "0"] == [EMPTY]
    shares = {name: row["mCherry_saturated_percent"] for name, row in rows.items()}
    assert [name for name, share in shares.items() if share and float(share) > 1] == [OVEREXPOSED]
    nuclei = [row for row in general(compared, "nuclei") if row["image"] == OVEREXPOSED]
    saturated = sum(int(row["mCherry_saturated_px"]) for row in nuclei)
    area = sum(int(row["area_px"]) for row in nuclei)
    assert float(shares[OVEREXPOSED]) == pytest.approx(100 * saturated / area)
    focus = {name: float(row["focus"]) for name, row in rows.items() if row["focus"]}
    assert min(focus, key=focus.__getitem__) == OUT_OF_FOCUS


def test_positive_nuclei_are_those_above_the_level(compared):
    levels = {row["channel"]: float(row["level"]) for row in general(compared, "positive_levels")}
    assert {*levels} == {*LEVELS}
    nuclei = general(compared, "nuclei")
    for channel, level in levels.items():
        for row in nuclei:
            above = float(row[f"{channel}_mean"]) > level
            assert row[f"{channel}_positive"] == ("TRUE" if above else "FALSE")


def test_a_second_run_has_nothing_to_do(compared):
    assert compared.planned() == {}
