"""All plots of stains of a run, in one folder."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure

from immunostain.pictures.channel_names import file_safe
from immunostain.plots import by_image, dna_content, over_time, pairs, superplot, words
from immunostain.plots.each_image import write_bars
from immunostain.plots.measured import Measured
from immunostain.plots.style import save_both

Maker = Callable[[], Figure | None]


def write_plots(measured: Measured, folder: Path, processes: int) -> Iterator[str]:
    """Write each plot that there is something to show in, as PNG and SVG.

    Parameters
    ----------
    measured
        The nuclei of all images.
    folder
        Where the files go; those of single images go below it, into ``nuclei``.
    processes
        How many plots of single images are drawn at a time.

    Yields
    ------
    str
        The name of each plot that was written, without its ending.
    """
    for name, make in plots(measured):
        figure = make()
        if figure is not None:
            save_both(figure, folder, name)
            yield name
    of_images = folder / "nuclei"
    of_images.mkdir()
    for image in write_bars(measured, of_images, processes):
        yield f"nuclei/nuclei_{image}"


def plots(measured: Measured) -> Iterator[tuple[str, Maker]]:
    """Name the plots of all images together, and how each is made."""
    safe = dict(zip(measured.channels, file_safe(list(measured.channels)), strict=True))
    for channel, name in safe.items():
        total = words.total_kind(measured, channel)
        if measured.by:
            for kind, ending in (("mean", "mean"), (total, "sum")):
                yield (
                    f"superplot_{name}_{ending}",
                    partial(superplot.superplot, measured, channel, kind),
                )
        else:
            yield (
                f"distribution_{name}_mean",
                partial(by_image.distribution, measured, channel, "mean"),
            )
        yield f"stain_over_time_{name}", partial(over_time.over_time, measured, channel)
        if pairs.has_ring(measured, channel):
            yield f"perinuclear_{name}", partial(pairs.perinuclear, measured, channel)
    for first, second in pairs.channel_pairs(measured):
        yield (
            f"channels_{safe[second]}_against_{safe[first]}",
            partial(pairs.channels, measured, first, second),
        )
    yield "dna_content", partial(dna_content.dna_content, measured)
