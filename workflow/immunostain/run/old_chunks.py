"""Parts of images that are now cut into other ones, which are removed.

Standard library only: the Snakefile imports this.
"""

import contextlib
import re
from pathlib import Path

from immunostain.images.facts import DROPPED, FACTS_FILE
from immunostain.inputs.chunks import is_chunk

# What is written into a folder of label images, see `frames.frame_name`; the last is Snakemake's.
_LABEL_FILE = re.compile(rf"s\d{{3,}}_t\d{{4,}}\.tif|{re.escape(FACTS_FILE)}|\.snakemake_timestamp")


def remove_old_chunks(results: str, chunks: dict[str, list[str]]) -> None:
    """Remove parts of images that are now cut otherwise, or each frame would be there twice.

    Only what the workflow wrote goes: in folders and files with the name of a part, such as
    ``2of3``, what has a name that it gives. Whatever else lies there stays, with its folder.

    Parameters
    ----------
    results
        The output folder.
    chunks
        The names of each image's chunks.
    """
    for image, names in chunks.items():
        for part in _content(Path(results, "labels", image)):
            if is_chunk(part.name) and part.name not in names and not part.is_symlink():
                _remove_labels(part / DROPPED)
                _remove_labels(part)
        for file in _content(Path(results, "measurements", image)):
            old = is_chunk(file.stem) and file.stem not in names
            if old and file.suffix in (".csv", ".json") and file.is_file():
                with contextlib.suppress(OSError):
                    file.unlink()


def _content(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # it isn't there
        return []


def _remove_labels(folder: Path) -> None:
    """Remove what the workflow writes into a folder of label images; and it, where it is empty."""
    if folder.is_symlink() or not folder.is_dir():
        return
    with contextlib.suppress(OSError):  # some other thing is there, or it may not be written
        for file in folder.iterdir():
            if _LABEL_FILE.fullmatch(file.name):
                file.unlink()
        folder.rmdir()
