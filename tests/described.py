"""What docs/results.md says of the files that a run writes."""

import re
from dataclasses import dataclass
from pathlib import Path

from czi_files import ROOT

RESULTS = ROOT / "docs" / "results.md"

# What stands for a name of a pattern; any other is a part of a path.
_NAMES = {"chunk": r"\d+of\d+", "scene": r"\d+", "frame": r"\d+", "channel": "(?!color_t-)[^/]+"}


@dataclass(frozen=True)
class File:
    """A file, or a folder with all in it, as the page has it.

    `pattern` is its path, ``{names}`` standing for what differs; `when` is when it is there, and
    `section` the text of the part of the page in which it stands.
    """

    pattern: str
    when: str
    section: str

    def fits(self, path: str, image: str = "[^/]+") -> bool:
        """Tell whether a path below the output folder is one of these; `image`: names of images."""
        names = _NAMES | {"image": f"(?:{image})"}
        pattern = re.sub(r"^\\\*\\\*/", "(?:.*/)?", re.escape(self.pattern))
        pattern = re.sub(r"\\\{(\w+)\\\}", lambda m: names.get(m[1], "[^/]+"), pattern)
        return re.fullmatch(f"{pattern}.+" if pattern.endswith("/") else pattern, path) is not None


def tables(text: str, first: str) -> list[list[str]]:
    """Give the rows of the tables whose first column has that title, each as its cells."""
    rows: list[list[str]] = []
    wanted = False
    for line in text.splitlines():
        if not line.startswith("|"):
            wanted = False
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if cells[0] == first:
            wanted = True
        elif wanted and not re.fullmatch(r"[-:]+", cells[0]):
            rows.append(cells)
    return rows


def files() -> list[File]:
    """List the files that the page describes."""
    page = RESULTS.read_text(encoding="utf-8")
    return [
        File(pattern, when.replace("`", ""), section)
        for section in re.split(r"^(?=## )", page, flags=re.MULTILINE)
        for names, _, when in tables(section, "file")
        for pattern in re.findall(r"`([^`]+)`", names)
    ]


def columns(section: str) -> list[str]:
    """List all that stands in backticks in a part of the page, as patterns of columns' names."""
    return [
        re.sub(r"\\\{\w+\\\}", ".+", re.escape(name)) for name in re.findall(r"`([^`]+)`", section)
    ]


def undescribed(results: Path) -> list[str]:
    """List the files of a run, by their paths below its output folder, that aren't described."""
    told = files()
    paths = (str(path.relative_to(results)) for path in results.rglob("*") if path.is_file())
    return [path for path in paths if not any(file.fits(path) for file in told)]
