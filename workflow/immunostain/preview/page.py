"""The page itself: its template filled in, with style, scripts, pictures and data within."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment

from immunostain.report.embedding import compact_json, packed

# In this order: each uses only those before it, or, once the page is there, any.
SCRIPTS = (
    *("data.js", "yaml.js", "check.js", "settings.js", "choice.js", "controls.js", "viewer.js"),
    *("pointed.js", "histogram.js", "views.js", "folder.js", "settings_form.js", "save.js"),
    "start.js",
)


def render(
    parts: Mapping[str, str],
    views: Sequence[Mapping[str, Any]],
    options: Mapping[str, Any],
    folder: Mapping[str, Any],
    form: Mapping[str, Any],
) -> str:
    """Fill in the page.

    Parameters
    ----------
    parts
        The parts of the page by the names of their files in workflow/preview: a Jinja template, in
        which all that is filled in is escaped, its style and `SCRIPTS`.
    views
        A picture each, all that was computed of it, and what is known of it.
    options
        Lists of the values for which was computed: ``levels``, ``probabilities``, ``diameters``,
        ``minimum_areas``. Results in views are in the same order.
    folder
        What was found: ``input_folder``, ``files`` (a mapping each) and ``left_alone`` (reasons by
        paths).
    form
        Of `preview.form.form`.

    Returns
    -------
    str
        HTML that needs nothing beside it and asks for nothing.
    """
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    data = {"views": views, "options": options, "folder": folder, "form": form}
    return environment.from_string(parts["preview.html.j2"]).render(
        style=parts["preview.css"],
        scripts=[parts[name] for name in SCRIPTS],
        data=packed(compact_json(data)),
        input_folder=Path(folder["input_folder"]).name or folder["input_folder"],
    )
