"""The preview's page in a real browser: contours and counts follow sliders, switches and keys."""

import re
import subprocess
import sys

import preview_made
import pytest
from browser import opened
from czi_files import ROOT
from PIL import Image

from immunostain.preview import folder

WIDE, PHONE = {"width": 1400, "height": 900}, {"width": 400, "height": 800}
LEVELS = sorted(level for level in preview_made.OPTIONS["levels"] if isinstance(level, int))
# A nucleus in the middle and one that touches the edge, so plain that pixels can be named.
# The first has a hole.
TWO = ["M20 20h20v20h-20zM25 25v3h4v-3z", "M0 50h20v20h-20z"]


COLOURS = """places => {
    const canvas = document.getElementById("contours");
    const copy = new OffscreenCanvas(canvas.width, canvas.height);
    const context = copy.getContext("2d", {willReadFrequently: true});
    context.drawImage(canvas, 0, 0);
    const {data, width, height} = context.getImageData(0, 0, canvas.width, canvas.height);
    const at = ([x, y]) => 4 * (Math.floor(y * height) * width + Math.floor(x * width));
    return places.map(place => [...data.slice(at(place), at(place) + 4)]);
}"""


@pytest.fixture(scope="module")
def views():
    return [
        preview_made.view("plate 1__well A", nuclei=14),
        preview_made.view(
            "mosaic", seed=2, whole=False, left=40, frame_width=900, scenes=3, scene=2, frames=4
        ),
        preview_made.view("unscaled", seed=3, pixel_size_um=None, magnification=None),
    ]


@pytest.fixture(scope="module")
def made(tmp_path_factory, views):
    path = tmp_path_factory.mktemp("preview") / "preview.html"
    threshold = {"method": "threshold", "threshold": {"level": 60}}
    files = [preview_made.file_found(view["image"]) for view in views]
    files += [
        preview_made.file_found("later", shown=False, frames=9, interval_s=90.0, notes=["dim"]),
        preview_made.file_found("bad", status="skipped", reason="the file is empty", channels=[]),
    ]
    left_alone = {"notes.txt": "not .czi files", ".a.czi": "hidden", "x.tif": "not .czi files"}
    return preview_made.write(path, views, files, left_alone, segmentation=threshold)


@pytest.fixture(scope="module")
def tab(chromium, made):
    with opened(chromium, made, viewport=WIDE) as page:
        page.locator("body[data-ready]").wait_for()
        yield page


@pytest.fixture
def page(tab):
    """Give the page as it opens, without opening it anew."""
    tab.evaluate("preview.settings.reset()")
    tab.locator("#views-rows button").first.click()
    return tab


def expected(view, level=60, area="auto", separate=True, exclude=True, unet=None):
    """Give the contours that the data has for these settings: kept, and dropped at the edge."""
    options = preview_made.OPTIONS
    if unet:
        diameter, probability = (
            options[name].index(value)
            for name, value in zip(("diameters", "probabilities"), unet, strict=True)
        )
        result = view["unet"][diameter][probability][separate]
    else:
        result = view["threshold"][options["levels"].index(level)][separate]
    found = result["areas"][options["minimum_areas"].index(area)]
    kept = found["nuclei"] if exclude else found["nuclei"] + found["at_edge"]
    dropped = found["at_edge"] if exclude else []
    return [[view["contours"][index] for index in some] for some in (kept, dropped)]


def shown(page):
    now = page.evaluate("preview.shown()")
    assert page.locator("#viewer").get_attribute("data-count") == str(len(now["kept"]))
    assert page.locator("#count").inner_text().split()[-2] == str(len(now["kept"]))
    return [now["kept"], now["edge"]]


def test_the_page_starts_at_the_settings_in_use(page, views):
    assert shown(page) == expected(views[0])
    assert page.locator("#control-level output").inner_text() == "60"
    assert page.locator("#control-probability").is_hidden()
    assert page.locator("#changes").inner_text().startswith("These are the settings in use")


def test_every_level_shows_its_contours(page, views):
    walk = """range => Array.from({length: +range.max + 1}, (_, place) => {
        range.value = place;
        range.dispatchEvent(new Event("input"));
        const {kept, edge} = preview.shown();
        return [range.parentElement.querySelector("output").textContent, [kept, edge]];
    })"""
    slider = page.locator("#control-level input[type=range]")
    seen = slider.evaluate(walk)
    assert seen == [[str(level), expected(views[0], level)] for level in LEVELS]
    assert len({len(kept) for _, (kept, _) in seen}) > 5, "or one could be taken for another"
    slider.focus()
    page.keyboard.press("Home")
    assert shown(page) == expected(views[0], LEVELS[0])
    page.keyboard.press("ArrowRight")
    assert shown(page) == expected(views[0], LEVELS[1])
    page.locator("#control-level .chip", has_text="otsu").click()
    assert shown(page) == expected(views[0], "otsu")
    page.locator("#control-level .chip", has_text="a number").click()
    assert shown(page) == expected(views[0], LEVELS[1])


def test_minimum_area_and_switches(page, views):
    page.locator("#control-area .chip", has_text="by hand").click()
    page.locator("#control-area input[type=range]").focus()
    page.keyboard.press("Home")
    for area in preview_made.OPTIONS["minimum_areas"][1:]:
        assert shown(page) == expected(views[0], area=area)
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Home")
    for box in ("separate", "exclude"):
        before = shown(page)
        page.locator(f"#{box}").focus()
        page.keyboard.press("Space")
        assert shown(page) != before
        off = {"separate": False} if box == "separate" else {"exclude": False}
        assert shown(page) == expected(views[0], area=0, **off)
        page.keyboard.press("Space")
        assert shown(page) == before


def test_the_network_has_sliders_of_its_own(page, views):
    page.keyboard.press("m")
    assert page.locator("#control-level").is_hidden()
    assert shown(page) == expected(views[0], unet=("auto", 0.5))
    page.locator("#control-probability input[type=range]").focus()
    page.keyboard.press("ArrowRight")
    page.locator("#control-diameter .chip", has_text="8 µm").click()
    assert shown(page) == expected(views[0], unet=("8 um", 0.7))
    page.locator("#flip").click()
    assert shown(page) == expected(views[0])


def test_counts_of_all_pictures(page, views):
    def counts():
        rows = page.locator("#views-rows tr").evaluate_all(
            "rows => rows.map(row => [...row.cells].slice(1, 4).map(cell => cell.textContent))"
        )
        return [[int(text.split()[0]) for text in row] for row in rows]

    def in_data(level, separate=1):
        at = preview_made.OPTIONS["levels"].index(level)
        found = [view["threshold"][at][separate]["areas"][0] for view in views]
        return [[len(f["nuclei"]), len(f["at_edge"]), f["too_small"]] for f in found]

    assert counts() == in_data(60)
    page.locator("#control-level input[type=range]").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.locator("#separate").uncheck()
    assert counts() == in_data(90, separate=0)
    page.locator("#exclude").uncheck()
    assert [row[0] for row in counts()] == [a + b for a, b, _ in in_data(90, separate=0)]


def test_another_picture_is_shown_by_click_and_key(page, views):
    page.locator("#views-rows button").nth(2).click()
    assert page.locator("#viewer").get_attribute("data-view") == "2"
    assert shown(page) == expected(views[2])
    page.keyboard.press("n")
    page.keyboard.press("n")
    assert page.locator("#viewer").get_attribute("data-view") == "1"
    assert shown(page) == expected(views[1])
    page.keyboard.press("p")
    assert page.locator("#picture").get_attribute("src") == views[0]["picture"]
    chosen = page.locator("#views-rows button[aria-pressed=true]")
    assert chosen.all_inner_texts() == ["plate 1__well A"]


def test_regions_of_a_frame_have_names_of_their_own(chromium, tmp_path):
    part = {"whole": False, "frame_width": 900, "scenes": 2}
    views = [
        preview_made.view("large", **part),
        preview_made.view("large", seed=1, left=300, **part),
        preview_made.view("large", seed=2, scene=1, **part),
    ]
    names = ["large, scene 0, region 1", "large, scene 0, region 2", "large, scene 1"]
    with opened(chromium, preview_made.write(tmp_path / "p.html", views), viewport=WIDE) as page:
        page.locator("body[data-ready]").wait_for()
        assert page.locator("#views-rows .view span").all_inner_texts() == names
        page.keyboard.press("n")
        assert page.locator("#view-name").inner_text() == names[1]


def test_what_is_known_of_a_picture(page, views):
    about = page.locator("#view-about")
    assert "DAPI · 20× · a pixel is 0.325 µm" in about.inner_text()
    least = views[0]["threshold"][LEVELS.index(60)][1]["areas"][0]["minimum_area_px"]
    assert f"minimum area used: {least:.3g} pixels" in about.inner_text()
    assert "typical nucleus" not in about.inner_text()
    page.keyboard.press("m")
    assert "typical nucleus found: 14 pixels (4.55 µm)" in about.inner_text()
    assert page.locator("#view-region").is_hidden()
    page.keyboard.press("n")
    assert page.locator("#view-name").inner_text() == "mosaic, scene 2, frame 0"
    part = page.locator("#view-region").inner_text()
    assert "region of 96 × 96 pixels" in part and "900 × 96 pixels" in part
    assert page.locator("#count").inner_text().startswith("In this region: ")
    page.keyboard.press("n")
    assert "the size of a pixel is not known" in about.inner_text()
    assert page.locator("#scale").inner_text().endswith("pixels")


def test_the_picture_stays_where_it_is_when_the_method_changes(page):
    page.set_viewport_size({"width": 950, "height": 900})
    box = page.locator("#frame").bounding_box()
    page.keyboard.press("m")
    assert "typical nucleus" in page.locator("#view-about").inner_text()
    assert page.locator("#frame").bounding_box() == box
    page.set_viewport_size(WIDE)


def test_the_pictures_of_the_docs_can_be_made_again(chromium, made, tmp_path):
    here = ROOT / "docs" / "pictures"
    script = here / "make_preview_pictures.py"
    subprocess.run([sys.executable, script, made, tmp_path], check=True)
    text = (ROOT / "docs" / "choosing-settings.md").read_text(encoding="utf-8")
    names = set(re.findall(r"pictures/([^)]+\.png)", text))
    assert {path.name for path in tmp_path.iterdir()} == names
    for name in names:
        assert (here / name).stat().st_size <= 150_000
        with Image.open(tmp_path / name) as new, Image.open(here / name) as old:
            assert new.width == old.width == 1200
            assert min(new.height, old.height) > 600


def test_the_scale_bar_is_as_long_as_it_says(page, views):
    length, unit = page.locator("#scale").inner_text().split()
    across = page.locator("#stage").bounding_box()["width"]
    on_screen = float(length) / 0.325 / 96 * across
    assert unit == "µm"
    assert page.locator("#scale i").bounding_box()["width"] == pytest.approx(on_screen, abs=0.5)


def test_a_larger_picture_has_a_scale_of_its_own(page):
    stage, frame = page.locator("#stage"), page.locator("#frame")
    before = stage.bounding_box()["width"]
    for _ in range(3):
        page.keyboard.press("+")
    assert stage.bounding_box()["width"] == pytest.approx(3 * before, rel=0.03)
    assert frame.evaluate("each => each.scrollWidth > each.clientWidth && each.scrollLeft > 0")
    # The contours and the bar are drawn anew once the browser has laid out the picture.
    page.wait_for_function(
        """() => {
            const [bar, {width}] = [document.getElementById("scale"),
                                    document.getElementById("stage").getBoundingClientRect()];
            const length = parseFloat(bar.innerText) / 0.325 / 96 * width;
            return Math.abs(bar.querySelector("i").getBoundingClientRect().width - length) < 1
                && document.getElementById("contours").width === Math.round(width);
        }"""
    )
    for _ in range(3):
        page.locator("#zoom-out").click()
    assert page.locator("#zoom-out").is_disabled()
    assert stage.bounding_box()["width"] == pytest.approx(before)


def test_keys_do_nothing_while_someone_types(page, views):
    field = page.locator("#set-segmentation-threshold-level")
    field.fill("")
    field.press_sequentially("cmn")
    assert page.locator("#viewer").get_attribute("data-method") == "threshold"
    assert page.locator("#viewer").get_attribute("data-view") == "0"
    assert page.locator("#contours-on").get_attribute("aria-pressed") == "true"


def test_contours_can_be_hidden_and_brightness_is_no_setting(page):
    text = page.locator("#text").input_value()
    page.keyboard.press("c")
    assert page.evaluate("preview.shown().kept") == []
    places = [[x / 96, (y + 0.5) / 96] for x in range(96) for y in range(0, 96, 8)]
    assert not any(opacity for *_, opacity in page.evaluate(COLOURS, places))
    page.keyboard.press("c")
    assert any(opacity for *_, opacity in page.evaluate(COLOURS, places))
    page.locator("#brightness").focus()
    page.keyboard.press("End")
    assert "brightness(16)" in page.locator("#picture").get_attribute("style")
    assert page.locator("#text").input_value() == text
    page.keyboard.press("Home")


def test_a_value_that_was_not_computed_is_told(page, views):
    field = page.locator("#set-segmentation-threshold-level")
    field.fill("73")
    aside = page.locator("#control-level .aside")
    assert aside.inner_text().startswith("The field below says 73, which was not computed.")
    assert shown(page) == expected(views[0], 70)
    field.fill("300")
    assert "level must be" in aside.inner_text()
    assert shown(page) == expected(views[0], 70)
    field.fill("local")
    assert aside.is_hidden()
    assert shown(page) == expected(views[0], "local")


@pytest.mark.parametrize(
    ("typed", "nearest"), [("7", "60 pixels"), ("350", "400 pixels"), ("90 um2", "20 µm²")]
)
def test_the_nearest_value_is_of_the_same_unit_and_not_0(page, typed, nearest):
    page.locator("#set-segmentation-minimum_area").fill(typed)
    told = f"which was not computed. The picture shows {nearest}."
    assert told in page.locator("#control-area .aside").inner_text()


def test_sizes_and_minimum_area_are_drawn_and_told(page, views):
    page.locator("#control-area .chip", has_text="by hand").click()
    page.locator("#control-area input[type=range]").focus()
    page.keyboard.press("End")
    result = views[0]["threshold"][LEVELS.index(60)][1]
    words = page.locator("#sizes-words").inner_text()
    total = sum(count for _, count in result["sizes"])
    assert words.startswith(f"{total} objects of ")
    assert f": {result['areas'][-1]['too_small']} " in words
    # Bars left of the line are those of what is smaller.
    line = float(page.locator("#histogram .minimum").get_attribute("x1"))
    for kind, side in (("small-ones", -1), ("large-ones", 1)):
        bars = page.locator(f"#histogram .{kind}").evaluate_all(
            "bars => bars.map(bar => [+bar.getAttribute('x'), +bar.getAttribute('width')])"
        )
        assert bars and all(side * (x + width / 2 - line) > 0 for x, width in bars)


def test_of_one_object_no_middle_is_told(chromium, tmp_path):
    path = preview_made.write(tmp_path / "one.html", [preview_made.view("one", nuclei=1)])
    with opened(chromium, path, viewport=WIDE) as page:
        page.locator("body[data-ready]").wait_for()
        words = page.locator("#sizes-words").inner_text()
        assert re.match(r"1 object of [\d.]+ to [\d.]+ pixels\. The minimum area", words)


def test_what_is_in_the_folder(page):
    rows = page.locator("#files-table tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )
    assert [row[0] for row in rows] == ["bad", "plate 1__well A", "mosaic", "unscaled", "later"]
    assert rows[0][2:5] == ["skipped", "the file is empty", ""]
    assert rows[1][2:5] == ["ok, shown above", "", "DAPI (nuclei), AF488"]
    assert rows[4][2:4] == ["ok", "dim"] and "90 s" in rows[4]
    assert "1 of them would be skipped" in page.locator("#files-words").inner_text()
    alone = ["not .czi files: notes.txt, x.tif", "hidden: .a.czi"]
    assert page.locator("#left-alone li").all_inner_texts() == alone


@pytest.mark.parametrize("scale", [1, 2])
def test_contours_are_drawn_along_the_edges_of_pixels(chromium, tmp_path, scale):
    view = preview_made.view(side=80, nuclei=1, contours=TWO)
    area = {"minimum_area_px": 10, "nuclei": [0], "at_edge": [1], "too_small": 0}
    result = {"sizes": [[362.0, 2]], "areas": [area] * 5}
    view["unet"] = [[[result] * 2] * 5] * 3
    path = preview_made.write(tmp_path / "two.html", [view])
    with opened(chromium, path, viewport=WIDE, device_scale_factor=scale) as page:
        page.locator("body[data-ready]").wait_for()

        def colours(*places):
            """Name the colours at places of the picture, in pixels of it."""
            seen = page.evaluate(COLOURS, [[x / 80, y / 80] for x, y in places])
            return [named(*colour) for colour in seen]

        def named(red, green, blue, opacity):
            if opacity == 0 or red + green + blue < 90:
                return "none" if opacity == 0 else "black"
            return "yellow" if blue < min(red, green) else "blue"

        assert colours((20, 30), (40, 30), (30, 20), (30, 40)) == ["yellow"] * 4
        assert colours((30, 30), (60, 30)) == ["none"] * 2
        # An object at the edge has dashes: they aren't counted.
        side = [(20, y / 4) for y in range(4 * 52, 4 * 68)]
        assert {"blue", "black"} <= {*colours(*side)} and "yellow" not in colours(*side)
        page.locator("#exclude").uncheck()
        assert {*colours(*side)} == {"yellow"}
        box = page.locator("#stage").bounding_box()
        for x, y, text in (
            (35, 35, "This nucleus: 388 pixels (41 µm²)"),
            (10, 60, "This nucleus: 400 pixels (42.3 µm²)"),
            (70, 10, ""),
        ):
            page.mouse.click(box["x"] + x / 80 * box["width"], box["y"] + y / 80 * box["height"])
            assert page.locator("#pointed").inner_text() == text


HOSTILE = "<img src=x onerror=alert(1)>\"'&</script>" + "long_name_without_end" * 8


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    views = [
        preview_made.view(HOSTILE + str(n), channel=HOSTILE, seed=n, side=40) for n in range(2)
    ]
    bad = {"status": "skipped", "reason": HOSTILE, "channels": [HOSTILE] * 3, "notes": [HOSTILE]}
    return preview_made.write(
        tmp_path_factory.mktemp("hostile") / "preview.html",
        views,
        [preview_made.file_found(HOSTILE, **bad)],
        {HOSTILE: HOSTILE},
        input_folder="/data/" + re.sub("[<>/]", "", HOSTILE),
        nuclear_channel=HOSTILE,
        comparison={"by": HOSTILE},
        quantification={"positive": {HOSTILE: {"control": {HOSTILE: HOSTILE}}}},
    )


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_hostile_names_are_only_names(chromium, hostile, size):
    with opened(chromium, hostile, viewport=size) as page:
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        page.locator("body[data-ready]").wait_for()
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        assert page.locator("#view-name").inner_text() == HOSTILE + "0"
        assert page.locator("img[onerror], img[src=x]").count() == 0
        assert page.locator("#files-table td").first.inner_text() == HOSTILE
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_on_a_phone_the_picture_stays_while_sliders_move(chromium, made):
    with opened(chromium, made, viewport=PHONE, has_touch=True) as page:
        page.locator("body[data-ready]").wait_for()
        sliders = ("#control-level [type=range]", "#control-area [type=range]", "#exclude")
        for slider in sliders:
            place = page.locator(slider).evaluate(
                """range => {
                    range.scrollIntoView({block: "end", behavior: "instant"});
                    const box = range.getBoundingClientRect();
                    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
                    return [document.elementFromPoint(x, y) === range, y];
                }"""
            )
            assert place[0] and place[1] < PHONE["height"]
            picture = page.locator("#stage").bounding_box()
            assert picture["y"] >= 0 and picture["y"] + picture["height"] < place[1]


def test_on_a_phone_on_its_side_controls_can_be_seen(chromium, made):
    with opened(chromium, made, viewport={"width": 800, "height": 380}) as page:
        page.locator("body[data-ready]").wait_for()
        for control in ("#control-level input[type=range]", "#separate", "#views-rows button"):
            place = page.locator(control).first
            place.scroll_into_view_if_needed()
            at_it = "e => { const {x, y, width, height} = e.getBoundingClientRect();"
            at_it += "return e.contains(document.elementFromPoint(x + width / 2, y + height / 2)) }"
            assert place.evaluate(at_it), control


def test_files_are_told_as_they_lie_in_the_folder(chromium, tmp_path):
    files = [
        preview_made.file_found("a", file="/data/plate 1/day 2/a.czi"),
        folder.as_refused("b{.czi", "rename it"),
        preview_made.file_found("c", file="/data/plate 10/c.czi"),
    ]
    path = preview_made.write(tmp_path / "files.html", [], files, input_folder="/data/plate 1")
    with opened(chromium, path, viewport=WIDE) as page:
        page.locator("body[data-ready]").wait_for()
        rows = page.locator("#files-table tbody tr").evaluate_all(
            "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
        )
    assert [row[1] for row in rows] == ["b{.czi", "day 2/a.czi", "/data/plate 10/c.czi"]
    # How large a file is that isn't opened is not known.
    assert rows[0][-1] == "" and rows[1][-1] != ""


def test_a_folder_without_pictures(chromium, tmp_path):
    bad = preview_made.file_found("bad", status="skipped", reason="it is empty", channels=[])
    path = preview_made.write(tmp_path / "none.html", [], [bad])
    with opened(chromium, path, viewport=WIDE) as page:
        page.locator("body[data-ready]").wait_for()
        assert page.locator("#no-views").is_visible() and page.locator("#bench").is_hidden()
        assert page.locator("#what-to-do").is_hidden()
        assert "make the preview again" in page.locator("#no-views").inner_text()
        page.locator("#set-segmentation-threshold-level").fill("60")
        assert "\n    level: 60\n" in page.locator("#text").input_value()


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_text_can_be_read_in_light_and_dark():
    light, dark = re.findall(r":root \{(.*?)\}", preview_made.PARTS["preview.css"], re.DOTALL)[:2]
    for block in (light, dark):
        colours = dict(re.findall(r"--([\w-]+): (#\w+);", block))
        pairs = [(text, on) for text in ("text", "quiet", "link") for on in ("ground", "card")]
        pairs += [("flag", "flag-ground"), ("wrong", "ground"), ("flag", "card")]
        pairs += [("on-link", "link"), ("flag", "ground")]
        for text, on in pairs:
            low, high = sorted(luminance(colours[name]) for name in (text, on))
            assert (high + 0.05) / (low + 0.05) >= 4.5, (text, on)
