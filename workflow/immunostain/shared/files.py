"""Write files and folders so that a name in the results is either whole or not there.

That holds when a process is killed, and when the power fails: a name is given only to what is on
the disk, and is on the disk itself before a step ends.
"""

import contextlib
import errno
import itertools
import os
import shutil
import socket
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

from immunostain.shared.errors import ImageError

_numbers = itertools.count()
# What file systems say that can't be told to write at once.
_NO_SYNC = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
_SYNCED_AT_A_TIME = 8


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


def _sync(path: Path) -> None:
    """Wait until a file, or the list of names in a folder, is on the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(opened)


def _sync_names(folder: Path) -> None:
    with contextlib.suppress(OSError):  # what the files hold is safe; some network drives refuse
        _sync(folder)


def _sync_all(folder: Path) -> None:
    """Wait until a folder with all that is in it is on the disk."""
    below = list(folder.rglob("*"))
    # Several at a time, for which a disk waits once.
    with ThreadPoolExecutor(_SYNCED_AT_A_TIME) as pool:
        list(pool.map(_sync, [path for path in below if path.is_file()]))
    for path in [path for path in below if path.is_dir()] + [folder]:
        _sync_names(path)


def _make_folder(folder: Path) -> None:
    missing = list(itertools.takewhile(lambda path: not path.exists(), [folder, *folder.parents]))
    folder.mkdir(parents=True, exist_ok=True)
    for made in missing:
        _sync_names(made.parent)


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
    _make_folder(path.parent)
    partial = _beside(path)
    try:
        yield partial
        _sync(partial)
        os.replace(partial, path)
        _sync_names(path.parent)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


@contextmanager
def whole_folder(path: str | os.PathLike[str], temporary: bool = False) -> Iterator[Path]:
    """Give a temporary folder to fill and move it to `path`, in place of an old one, at the end.

    Parameters
    ----------
    path
        Where the folder shall stand; the one that it is in is made where it is missing.
    temporary
        It need not outlast a power cut.

    Raises
    ------
    OSError
        As the file system gives it; an old folder under `path` is then left as it was.
    """
    path = Path(path)
    _make_folder(path.parent)
    partial = _beside(path)
    partial.mkdir()
    try:
        yield partial
        if not temporary:
            _sync_all(partial)
        # A process that outlived a killed Snakemake may put the same folder there meanwhile, so
        # clearing the place and moving in is tried again.
        for attempt in range(5):
            shutil.rmtree(path, ignore_errors=True)
            try:
                os.rename(partial, path)
                if not temporary:
                    _sync_names(path.parent)
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
