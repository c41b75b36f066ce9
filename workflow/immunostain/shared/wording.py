"""Words for people: names, errors and lengths of time as they may be shown.

Standard library only: the Snakefile imports this.
"""

from collections.abc import Sequence

LONGEST_ERROR = 200  # characters


def printable(text: str, keep: str = "") -> str:
    r"""Write what a terminal would obey, or can't show, as an escape.

    Parameters
    ----------
    text
        It may hold anything, such as the name of a file.
    keep
        Characters that stay as they are.

    Examples
    --------
    >>> printable("a\x1b[2Jb\n.czi")
    'a\\x1b[2Jb\\n.czi'
    """
    if text.isprintable():
        return text
    return "".join(
        letter
        if letter.isprintable() or letter in keep
        else letter.encode("unicode_escape").decode("ascii")
        for letter in text
    )


def listed(names: Sequence[str], most: int = 20) -> str:
    """List names as they may be shown, the first of them if they are many.

    Examples
    --------
    >>> listed(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    first = printable(", ".join(names[:most]))
    return f"{first} and {len(names) - most} more" if len(names) > most else first


def cut(text: str, longest: int, end: str = "…") -> str:
    """Cut a text that is longer than so many characters, its new end among them.

    Examples
    --------
    >>> cut("nucleus", 7), cut("nuclei of a plate", 7)
    ('nucleus', 'nuclei…')
    """
    return text if len(text) <= longest else text[: longest - len(end)] + end


def on_one_line(error: Exception) -> str:
    r"""Give an error's text on one line that isn't too long; its kind where it has none.

    Examples
    --------
    >>> on_one_line(ValueError("bad\n  magic number")), on_one_line(KeyError())
    ('bad magic number', 'KeyError')
    """
    return cut(" ".join(str(error).split()), LONGEST_ERROR, end="") or type(error).__name__


def duration(seconds: float, exact: bool = False) -> str:
    """Say how long, as precisely as it matters or to the second.

    Examples
    --------
    >>> duration(3), duration(17), duration(600), duration(7500)
    ('3 s', '20 s', '10 min', '2 h 05 min')
    >>> duration(17, exact=True), duration(7501, exact=True)
    ('17 s', '2 h 5 min 1 s')
    """
    if exact:
        minutes, s = divmod(max(0, round(seconds)), 60)
        h, m = divmod(minutes, 60)
        return f"{h} h {m} min {s} s" if h else f"{m} min {s} s" if m else f"{s} s"
    if seconds < 90:
        return f"{max(1, round(seconds, -1 if seconds >= 10 else 0)):.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min"
