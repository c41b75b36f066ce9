"""Images in which the neural network is out of its depth: what a user should look at, and why.

Standard library only: the mail at the end of a run says it, too.
"""

from immunostain.images.facts import FileFacts

# Percent of what the network saw; chosen by benchmarks/notes.py.
FEW_LIKE_NUCLEI_PERCENT = 40.0
LOOK = "look at the verification pictures"


def like_nuclei_percent(facts: FileFacts) -> float | None:
    """Give how much of what the network saw looks like nuclei; None: it was not asked, or none."""
    if facts.like_nuclei_px is None or not facts.seen_px:
        return None
    return round(100 * facts.like_nuclei_px / facts.seen_px, 1)


def doubts(
    nuclei: int,
    like_nuclei_percent: float | None,
    diameter_px: float | None,
    coarse_diameter_px: float | None,
) -> list[str]:
    """Say what is doubtful about the nuclei of an image.

    Parameters
    ----------
    nuclei
        How many were found.
    like_nuclei_percent
        What the function of that name gives.
    diameter_px, coarse_diameter_px
        The sizes of nuclei, see `facts.FileFacts`.

    Returns
    -------
    list of str
        Sentences without a full stop; none if nothing is.
    """
    said = []
    if nuclei and like_nuclei_percent is not None and like_nuclei_percent < FEW_LIKE_NUCLEI_PERCENT:
        said.append(
            "hardly any object looks like a nucleus to the network: it is unsure of most that it "
            f"sees, or its outlines are frayed ({like_nuclei_percent:g} % of the area it sees "
            f"looks like nuclei), so {LOOK}"
        )
    if diameter_px and coarse_diameter_px:
        said.append(
            "the size of nuclei is uncertain: small ones were found, about "
            f"{diameter_px:.0f} pixels wide, but at a coarse look the network sees large things, "
            f"about {coarse_diameter_px:.0f} pixels wide, of which they may be pieces, so {LOOK}, "
            "or give segmentation.unet.nucleus_diameter"
        )
    return said


def doubts_of(facts: FileFacts, nuclei: int) -> list[str]:
    """Say what is doubtful about an image with so many nuclei, see `doubts`."""
    sizes = facts.nucleus_diameter_px, facts.coarse_diameter_px
    return doubts(nuclei, like_nuclei_percent(facts), *sizes)
