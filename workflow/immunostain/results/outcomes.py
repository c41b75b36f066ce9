"""What became of the images of a run: analysed, left out and why, and how many nuclei.

Standard library only: the Snakefile imports this for the mail at the end of a run.
"""

from dataclasses import dataclass, field
from pathlib import Path

from immunostain.images.facts import read_image
from immunostain.results.doubts import doubts_of
from immunostain.results.saturation import saturated
from immunostain.shared.errors import SettingsError


@dataclass(frozen=True)
class Fates:
    """What became of the images.

    Attributes
    ----------
    analysed
        Their ids.
    skipped
        Those left out, and the reason.
    nuclei
        How many were found.
    saturated
        By image what `saturation.saturated` gives, where that is anything.
    doubtful
        By image what `doubts.doubts` says of it, where that is anything.
    """

    analysed: list[str]
    skipped: list[tuple[str, str]]
    nuclei: int
    saturated: dict[str, dict[str, float]] = field(default_factory=dict)
    doubtful: dict[str, list[str]] = field(default_factory=dict)


def fates(results: str, chunks: dict[str, list[str]], refused: dict[str, str]) -> Fates:
    """See from the results what became of each image so far.

    Parameters
    ----------
    results
        The output folder.
    chunks
        The names of each image's chunks.
    refused
        Files that were not even planned, with the reason.
    """
    analysed, skipped, nuclei = [], list(refused.items()), 0
    bright: dict[str, dict[str, float]] = {}
    doubtful: dict[str, list[str]] = {}
    for image, names in chunks.items():
        files = [Path(results, "measurements", image, f"{name}.json") for name in names]
        if not all(file.exists() for file in files):
            continue
        try:
            facts = read_image(files)
        except SettingsError:  # an earlier version wrote them: they are still to be measured again
            continue
        if facts.unreadable:
            skipped.append((image, facts.unreadable))
        else:
            analysed.append(image)
            found = sum(frame.nuclei for frame in facts.frames)
            nuclei += found
            if channels := saturated(facts):
                bright[image] = channels
            if said := doubts_of(facts, found):
                doubtful[image] = said
    return Fates(analysed, skipped, nuclei, bright, doubtful)


def nothing_found(fates: Fates, method: str) -> str | None:
    """Say so if no image of a run has a nucleus: rather a wrong setting or model than the cells.

    Parameters
    ----------
    fates
        What became of the images.
    method
        `segmentation.method` of the settings.
    """
    if fates.nuclei or not fates.analysed:
        return None
    how = "segmentation.unet.model" if method == "unet" else "segmentation.threshold.level"
    return (
        f"No nucleus was found in any image ({len(fates.analysed)} analysed): look at the pictures "
        "in analysis_data/nuclei_area_verification, and check nuclear_channel, "
        f"segmentation.minimum_area and {how}"
    )
