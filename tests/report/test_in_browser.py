"""The report in a real browser: what is shown, filtered, sorted and clicked on."""

import csv
import shutil
from urllib.parse import unquote

import numpy as np
import pytest
from browser import opened
from report_made import CONDITIONS, SIDE, make

from immunostain.report.explorer import MOST

NAMES = ["a 50% ü", "b+<i>&'", "c"]
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 400, "height": 800}
SKIPPED = {"c": {"status": "skipped", "reason": "the file is empty", "nuclei": ""}}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make(tmp_path_factory.mktemp("few") / "results", NAMES)


@pytest.fixture(scope="module")
def thousand(tmp_path_factory):
    # Noise, so that the thumbnail has about as many bytes as the largest that are made.
    noise = np.random.default_rng(1).integers(0, 255, (110, 110))
    images = [f"image {number:04d}" for number in range(1000)]
    folder = tmp_path_factory.mktemp("many") / "results"
    return make(folder, images, nuclei_each=30, thumbnail=noise)


def explored(page):
    """Bring the plot into view, and wait until it is there."""
    page.locator("#explore").scroll_into_view_if_needed()
    page.locator("#explore[data-ready]").wait_for()


def place_of_point(page, nucleus):
    """Give where on the screen a nucleus's point is, by plotly's own axes."""
    return page.evaluate(
        """([x, y]) => {
            const plot = document.getElementById("explore-plot");
            plot.scrollIntoView({block: "center", behavior: "instant"});
            const {xaxis, yaxis} = plot._fullLayout;
            const box = plot.getBoundingClientRect();
            return [box.x + xaxis._offset + xaxis.d2p(x), box.y + yaxis._offset + yaxis.d2p(y)];
        }""",
        [float(nucleus["DAPI_mean"]), float(nucleus["AF488_mean"])],
    )


def values_shown(page):
    return dict(
        page.locator("#nucleus-values > div").evaluate_all(
            "all => all.map(e => [e.dataset.column, e.querySelector('dd').textContent])"
        )
    )


def filled(row):
    return {name: text for name, text in row.items() if name != "track_id"}  # blank in all rows


@pytest.mark.parametrize("log", [False, True])
def test_a_click_on_a_point_shows_its_nucleus(chromium, made, log):
    with opened(chromium, made.report, viewport=WIDE) as page:
        explored(page)
        page.locator("#explore-colour").select_option("AF488_positive" if log else "")
        page.locator("#explore-log-x").set_checked(log)
        # Of the points none may be hidden by another one.
        for nucleus in (made.nuclei[0], made.nuclei[7], made.nuclei[14]):
            place = place_of_point(page, nucleus)
            page.mouse.move(*place)
            name = f"{nucleus['image']}, nucleus {nucleus['nucleus_id']}"
            page.locator("#explore-plot .hovertext", has_text=name).wait_for()
            page.mouse.click(*place)
            one = f"[data-column=AF488_sum] dd:text-is('{nucleus['AF488_sum']}')"
            page.locator(f"#nucleus-values {one}").wait_for()
            assert values_shown(page) == filled(nucleus)
            frame = page.locator("#explore-plot .annotation .bg").bounding_box()
            middle = [frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2]
            assert middle == pytest.approx(place_of_point(page, nucleus), abs=1)
            link = page.locator("#nucleus-link").evaluate("link => link.href")
            folder = made.report.parent / "nuclei_area_verification" / nucleus["image"]
            picture = folder / f"{nucleus['image']}_color_t-0.png"
            assert unquote(link).removeprefix("file://") == str(picture)
            # The picture lies so that the nucleus is in the middle of the box.
            page.locator("#nucleus-crop img").wait_for()
            middle, scale = page.locator("#nucleus-crop").evaluate(
                """box => {
                    const [outer, inner] =
                        [box, box.firstChild].map(e => e.getBoundingClientRect());
                    const scale = inner.width / SIDE;
                    return [[(outer.x + outer.width / 2 - inner.x) / scale - 0.5,
                             (outer.y + outer.height / 2 - inner.y) / scale - 0.5], scale];
                }""".replace("SIDE", str(SIDE))
            )
            assert middle == pytest.approx(
                [float(nucleus["x_px"]), float(nucleus["y_px"])], abs=0.5 / scale
            )


def test_all_nuclei_can_be_reached_with_the_keyboard(chromium, made):
    with opened(chromium, made.report, viewport=WIDE) as page:
        explored(page)
        assert page.locator("#one-before").is_disabled()
        page.locator("#one-after").focus()
        seen = []
        for _ in made.nuclei:
            page.keyboard.press("Enter")
            seen.append(values_shown(page))
        assert seen == [filled(row) for row in made.nuclei]
        assert page.locator("#one-after").is_disabled()
        page.locator("#one-image").select_option(NAMES[1])
        assert values_shown(page) == filled(made.nuclei[5])
        page.locator("#one-nucleus").select_option(index=3)
        assert values_shown(page) == filled(made.nuclei[8])


def test_axes_colours_and_distributions(chromium, made):
    with opened(chromium, made.report, viewport=WIDE) as page:
        explored(page)
        data = "document.getElementById('explore-plot').data"
        page.locator("#explore-x").select_option("area_px")
        page.locator("#explore-log-x").check()
        page.locator("#explore-colour").select_option("AF488_positive")
        traces = page.evaluate(f"{data}.map(t => [t.name, t.x ? [...t.x] : null])")
        for positive, areas in traces:
            expected = [n["area_px"] for n in made.nuclei if n["AF488_positive"] == positive]
            assert areas == [float(area) for area in expected]
        layout = "document.getElementById('explore-plot').layout.xaxis"
        assert page.evaluate(layout)["type"] == "log"
        page.locator("#explore-kind").select_option("spread")
        page.locator("#explore-colour").select_option("condition")
        traces = page.evaluate(f"{data}.map(t => [t.type, t.name, [...t.y]])")
        assert [(kind, name) for kind, name, _ in traces] == [("violin", c) for c in CONDITIONS]
        for _, condition, means in traces:
            expected = [n["AF488_mean"] for n in made.nuclei if n["condition"] == condition]
            assert means == [float(mean) for mean in expected]
        # Names that are numbers are no places on an axis.
        page.locator("#explore-colour").select_option("replicate")
        drawn = "document.getElementById('explore-plot')._fullLayout.xaxis"
        assert page.evaluate(f"[{drawn}.type, {drawn}._categories]") == [
            "category",
            ["0", "1", "2"],
        ]


def test_filters_of_the_gallery(chromium, tmp_path):
    flagged = {"a 50% ü": {"too_small": "99"}}
    made = make(tmp_path / "results", NAMES, changes=flagged)
    with opened(chromium, made.report, viewport=WIDE) as page:

        def shown():
            cards = page.locator("#gallery > li:visible")
            assert page.locator("#gallery-count").inner_text() == f"{cards.count()} of 3 pictures"
            return cards.evaluate_all("all => all.map(e => e.dataset.name)")

        assert shown() == NAMES
        page.locator("#filter-text").fill("<I>")
        assert shown() == [NAMES[1]]
        page.locator("#filter-text").fill("")
        page.locator("#filter-condition").select_option("control")
        assert shown() == [NAMES[0], NAMES[2]]
        page.locator("#filter-flagged").check()
        assert shown() == [NAMES[0]]
        page.locator("#filter-condition").select_option("treated")
        assert shown() == []
        # A link to a picture shows it all the same.
        page.locator("#attention a").click()
        page.locator("#gallery > li:visible").first.wait_for()
        assert shown() == NAMES


def test_tables_sort_and_filter_and_equal_the_files(chromium, made):
    with (made.report.parent / "general_stats" / "summary_by_image.csv").open() as file:
        rows = list(csv.DictReader(file))
    with opened(chromium, made.report, viewport=WIDE) as page:
        page.locator("#tables summary", has_text="Summary by image").click()
        table = page.locator("#table-by-image")
        names = table.locator("th").all_inner_texts()

        def texts():
            return table.locator("tbody tr:visible").evaluate_all(
                "rows => rows.map(r => [...r.cells].map(c => c.dataset.value ?? c.textContent))"
            )

        assert [dict(zip(names, row, strict=True)) for row in texts()] == rows
        header = table.locator("th", has_text="AF488_mean_mean")
        for direction, falls in (("ascending", False), ("descending", True)):
            header.locator("button").focus()
            page.keyboard.press("Enter")
            assert header.get_attribute("aria-sort") == direction
            place = names.index("AF488_mean_mean")
            values = [float(row[place]) for row in texts()]
            expected = [float(row["AF488_mean_mean"]) for row in rows]
            assert values == sorted(expected, reverse=falls)
        page.locator("[data-table=table-by-image]").fill("B+<")
        assert [row[0] for row in texts()] == [NAMES[1]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_scrolls_no_way_but_down(chromium, made, scheme):
    with opened(chromium, made.report, viewport=PHONE, color_scheme=scheme) as page:
        explored(page)
        page.locator("#one-after").click()
        page.locator("details").evaluate_all("all => all.forEach(folded => (folded.open = true))")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        colours = page.evaluate(
            "(({backgroundColor, color}) => [backgroundColor, color])"
            "(getComputedStyle(document.body))"
        )
        dark_ground = sum(map(int, colours[0][4:-1].split(", "))) < 300
        assert dark_ground == (scheme == "dark")
        assert dark_ground != (sum(map(int, colours[1][4:-1].split(", "))) < 300)
        # On paper nothing can be scrolled.
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 700, "height": 1000})
        too_wide = "all => all.filter(e => e.firstElementChild.scrollWidth > e.clientWidth).length"
        assert page.locator(".wide").evaluate_all(too_wide) == 0


def test_the_page_alone_as_a_mail_brings_it(chromium, made, tmp_path):
    alone = shutil.copy(made.report, tmp_path / "report.html")
    context = chromium.new_context(offline=True, viewport=WIDE)
    page = context.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto((tmp_path / "report.html").as_uri())
    explored(page)
    page.locator("#one-after").click()
    page.locator("#nucleus-crop .mark").wait_for()
    nucleus, box = made.nuclei[0], 240
    mark = page.locator("#nucleus-crop .mark").evaluate("e => [e.style.left, e.style.top]")
    places = [(float(nucleus[name]) + 0.5) / SIDE * box for name in ("x_px", "y_px")]
    assert [float(place[:-2]) for place in mark] == pytest.approx(places, abs=0.01)
    assert "does not lie beside" in page.locator("#nucleus-note").inner_text()
    page.locator("#pictures").scroll_into_view_if_needed()
    page.wait_for_function("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
    assert page.locator("#gallery img").count() == len(NAMES)
    assert not faults and alone
    context.close()


def test_a_thousand_images(chromium, thousand):
    assert thousand.report.stat().st_size < 20_000_000
    thumbnail = thousand.report.parents[1] / "thumbnails" / "image 0000" / "s000_t0000.webp"
    assert thumbnail.stat().st_size > 6000
    with opened(chromium, thousand.report, viewport=WIDE) as page:
        page.locator("#filter-text").fill("image 099")
        assert page.locator("#gallery > li:visible").count() == 10
        explored(page)
        assert f"A sample of {MOST} of the 30000 nuclei" in page.locator("#explore").inner_text()
        by_place = {(row["image"], row["nucleus_id"]): row for row in thousand.nuclei}
        page.locator("#one-image").select_option("image 0500")
        shown = values_shown(page)
        assert shown == filled(by_place["image 0500", shown["nucleus_id"]])
        drawn = "document.getElementById('explore-plot').data"
        assert page.evaluate(f"{drawn}.map(t => t.x.length).reduce((a, b) => a + b)") == MOST
