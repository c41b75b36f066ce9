"""What the columns of a table mean: one text, for docs/results.md and for the files for Excel.

A test holds the page against these texts, so neither can change without the other.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

AS_MEASURED = "as {measure}"
MIXED = "as the measure"  # of a column whose rows have several units
PERCENT = "%"
PROBABILITY = "probability"
FROM_THE_SHEET = "from your sample sheet"

_PLACES = re.compile(r"\\\{(channel|measure)\\\}")


@dataclass(frozen=True)
class Meaning:
    """What a column means, or several of like names.

    Attributes
    ----------
    column
        Its name; ``{channel}`` and ``{measure}`` stand for what differs.
    unit
        Blank if it has none, `AS_MEASURED` for that of the measure in its name.
    text
        What it means, with the same places.
    """

    column: str
    unit: str
    text: str


@dataclass(frozen=True)
class Explained:
    """What the columns of a table mean.

    Attributes
    ----------
    columns
        In their order; of two that fit a name the first one counts.
    measures
        What ``{measure}`` may stand for in them.
    """

    columns: tuple[Meaning, ...] = ()
    measures: tuple[Meaning, ...] = ()

    def of(self, column: str) -> Meaning:
        """Explain a column of the table; one that isn't known is from the sample sheet.

        Examples
        --------
        >>> table = Explained((Meaning("{channel}, positive", "", "is {channel} in it?"),))
        >>> table.of("GFP, positive").text
        'is GFP in it?'
        >>> table.of("dose").text
        'from your sample sheet'
        """
        return self._known(column) or Meaning(column, "", FROM_THE_SHEET)

    def _known(self, column: str) -> Meaning | None:
        for meaning in self.columns:
            found = _names_in(meaning.column, column)
            if found is None:
                continue
            if "measure" not in found:
                return _filled(column, meaning, found)
            measure = Explained(self.measures)._known(found["measure"])
            if measure is not None:
                unit = measure.unit if meaning.unit == AS_MEASURED else meaning.unit
                text = meaning.text.replace("{measure}", measure.text)
                return Meaning(column, unit, text)
        return None


NOTHING = Explained()  # of a table whose columns are explained elsewhere


def _names_in(pattern: str, column: str) -> dict[str, str] | None:
    """Give what stands for the places of a pattern, None where the column doesn't fit it."""
    found = re.fullmatch(_PLACES.sub(r"(?P<\1>.+)", re.escape(pattern)), column, re.DOTALL)
    return found.groupdict() if found else None


def _filled(column: str, meaning: Meaning, names: dict[str, str]) -> Meaning:
    text = meaning.text
    for place, name in names.items():
        text = text.replace(f"{{{place}}}", name)
    return Meaning(column, meaning.unit, text)


def in_markdown(meanings: Iterable[Meaning]) -> str:
    """Give the rows of a page's table: column, unit, meaning."""
    return "\n".join(f"| `{m.column}` | {m.unit} | {m.text} |" for m in meanings)
