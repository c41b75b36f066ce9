"""How aicsimageio sees a .czi file, to compare with other programs that read through it."""

from collections.abc import Iterator, Sequence

from immunostain.czi.apart import each_apart
from immunostain.shared.wording import on_one_line

# It counts through all that a damaged directory says there is, which may take years or all memory.
_PATIENCE_S, _MEMORY_BYTES = 30, 2_000_000_000


def standard_views(paths: Sequence[str]) -> Iterator[str]:
    """Tell how aicsimageio sees the first scene of each file.

    Yields
    ------
    str
        Such as ``T20 C1 Z1 Y320 X320``, or why aicsimageio can't open the file.
    """
    for view in each_apart(_standard_view, paths, _PATIENCE_S, _MEMORY_BYTES):
        yield view if isinstance(view, str) else f"not readable ({on_one_line(view)})"


def _standard_view(path: str) -> str:
    from aicsimageio.aics_image import AICSImage  # 1.5 s to import, so only where it is used

    try:
        dims = AICSImage(path).dims
    except Exception as error:
        return f"not readable ({type(error).__name__}: {on_one_line(error)})"
    return " ".join(f"{n}{size}" for n, size in zip(dims.order, dims.shape, strict=True))
