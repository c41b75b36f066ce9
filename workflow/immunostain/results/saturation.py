"""In which images so many pixels are saturated that sums of a stain are lower bounds.

Standard library only: the mail at the end of a run says it, too.
"""

from immunostain.images.facts import MeasuredFile

WORTH_TELLING = 0.01  # of the nuclear pixels


def saturated(facts: MeasuredFile) -> dict[str, float]:
    """Give the channels of an image in which saturation matters.

    Parameters
    ----------
    facts
        What is known of the image.

    Returns
    -------
    dict
        By channel which share of the pixels of all frames' nuclei is saturated, 0 to 1; only those
        above `WORTH_TELLING`.
    """
    area = sum(frame.nuclear_area_px for frame in facts.frames)
    counts = dict.fromkeys(facts.channels, 0)
    for frame in facts.frames:
        for channel, signal in frame.signal.items():
            counts[channel] += signal.nuclear_saturated_px
    return {channel: n / area for channel, n in counts.items() if n > WORTH_TELLING * area}
