"""The form of all settings: the same verdicts as Python's, and files that are read as meant."""

import json
import random

import preview_made
import pytest
import yaml
from browser import opened
from czi_files import ROOT
from jsonschema import Draft202012Validator

from immunostain.inputs import settings as inputs_settings
from immunostain.inputs.config_file import check
from immunostain.inputs.settings import complete
from immunostain.inputs.yaml_values import written

SCHEMA = preview_made.SCHEMA
STRANGE = "a: #'\"\\ \u2028\x85\x07\ufeff\U0001f600 {x} " + "long " * 40
IN_USE = {
    "input_folder": "/data/may 2024",
    "nuclear_channel": STRANGE,
    "segmentation": {
        "threshold": {"level": "otsu"},
        "unet": {"model": {10: "ten.pth", 63.5: "C:\\models\\63.pth", "40": "40.pth"}},
        "minimum_area": "30 µm2",
    },
    "quantification": {
        "positive": {
            "AF488": 500,
            STRANGE: {"control": {"treated": "no", STRANGE: STRANGE}, "percentile": 99.5},
        }
    },
    "comparison": {"by": "  blanks ", "reference": "2024-05-01"},
    "preview": {"images": ["plate 1__well A", "yes", "1e3"]},
    "training": {"seed": 2**80, "validation_share": 1e-07, "description": "two\nlines"},
    "email": {"to": ["ada@example.org", "lab@example.org"]},
}


def keys_of(schema, before=""):
    """Give each key that holds a value, with dots, and its schema."""
    for name, part in schema["properties"].items():
        if "properties" in part:
            yield from keys_of(part, f"{before}{name}.")
        else:
            yield before + name, part


KEYS = dict(keys_of(SCHEMA))


def value_of(settings, key):
    for part in key.split("."):
        settings = settings[part]
    return settings


def field(page, key):
    return page.locator(f"[id='set-{key.replace('.', '-')}']")


def saved(page):
    """Give the settings in the text of the file, as the workflow takes them."""
    return complete(yaml.safe_load(page.locator("#text").input_value()), SCHEMA)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("form") / "preview.html"
    files = [preview_made.file_found("a", channels=["Hoechst", "488"])]
    return preview_made.write(path, [preview_made.view(side=40, nuclei=4)], files)


@pytest.fixture(scope="module")
def tab(chromium, made):
    with opened(chromium, made, viewport={"width": 1200, "height": 900}) as page:
        page.locator("body[data-ready]").wait_for()
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        yield page


@pytest.fixture
def page(tab):
    """Give the page with the settings in use, without opening it anew."""
    tab.evaluate("preview.settings.reset()")
    return tab


# ---- the same verdicts ----


def keywords(schema):
    yield from schema
    for word in ("items", "additionalProperties"):
        if isinstance(schema.get(word), dict):
            yield from keywords(schema[word])
    for part in [*schema.get("anyOf", []), *schema.get("properties", {}).values()]:
        yield from keywords(part)


def test_the_page_knows_every_keyword_of_the_schema(page):
    used = {*keywords(SCHEMA)}
    assert {"anyOf", "pattern", "multipleOf", "required"} <= used
    assert used <= {*page.evaluate("preview.check.known")}


WORDS = (
    *(
        "auto",
        "otsu",
        "max",
        "none",
        "unet",
        "tracking",
        "labels",
        "cuda",
        "DAPI",
        "a@b.c",
        "a@b@c",
    ),
    *(
        "",
        " ",
        "12 um",
        "12 µm",
        "12 μm2",
        "30 um²",
        "3um^2 ",
        "0 um",
        "0.0 um",
        "0.50\num",
        "٣ um",
    ),
    *(
        "256 MB",
        "1.5kB\n",
        "7",
        "1 XB",
        "PASS_WORD",
        "PASS_WORD\n",
        "9A",
        "é",
        "a{b}",
        "a<b",
        "a\nb",
    ),
    *("\x1c5 um", "5\u2028um", "\r5 um", "a b@c", "\ufeff@b", "\x85", "😀", "no", "12\xa0um"),
)
NUMBERS = (*range(-1, 10), 0.5, 0.49, 1.5, -0.5, 50.0, 99.5, 100, 101, 160, 168, 255, 256, 65536)
NUMBERS = (*NUMBERS, 1e-07, 1e300, 2**64, -(2**70), 3 * 2**60, 160.5)


def random_value(chance, depth=0):
    """Draw any value; in groups, lists and maps fewer of them the deeper it is."""
    kind = chance.choice("nbsssdddlm" if depth < 3 else "nbssdd")
    if kind == "n":
        return None
    if kind == "b":
        return chance.random() < 0.5
    if kind == "s":
        return chance.choice(WORDS)
    if kind == "d":
        return chance.choice(NUMBERS)
    parts = [random_value(chance, depth + 1) for _ in range(chance.choice([0, 1, 1, 2, 3, 9]))]
    if kind == "l":
        return chance.choice([parts, [chance.choice(WORDS)] * len(parts), parts + parts[:1]])
    names = ("control", "percentile", "condition", "AF488", 10, 2.5)
    return dict(zip(chance.sample(names, min(len(parts), 6)), parts, strict=False))


def likely_values(chance):
    """Draw values that are nearly allowed in the keys that take lists and maps."""
    control = {"condition": chance.choice(["no", 5, "", True, None])}
    level = {"control": chance.choice([control, {}, 5]), "percentile": chance.choice(NUMBERS)}
    yield {"AF488": chance.choice([*NUMBERS, "otsu", "li", level, {"control": control}, None])}
    yield {"Cy5": level | chance.choice([{}, {}, {"other": 1}]), "AF488": 5}
    yield {chance.choice([10, 2.5, "40"]): chance.choice([*WORDS, 5])}
    yield [chance.choice([*WORDS, "tracking"]) for _ in range(chance.randint(0, 9))]
    yield chance.sample(["labels", "ctc", "geff", "trackmate", "other"], chance.randint(0, 4))


def test_verdicts_are_those_of_python(page):
    chance = random.Random(1)
    cases, verdicts = [], []
    for key, schema in KEYS.items():
        validator = inputs_settings._Validator(schema)
        values = [*WORDS, *NUMBERS, None, True, [], {}, schema["default"]]
        values += [random_value(chance) for _ in range(40)]
        values += [value for _ in range(10) for value in likely_values(chance)]
        cases += [[key, written(value)] for value in values]
        verdicts += [validator.is_valid(value) for value in values]
    found = page.evaluate(
        """cases => cases.map(([key, text]) =>
            !preview.check.fault(preview.yaml.read(text), preview.settings.about(key).schema))""",
        cases,
    )
    wrong = [
        (*case, ours) for case, ours, v in zip(cases, found, verdicts, strict=True) if ours != v
    ]
    assert not wrong[:5]
    assert min(verdicts.count(True), verdicts.count(False)) > 1000


def test_what_is_wrong_is_told_in_the_words_of_the_schema(page):
    values = {
        "segmentation.threshold.level": ("300", "level must be a whole number from 0 to 255, or"),
        "tracking.memory": ("", "memory must be a whole number of frames from 0"),
        "email.to": ("[a@b.c, d]", "to must be nothing, an e-mail address, or a list of them"),
        "quantification.positive": ("{Cy5: no}", "positive.Cy5 must be a mean intensity, otsu, or"),
        "preview.images": ("9", "images must be a whole number from 1 to 8"),
        "input_folder": ("a<b", "input_folder must be the path of a folder, without the"),
    }
    for key, (text, words) in values.items():
        field(page, key).fill(text)
        error = page.locator(f".field[data-key='{key}'] .error")
        assert error.inner_text().startswith(words)
        assert field(page, key).get_attribute("aria-invalid") == "true"
        assert error.get_attribute("id") in field(page, key).get_attribute("aria-describedby")


# ---- files that are read as meant ----


def random_text(chance):
    signs = "-+.:0123456789abeEfnosxyä_ #~='\"\\%@,[]{}&*!|>?`\n\t\r\u2028\x85\xa0\ufeff\x07😀\x7f"
    return "".join(chance.choices(signs, k=chance.choice([1, 2, 3, 5, 8, 200])))


def test_pyyaml_reads_what_the_page_writes(page):
    chance = random.Random(2)
    words = "yes No on y null ~ 1e3 1.5 1e+5 .5 0x1F 010 1_000 1:30 2024-05-01 <<  = --- ... true"
    texts = [*words.split(), *WORDS, STRANGE, *(random_text(chance) for _ in range(1000))]
    back = page.evaluate("texts => texts.map(preview.yaml.write)", texts)
    for text, line in zip(texts, back, strict=True):
        assert yaml.safe_load(f"key: {line}") == {"key": text}
        assert yaml.safe_load(f"{{{line}: [{line}, x]}}") == {text: [text, "x"]}
    values = [random_value(chance) for _ in range(500)] + [{2**80: [5e-324, 1e21, 0.1, -0.0]}]
    back = page.evaluate(
        "all => all.map(preview.yaml.read).map(preview.yaml.write)", [*map(written, values)]
    )
    assert [yaml.safe_load(line) for line in back] == values


def test_plain_words_stay_without_quotes(page):
    plain = ["DAPI", "256 MB", "/data/mai ü", "../x", "~/a (1).csv", "auto", "well A-1"]
    assert page.evaluate("all => all.map(preview.yaml.write)", plain) == plain


def test_fields_show_values_so_that_they_are_read_as_the_same(page):
    chance = random.Random(3)
    cases, texts = [], []
    for key, schema in KEYS.items():
        if schema.get("type") == "boolean":
            continue  # its field is a switch
        likely = [value for _ in range(10) for value in likely_values(chance)]
        values = [*WORDS, *NUMBERS, STRANGE, '"a"', " a ", "{", "[x]", *likely, schema["default"]]
        values = [v for v in values if Draft202012Validator(schema).is_valid(v)]
        cases += [[key, written(value)] for value in values]
        texts += map(written, values)
    back = page.evaluate(
        """cases => cases.map(([key, text]) => {
            const {yaml, settings} = preview, {types} = settings.about(key);
            return yaml.write(yaml.readField(yaml.writeField(yaml.read(text), types), types));
        })""",
        cases,
    )
    assert len(cases) > 1000
    assert [yaml.safe_load(text) for text in back] == [yaml.safe_load(text) for text in texts]


def test_the_text_of_the_defaults_is_the_shipped_file(chromium, tmp_path):
    path = preview_made.write(tmp_path / "page.html", [], input_folder="resources/example")
    with opened(chromium, path) as page:
        page.locator("body[data-ready]").wait_for()
        shipped = (ROOT / "config" / "config.yaml").read_text("utf-8")
        assert page.locator("#text").input_value() == shipped


def test_the_saved_file_holds_exactly_the_settings(chromium, tmp_path):
    path = preview_made.write(tmp_path / "page.html", [], **IN_USE)
    with opened(chromium, path) as page:
        page.locator("body[data-ready]").wait_for()
        assert page.locator("#changes").inner_text().startswith("These are the settings in use")
        with page.expect_download() as download:
            page.locator("#save .save").click()
        assert download.value.suggested_filename == "config.yaml"
        download.value.save_as(tmp_path / "config.yaml")
        check(tmp_path / "config.yaml")
        text = (tmp_path / "config.yaml").read_text("utf-8")
        assert text == page.locator("#text").input_value()
        settings = yaml.safe_load(text)
        assert settings == complete(IN_USE, SCHEMA) == complete(settings, SCHEMA)
        assert repr(settings["segmentation"]["unet"]["model"]) == repr(
            IN_USE["segmentation"]["unet"]["model"]
        )
        page.locator("#set-segmentation-threshold-level").fill("70")
        changed = yaml.safe_load(page.locator("#text").input_value())
        assert changed["segmentation"]["threshold"]["level"] == 70
        changed["segmentation"]["threshold"]["level"] = "otsu"
        assert changed == settings


def test_the_text_can_be_copied(page):
    page.locator("#copy").click()
    page.locator("#copied", has_text="Copied.").wait_for()
    field(page, "training.description").fill("")
    field(page, "training.description").press("Control+V")
    assert field(page, "training.description").input_value().startswith("# The settings of immuno")


# ---- fields ----

TYPED = [
    ("nuclear_channel", "Hoechst", "Hoechst"),
    ("nuclear_channel", "1", 1),
    ("nuclear_channel", '"488"', "488"),
    ("nuclear_channel", "yes", "yes"),
    ("nuclear_channel", 'a "b"', 'a "b"'),
    ("z_projection", "middle", "middle"),
    ("z_projection", "3", 3),
    ("sample_sheet", "", None),
    ("sample_sheet", " my sheet.csv ", "my sheet.csv"),
    ("input_folder", "2024", "2024"),
    ("input_folder", "C:\\new images", "C:\\new images"),
    ("segmentation.threshold.level", "li", "li"),
    ("segmentation.unet.probability", ".25", 0.25),
    ("segmentation.unet.model", "{10: a.pth, 63: b c.pth}", {10: "a.pth", 63: "b c.pth"}),
    ("segmentation.minimum_area", "30 um2", "30 um2"),
    (
        "quantification.positive",
        "{AF488: 500, Cy5: otsu,\n mCherry: {control: {treated: 'no', x: 1}, percentile: 99}} # x",
        {
            "AF488": 500,
            "Cy5": "otsu",
            "mCherry": {"control": {"treated": "no", "x": 1}, "percentile": 99},
        },
    ),
    ("quantification.positive", "", None),
    ("comparison.reference", "12", 12),
    ("comparison.reference", "no", "no"),
    ("email.to", "[a@b.c, d@e.f]", ["a@b.c", "d@e.f"]),
    ("email.to", "a@b.c", "a@b.c"),
    ("preview.images", "2", 2),
    ("preview.images", "[plate 1__well A, b]", ["plate 1__well A", "b"]),
    ("training.description", '"two\\nlines"', "two\nlines"),
    ("training.description", "", ""),
    ("training.seed", str(2**80), 2**80),
]


@pytest.mark.parametrize(("key", "text", "value"), TYPED)
def test_what_is_typed_is_saved_as_meant(page, key, text, value):
    field(page, key).fill(text)
    assert value_of(saved(page), key) == value
    assert field(page, key).input_value() == text, "what is typed isn't changed under the cursor"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{AF488: 500", "the { is not closed"),
        ("{AF488:500}", 'a colon and a blank are missing after "AF488:500"'),
        ("{a: 1, a: 2}", '"a" stands twice'),
        ('{"a: 1}', "a quotation mark is not closed"),
        ("{a: 1} b", '"b" stands behind the end'),
        ("{a: }", '"}" stands where a value should be'),
        ("{a: *b}", 'put "*b" in double quotes'),
        ('{a: "\\q"}', "write a backslash in double quotes as two of them"),
        ("{[a]: 1}", "a list or a map can't be a name"),
        ('{"a" "b"}', 'a colon and a blank are missing after "a"'),
        ("{a: {b: 1} c: 2}", 'a comma is missing before "c: 2}"'),
    ],
)
def test_what_cannot_be_read_is_told(page, text, words):
    field(page, "quantification.positive").fill(text)
    error = page.locator(".field[data-key='quantification.positive'] .error").inner_text()
    assert error.startswith(f"positive can't be read: {words}. It must be a level for each")


def test_nothing_is_saved_while_a_value_is_wrong(page):
    level = field(page, "segmentation.threshold.level")
    level.fill("300")
    buttons = page.locator(".save, #copy")
    assert buttons.count() == 3
    assert all(button.is_disabled() for button in buttons.all())
    assert page.locator("#text").input_value() == ""
    reason = page.locator("#save .reason")
    assert "level must be a whole number from 0 to 255" in reason.inner_text()
    field(page, "segmentation.unet.probability").fill("2")
    assert "local. probability must be" in reason.inner_text()
    field(page, "segmentation.unet.probability").fill("0.5")
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = false)")
    reason.locator("button").click()
    assert level.evaluate("each => each === document.activeElement")
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    level.fill("30")
    assert all(button.is_enabled() for button in buttons.all())
    assert reason.is_hidden()
    assert saved(page)["segmentation"]["threshold"]["level"] == 30


def test_sliders_and_fields_follow_each_other(page):
    field(page, "segmentation.method").select_option("threshold")
    assert page.locator("#control-level").is_visible()
    slider = page.locator("#control-level input[type=range]")
    field(page, "segmentation.threshold.level").fill("90")
    assert page.locator("#control-level output").inner_text() == "90"
    slider.focus()
    page.keyboard.press("ArrowLeft")
    assert field(page, "segmentation.threshold.level").input_value() == "80"
    field(page, "segmentation.exclude_border").uncheck()
    assert not page.locator("#exclude").is_checked()
    page.locator("#separate").uncheck()
    assert not field(page, "segmentation.separate_touching").is_checked()
    field(page, "segmentation.minimum_area").fill("60")
    for chip, value in (("auto", "auto"), ("by hand", "60")):
        page.locator("#control-area .chip", has_text=chip).click()
        assert field(page, "segmentation.minimum_area").input_value() == value
    field(page, "segmentation.minimum_area").fill("20um²")
    assert page.locator("#control-area output").inner_text() == "20 µm²"
    segmentation = saved(page)["segmentation"]
    assert segmentation["threshold"]["level"] == 80 and segmentation["minimum_area"] == "20um²"
    assert not segmentation["exclude_border"] and not segmentation["separate_touching"]


def test_what_the_pictures_cannot_show_is_told(page):
    assert page.locator("#stale").is_hidden()
    field(page, "tracking.memory").fill("3")
    assert page.locator("#stale").is_hidden()
    field(page, "nuclear_channel").fill("Hoechst")
    assert "don't show what you changed in nuclear_channel:" in page.locator("#stale").inner_text()
    page.locator("#save .reset").click()
    assert page.locator("#stale").is_hidden()


def test_lists_and_back_to_the_settings_in_use(page):
    tick = field(page, "tracking.exports").get_by_label("geff")
    tick.uncheck()
    assert saved(page)["tracking"]["exports"] == ["labels", "ctc", "trackmate"]
    both = field(page, "analyses")
    both.get_by_label("tracking").uncheck()
    assert saved(page)["analyses"] == ["quantification"]
    both.get_by_label("quantification").uncheck()
    error = page.locator(".field[data-key='analyses'] .error")
    assert error.inner_text().startswith("analyses must be a list of quantification, tracking")
    field(page, "quantification.positive").fill("{a")
    page.locator("#save .reset").click()
    assert tick.is_checked() and error.is_hidden()
    assert field(page, "quantification.positive").input_value() == ""
    assert page.locator("#changes").inner_text().startswith("These are the settings in use")


def test_every_key_has_its_explanation_range_and_default(page):
    shown = page.locator(".field").evaluate_all(
        "all => all.map(each => [each.dataset.key, each.querySelector('.about').textContent, "
        "each.querySelector('.small').textContent])"
    )
    assert [key for key, *_ in shown] == [*KEYS]
    for key, about, small in shown:
        assert about == KEYS[key]["description"]
        default = KEYS[key]["default"]
        said = "nothing" if default in (None, "") else written(default)
        assert small == f"Allowed: {KEYS[key]['allowed']}. Default: {said}."


def test_channels_of_the_folder_are_offered(page):
    offered = page.locator("#set-nuclear_channel-list option").evaluate_all(
        "all => all.map(each => each.value)"
    )
    assert offered == ["Hoechst", '"488"'], "a name of digits isn't the number of a channel"
    assert json.loads(offered[1]) == "488"
