"""Names and messages as they may be shown on a terminal.

Standard library only: the Snakefile imports this.
"""


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
