"""Bands of rows: how pictures of any size are worked on in little memory."""

IN_CACHE = 1 << 17  # pixels of a band that stays in the processor's cache while it is worked on
AT_ONCE = 1 << 24  # pixels; pictures of up to 4096 x 4096 are one band


def bands(shape: tuple[int, int], at_once: int | None = None) -> list[slice]:
    """Cut a picture into bands of rows.

    Parameters
    ----------
    shape
        (Y, X).
    at_once
        Pixels of a band at most, as far as rows are not longer; None: `AT_ONCE`.

    Returns
    -------
    list of slice
        Rows, from the first to the last.

    Examples
    --------
    >>> bands((5, 10), 20)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    rows = max(1, (at_once or AT_ONCE) // max(1, shape[1]))
    return [slice(top, min(top + rows, shape[0])) for top in range(0, shape[0], rows)]
