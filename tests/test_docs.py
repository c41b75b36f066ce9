"""README and docs: links lead somewhere, files, settings and messages are those that there are."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import described
import pytest
import yaml
from czi_files import ROOT

PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "config" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "resources").rglob("*.md")),
    *sorted((ROOT / "benchmarks").glob("*.md")),
]
WORKFLOW = ROOT / "workflow"
LIBRARY = WORKFLOW / "immunostain"
LINK = re.compile(
    r"\]\(<?([^)>\s]+)>?(?:\s+\"[^\"]*\")?\)|<(?:a|img)\b[^>]*?(?:href|src)=\"([^\"]+)\""
)
SOME = "…"


def without_code(text: str) -> str:
    """Take out what Markdown shows as it is: blocks of code, and code within lines."""
    text = re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.MULTILINE | re.DOTALL)
    # Four blanks begin a block of code behind an empty line, and eight within a list.
    text = re.sub(r"(?<=\n\n)(?: {4}(?![-*] |\d+\. ).*\n?)+", "", text)
    return re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", text)


def links(text: str) -> list[str]:
    """List where a page's links and pictures lead."""
    return [inline or html for inline, html in LINK.findall(without_code(text))]


def anchors(text: str) -> set[str]:
    """Give the anchors of a page's headings, as GitHub names them."""
    text = re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.MULTILINE | re.DOTALL)
    found: set[str] = set()
    seen: Counter[str] = Counter()
    for heading in re.findall(r"^#{1,6} +(.+?) *#*$", text, re.MULTILINE):
        shown = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        found.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return found


def test_anchors_are_those_of_github():
    text = """\
# Mail and drives
## `inventory.tsv`: what each file is, and "why"
## A [linked](x.md) part
## Naïve_name – 10 %
## Mail and drives
    # no heading, but code
```
# neither
```
"""
    assert anchors(text) == {
        "mail-and-drives",
        "inventorytsv-what-each-file-is-and-why",
        "a-linked-part",
        "naïve_name--10-",
        "mail-and-drives-1",
    }


def test_links_in_code_are_none():
    text = "[a](b.md) `[c](d.md)` ![e](f.png)\n\n    [g](h.md)\n\n- [i](j.md#k)\n"
    assert links(text) == ["b.md", "f.png", "j.md#k"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings_that_there_are(page):
    text = page.read_text(encoding="utf-8")
    # Links of these kinds would not be looked at.
    assert not re.search(r"^\[[^\]]+\]: |\]\[", without_code(text), re.MULTILINE)
    wrong = []
    for link in links(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        there = target.exists() and target.is_relative_to(ROOT)
        if not there or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            wrong.append(link)
    assert not wrong


def test_every_page_can_be_reached_from_the_readme():
    reached, waiting = set(), {ROOT / "README.md"}
    while waiting:
        page = waiting.pop()
        reached.add(page)
        targets = (link.partition("#")[0] for link in links(page.read_text(encoding="utf-8")))
        there = {(page.parent / unquote(path)).resolve() for path in targets if ":" not in path}
        waiting |= {path for path in there if path.suffix == ".md"} - reached
    assert set(PAGES) <= reached


def test_the_readme_is_short_and_its_pictures_are_small():
    assert (ROOT / "README.md").stat().st_size <= 6144
    shown = [link for link in links((ROOT / "README.md").read_text()) if link.endswith(".png")]
    assert len(shown) == 2
    assert all((ROOT / path).stat().st_size <= 150_000 for path in shown)


# ---- settings ----


def settings_of(schema: dict[str, Any], group: str = "") -> Iterator[tuple[str, Any]]:
    """Give each setting of the schema, and its default."""
    for name, part in schema["properties"].items():
        if "properties" in part:
            yield from settings_of(part, f"{group}{name}.")
        else:
            yield group + name, part["default"]


def first_cells(page: Path, header: str) -> list[str]:
    """Give what stands in backticks in the first cells of a page's tables with such a header."""
    rows = described.tables(page.read_text(encoding="utf-8"), header)
    return [text for row in rows for text in re.findall(r"`([^`]+)`", row[0])]


def test_every_setting_is_explained_once():
    schema = yaml.safe_load((WORKFLOW / "schemas" / "config.schema.yaml").read_text())
    there = [name for name, _ in settings_of(schema)]
    assert sorted(first_cells(ROOT / "config" / "README.md", "key")) == sorted(there)
    for page in (ROOT / "docs").glob("*.md"):
        cells = re.findall(r"^\| `([\w.]+)` \|", page.read_text(encoding="utf-8"), re.MULTILINE)
        # A page about files may have a column of the name of a setting without a group.
        assert not {name for name in there if "." in name} & set(cells), page


def test_defaults_are_explained_as_they_are():
    schema = yaml.safe_load((WORKFLOW / "schemas" / "config.schema.yaml").read_text())
    defaults = dict(settings_of(schema))
    text = (ROOT / "config" / "README.md").read_text(encoding="utf-8")
    told = {}
    for key, _, default, *_ in described.tables(text, "key"):
        told |= dict.fromkeys(re.findall(r"`([^`]+)`", key), default.strip("`"))
    assert told.keys() <= defaults.keys() and len(told) > 30
    for key, default in told.items():
        if default == "nothing":
            assert defaults[key] in (None, [], ""), key
        elif default != "all":
            assert yaml.safe_load(default) == defaults[key], key


def test_settings_that_are_named_are_there():
    schema = yaml.safe_load((WORKFLOW / "schemas" / "config.schema.yaml").read_text())
    there = [name for name, _ in settings_of(schema)]
    groups = {
        ".".join(name.split(".")[:n]) for name in there for n in range(1, name.count(".") + 1)
    }
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    named = re.findall(r"`((\w+)\.[\w.]+)(?:`|: )", text)
    files = {file.pattern for file in described.files()}  # preview.html is no key of preview
    found = {name for name, group in named if group in groups} - files
    assert len(found) > 30
    assert found <= {*there, *groups}


def test_commands_that_are_named_are_there():
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    targets = re.findall(r"(?:^ {4}|`)make (\w+)", text, re.MULTILINE)
    made = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {"example", "test"} <= set(targets) <= set(made)
    asked = set(re.findall(r"snakemake ([a-z]\w+)", text))
    rules = "".join(path.read_text(encoding="utf-8") for path in WORKFLOW.rglob("*.smk"))
    assert {"train_unet", "evaluate_unet"} <= asked
    assert asked <= set(re.findall(r"^rule (\w+):", rules, re.MULTILINE))


# ---- messages ----


def texts_of(path: Path) -> Iterator[tuple[str, bool]]:
    """Give each text in a module, `SOME` for what is filled in, and whether it is an error's."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    of_errors = {
        id(argument)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ERRORS
        for argument in node.args[:1]
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (p.value if isinstance(p, ast.Constant) else SOME for p in node.values)
            yield "".join(parts), id(node) in of_errors
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value, id(node) in of_errors


ERRORS = {"ImageError", "SettingsError"}
MODULES = [*LIBRARY.rglob("*.py"), *(WORKFLOW / "scripts").rglob("*.py")]


def texts_of_rules() -> str:
    """Give the text of all rule files, with texts that are written in several parts as one."""
    text = "".join(path.read_text(encoding="utf-8") for path in WORKFLOW.rglob("*.smk"))
    return re.sub(r"\{[^{}]*\}", SOME, re.sub(r"([\"'])\s*\n\s*f?([\"'])", "", text))


def is_in(message: str, text: str) -> bool:
    """Tell whether a text has all parts of a message, in their order."""
    place = 0
    for part in message.replace("\\'", "'").split(SOME):
        place = text.find(part.strip(), place)
        if place < 0:
            return False
    return True


@pytest.fixture(scope="module")
def messages() -> list[str]:
    """Give the messages that docs/troubleshooting.md explains."""
    found = first_cells(ROOT / "docs" / "troubleshooting.md", "message")
    assert len(found) > 100
    return found


def test_explained_messages_are_those_of_the_program(messages):
    there = {text for path in MODULES for text, _ in texts_of(path)}
    rules = texts_of_rules().replace("\\'", "'")
    gone = [m for m in messages if not (any(is_in(m, text) for text in there) or is_in(m, rules))]
    assert not gone


def test_every_error_is_explained(messages):
    """Those of which only what the system says is told, and names, have nothing to look up."""
    errors = {text for path in MODULES for text, is_error in texts_of(path) if is_error}
    assert len(errors) > 60
    worded = [text for text in errors if max(map(len, text.split(SOME))) > 16]
    assert not [text for text in worded if not any(is_in(m, text) for m in messages)]


# ---- results ----


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("labels/{image}/{chunk}/frames.json", "labels/a b/2of4/frames.json", True),
        ("labels/{image}/{chunk}/frames.json", "labels/a/proofread/frames.json", False),
        ("{image}/{image}_{channel}_t-{frame}.png", "a/a_GFP_t-12.png", True),
        ("{image}/{image}_{channel}_t-{frame}.png", "a/a_color_t-12.png", False),
        ("exports/{image}.geff/", "exports/a.geff/nodes/.zgroup", True),
        ("exports/{image}.geff/", "exports/a.geff", False),
        ("**/.running", "a/b/.running", True),
        ("**/.running", ".running", True),
        ("inventory.tsv", "inventoryxtsv", False),
    ],
)
def test_a_file_fits_its_description(pattern, path, fits):
    assert described.File(pattern, "always", "").fits(path) == fits


def test_every_output_of_a_rule_is_described():
    """A folder is described where files in it are."""
    told = described.files()
    patterns = {file.pattern for file in told}
    text = "".join(path.read_text(encoding="utf-8") for path in WORKFLOW.rglob("*.smk"))
    outputs = set(re.findall(r"\"<results>/([^\"]+)\"", text))
    assert len(outputs) > 40
    missing = []
    for output in outputs:
        made = re.sub(r"\{[^{}]*\}", "1of1", output)  # fits an image and a part
        if not any(file.fits(made) or _is_in_folder(file, output) for file in told):
            missing.append(output)
    assert not missing
    assert len(patterns) == len(told), "each once"


def test_names_that_are_described_are_those_of_the_program():
    """Of files that are there only now and then, such as a mail that wasn't sent."""
    paths = [*WORKFLOW.rglob("*.smk"), *WORKFLOW.rglob("*.py")]
    source = "".join(path.read_text(encoding="utf-8") for path in paths)
    fixed = {re.sub(r"\{\w+\}", " ", file.pattern) for file in described.files()}
    words = {word.strip("_") for text in fixed for word in re.findall(r"\w{4,}", text)}
    assert len(words) > 40
    assert not [word for word in words if word not in source]


def _is_in_folder(file: described.File, folder: str) -> bool:
    """Tell whether a described file lies in a folder."""
    return file.pattern.startswith(f"{folder}/")


# ---- developing ----

DEVELOPING = ROOT / "docs" / "developing.md"
PACKAGES = {path.parent.name for path in LIBRARY.glob("*/__init__.py")}


def test_every_package_is_on_the_map():
    assert set(first_cells(DEVELOPING, "package")) == PACKAGES


def test_what_is_to_be_found_is_there():
    places = described.tables(DEVELOPING.read_text(encoding="utf-8"), "what")
    named = {name for row in places for name in re.findall(r"`(\w+/[\w./]+\.\w+)`", row[1])}
    assert named
    assert not [name for name in named if not ((ROOT / name).exists() or (LIBRARY / name).exists())]


def test_every_word_stands_in_the_glossary_once():
    rows = described.tables(DEVELOPING.read_text(encoding="utf-8"), "word")
    words = Counter(word for row in rows for word in row[0].split(", "))
    assert len(words) > 40 and set(words.values()) == {1}


def test_tests_that_are_named_are_there():
    named = re.findall(r"`(test_\w+\.py)(?:::(\w+))?`", DEVELOPING.read_text(encoding="utf-8"))
    assert len(named) > 20
    texts = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py")}
    assert not [n for n in named if n[0] not in texts or f"def {n[1]}" not in texts[n[0]]]


def test_what_is_used_of_snakemake_s_workflow_is_listed():
    rows = described.tables(DEVELOPING.read_text(encoding="utf-8"), "part")
    listed = {name for row in rows for name in re.findall(r"workflow\.(\w+)", row[0])}
    paths = [WORKFLOW / "Snakefile", *WORKFLOW.rglob("*.smk"), *LIBRARY.rglob("*.py")]
    text = "".join(path.read_text(encoding="utf-8") for path in paths)
    used = set(re.findall(r"\bworkflow\.([a-z_]\w+)", text.replace("report/workflow.rst", "")))
    assert used == listed
