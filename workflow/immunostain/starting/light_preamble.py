"""Scripts that start without importing Snakemake, which takes a script as long as numpy does.

Snakemake writes before a script what the script is given, as objects of its own, for which the
script must import it. Here the same is given in plain lists and texts. It uses what Snakemake
doesn't promise to keep, see `inside_snakemake`; without it scripts start as Snakemake does it.

Standard library only: the Snakefile imports this, and so does each script.
"""

import pickle
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from immunostain.starting.given import plain

_LISTS = ("input", "output", "params", "wildcards", "resources", "log")


def start_lightly(script: Any) -> None:
    """Let Snakemake give scripts plain lists and texts, where it can.

    Parameters
    ----------
    script
        Snakemake's class ``PythonScript``.

    Raises
    ------
    Exception
        Of whatever kind: this version of Snakemake does it in another way.
    """
    import inspect

    as_snakemake_does = script.generate_preamble
    signature = inspect.signature(as_snakemake_does)
    missing = {"input_", "config", "container_img", "preamble_addendum", *_LISTS[1:]}
    missing -= signature.parameters.keys()
    if missing:
        raise AttributeError(f"generate_preamble takes no {', '.join(sorted(missing))}")

    def generate_preamble(*args: Any, **kwargs: Any) -> str:
        told = signature.bind(*args, **kwargs).arguments
        if told["container_img"] is not None or told["resources"].get("shell_exec") is not None:
            return as_snakemake_does(*args, **kwargs)
        return preamble(told)

    script.generate_preamble = staticmethod(generate_preamble)


def preamble(told: Mapping[str, Any]) -> str:
    """Write the line before a script that gives it `snakemake`.

    Parameters
    ----------
    told
        What Snakemake's own ``generate_preamble`` is told.
    """
    given = SimpleNamespace(
        **{name: plain(told["input_" if name == "input" else name]) for name in _LISTS},
        threads=told["threads"],
        config=plain(told["config"]),
    )
    # Imports make a lot and leave no garbage: without looking for it they take a tenth less.
    # `logs.job_log` looks for it again.
    line = (
        f"import sys; sys.path.append({str(Path(__file__).parents[2])!r}); import gc, pickle; "
        f"snakemake = pickle.loads({pickle.dumps(given, protocol=4)!r}); "
        "gc.disable(); "
    )
    return f"{line}{told.get('preamble_addendum', '')}\n"
