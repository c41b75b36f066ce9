"""What docs/results.md says of the files that a run writes."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class File:
    """A file, or a folder with all in it, as the page has it.

    `pattern` is its path, ``{names}`` standing for what differs; `when` is when it is there, and
    `section` the text of the part of the page in which it stands.
    """

    pattern: str
    when: str
    section: str

    def fits(self, path: str) -> bool:
        """Tell whether a path below the output folder is one of these."""
        pattern = re.escape(self.pattern)
        pattern = re.sub(r"^\\\*\\\*/", "(?:.*/)?", pattern)
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", pattern)
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


def files(page: str) -> list[File]:
    """List the files that the page describes."""
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
