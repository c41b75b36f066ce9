"""A hash over the code of a rule, so that an edit runs again what it concerns.

Standard library only: the Snakefile imports this.
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

LIBRARY = Path(__file__).parents[1]


def source_hash(script: str) -> str:
    """Give a hash over a rule's script and all modules of the library that it uses.

    A rule has it among its params: Snakemake sees neither that a module has changed nor, where the
    output is temporary and gone, that the script has. Only the content counts.

    Parameters
    ----------
    script
        A script below workflow/scripts, without ``.py``, such as ``images/split_frames``.

    Examples
    --------
    >>> len(source_hash("images/split_frames"))
    16
    >>> source_hash("images/split_frames") == source_hash("nuclei/label_nuclei")
    False
    """
    digest = hashlib.sha256()
    for path in files_of(script):
        digest.update(f"{path.relative_to(LIBRARY.parent)}\n".encode() + _source(path))
    return digest.hexdigest()[:16]


def files_of(script: str) -> list[Path]:
    """Give a script's file and those of all modules of the library that it uses."""
    files = _files(LIBRARY)
    return [_script(script), *(files[module] for module in sorted(modules_of(script)))]


def modules_of(script: str) -> set[str]:
    """Name the modules and packages that a script imports, directly or through others.

    Only those of the library, by their full names. What is imported by a name that is put together
    while the program runs is not seen.
    """
    files = _files(LIBRARY)
    found: set[str] = set()
    waiting = _imports(_script(script), "")
    while waiting:
        found |= waiting
        waiting = set().union(*(_imports(files[name], name) for name in waiting)) - found
    return found


def _script(name: str) -> Path:
    return LIBRARY.parent / "scripts" / f"{name}.py"


@cache
def _files(library: Path) -> dict[str, Path]:
    """Find all modules and packages of the library, by their full names."""
    found = {}
    for path in library.rglob("*.py"):
        place = path.parent if path.name == "__init__.py" else path.with_suffix("")
        found[".".join(place.relative_to(library.parent).parts)] = path
    return found


@cache
def _imports(path: Path, module: str) -> set[str]:
    """Name the modules of the library that a file imports, with the packages that they are in.

    Parameters
    ----------
    path
        The file.
    module
        Its full name, from which relative imports count; empty for a script.
    """
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    known: set[str] = set()
    for level, name in _imported_names(_source(path)):
        above = package[: len(package) - level + 1] if level else []
        parts = [*above, *name.split(".")]
        if parts[0] == LIBRARY.name:
            known |= {".".join(parts[: count + 1]) for count in range(len(parts))}
    return known & _files(LIBRARY).keys()  # others are what modules hold


@cache
def _imported_names(source: bytes) -> frozenset[tuple[int, str]]:
    """Give what a file imports anywhere in it: how many dots stand before it, and its name."""
    names: set[tuple[int, str]] = set()
    for node in _statements(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {(0, alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = f"{node.module}." if node.module else ""
            names |= {(node.level, origin + alias.name) for alias in node.names}
    return frozenset(names)


def _statements(module: ast.Module) -> Iterator[ast.AST]:
    """Give all statements, inner ones too; `ast.walk` gives expressions as well, ten times more."""
    waiting: list[ast.AST] = [module]
    while waiting:
        node = waiting.pop()
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            waiting += getattr(node, part, ())
        yield node


@cache
def _source(path: Path) -> bytes:
    return path.read_bytes()
