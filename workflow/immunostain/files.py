"""Write files and folders so that a name in the results is either whole or not there."""

import itertools
import os
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

from immunostain.errors import ImageError

_numbers = itertools.count()


def _beside(path: Path) -> Path:
    """Give a name in the same folder (so on the same file system) that nothing else uses.

    The suffix stays, because some writers choose the format by it; the rest is short, because the
    final name may already be as long as file systems allow. What a killed process left of the same
    file is cleared away.
    """
    target = f".partial-{crc32(os.fsencode(path.name)):08x}"
    for remains in path.parent.glob(f"{target}-*"):
        _remove(remains)
    unique = f"{socket.gethostname()[:40]}-{os.getpid()}-{next(_numbers)}"
    return path.with_name(f"{target}-{unique}{path.suffix[:20]}")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path to write to and move it to `path` when the block ends well.

    Parameters
    ----------
    path
        Where the file shall stand; its folder is made where it is missing.

    Raises
    ------
    OSError
        As the file system gives it (disk full, not writable); nothing then stands under `path` that
        did not stand there before.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = _beside(path)
    try:
        yield partial
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


@contextmanager
def whole_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary folder to fill and move it to `path`, in place of an old one, at the end.

    Raises
    ------
    OSError
        As the file system gives it; an old folder under `path` is then left as it was.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = _beside(path)
    partial.mkdir()
    try:
        yield partial
        # A process that outlived a killed Snakemake may put the same folder there meanwhile, so
        # clearing the place and moving in is tried again.
        for attempt in range(5):
            shutil.rmtree(path, ignore_errors=True)
            try:
                os.rename(partial, path)
                return
            except OSError:
                if attempt == 4:
                    raise
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def link_all(
    source: Path, target: Path, renamed: Mapping[Path, Path] | None = None
) -> Iterator[Path]:
    """Give the files below a folder a second name below another.

    Hidden files right in the folder are left: they are Snakemake's.

    Links cost neither time nor space; where the file system has none, files are copied.

    Parameters
    ----------
    source, target
        The folders.
    renamed
        Files, or folders of files, that are called otherwise in `target`; paths are relative.

    Yields
    ------
    Path
        Of each file, relative to `target`.

    Raises
    ------
    ImageError
        A file of that name is there already.
    """
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        name = file.relative_to(source)
        if name.name == str(name) and str(name).startswith("."):
            continue
        for old, new in (renamed or {}).items():
            if name.is_relative_to(old):
                name = new / name.relative_to(old)
                break
        if (target / name).exists():
            raise ImageError(f"two images would write {name}; rename one of them")
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(file, target / name)
        except OSError:
            # Without permissions and times, which such file systems may refuse as well.
            shutil.copyfile(file, target / name)
        yield name
