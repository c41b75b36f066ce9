"""Which plots the page shows where, with a caption that says what they are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from immunostain.pictures.channel_names import file_safe
from immunostain.report.embedding import data_uri
from immunostain.report.gallery import link

# So many bytes of plots the page holds, so that it can be mailed; further ones it only links to.
MOST_BYTES = 5_000_000
_DOTS = "small dots are nuclei, large ones {replicates}"
# Names of plots, the section of the page that shows them, and what they are.
_PLOTS = (
    (r"superplot_(?P<a>.+)_mean", "answer", "Mean {a} of nuclei by condition: " + _DOTS),
    (r"distribution_(?P<a>.+)_mean", "answer", "Mean {a} of the nuclei of each image"),
    (r"superplot_(?P<a>.+)_sum", "stains", "{a} summed over each nucleus, by condition: " + _DOTS),
    (r"distribution_(?P<a>.+)_sum", "stains", "{a} summed over each nucleus, by image"),
    (r"channels_(?P<a>.+)_against_(?P<b>.+)", "stains", "{a} against {b}, a dot for each nucleus"),
    (r"dna_content", "stains", "DNA content: how the summed nuclear stain of nuclei spreads"),
    (r"perinuclear_(?P<a>.+)", "stains", "{a} in nuclei and in the rings around them"),
    (r"stain_over_time_(?P<a>.+)", "time", "Mean {a} of nuclei over time"),
    (r"population_stat", "time", "Number of nuclei of each image"),
    (r"motility_speeds", "time", "How fast nuclei move"),
    (r"motility_msd", "time", "Mean squared displacement of nuclei by lag"),
)


@dataclass(frozen=True)
class Plot:
    """A plot of the page.

    Attributes
    ----------
    section
        Of the page: ``answer``, ``stains`` or ``time``.
    caption
        What it shows.
    link
        The address of its file as seen from the page.
    source
        The plot as a data URI; blank if it is only linked to.
    """

    section: str
    caption: str
    link: str
    source: str


def plots(
    files: Sequence[Path], here: Path, replicates: str, channels: Sequence[str] = ()
) -> list[Plot]:
    """Give the plots of which the page knows what they are, in the order of their sections.

    Parameters
    ----------
    files
        PNG files, and others that are passed over.
    here
        The page's folder: links lead from there.
    replicates
        What was repeated: ``replicates`` or ``images``.
    channels
        The names of the channels, which names of files hold in another form.
    """
    called = _called(channels)
    found, room = [], MOST_BYTES
    for pattern, section, caption in _PLOTS:
        for file in sorted(files):
            name = re.fullmatch(pattern, file.stem)
            if file.suffix != ".png" or not name:
                continue
            room -= file.stat().st_size
            source = data_uri(file) if room >= 0 else ""
            stains = {place: called.get(part, part) for place, part in name.groupdict().items()}
            words = caption.format(replicates=replicates, **stains)
            found.append(Plot(section, words, link(file, here), source))
    return found


def _called(channels: Sequence[str]) -> dict[str, str]:
    """Give the channels by their names in files, but for those that have the same one there."""
    called: dict[str, list[str]] = {}
    for name in channels:
        called.setdefault(file_safe([name])[0], []).append(name)
    return {safe: names[0] for safe, names in called.items() if len(names) == 1}
