"""What a script is given as `snakemake`, in plain lists and texts.

Standard library only: the Snakefile imports this, and so does each script.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


class Given(list):
    """Values, some of which have a name: ``given[0]`` and ``given.name``.

    Parameters
    ----------
    values
        All.
    names
        Those that have a name, by it.
    """

    def __init__(self, values: Iterable[Any], names: Mapping[str, Any]) -> None:
        super().__init__(values)
        vars(self).update(names)

    def __reduce__(self) -> tuple[type, tuple[list[Any], dict[str, Any]]]:
        """Tell how it is made again; without this a list is unpickled without its names."""
        return Given, (list(self), vars(self))

    def __getitem__(self, key: Any) -> Any:
        """Give a value by its number or its name."""
        return vars(self)[key] if isinstance(key, str) else super().__getitem__(key)

    def keys(self) -> Iterator[str]:
        """Give the names."""
        return iter(vars(self))


def plain(value: Any) -> Any:
    """Make of Snakemake's lists and texts plain ones; what else there is stays as it is."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Mapping):
        return {plain(key): plain(each) for key, each in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(plain, value))
    if isinstance(value, list) and hasattr(value, "items"):
        return Given(map(plain, value), {name: plain(each) for name, each in value.items()})
    return value
