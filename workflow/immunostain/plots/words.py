"""What measures are called in plots, with their units."""

from immunostain.plots.measured import Measured

GREY_VALUES = "grey values"
_WORDS = {
    "mean": ("mean intensity of a nucleus", "Mean intensity"),
    "sum": ("sum over a nucleus", "Sum over a nucleus"),
    "background_corrected_sum": (
        "background-corrected sum over a nucleus",
        "Background-corrected sum",
    ),
}


def measure(kind: str) -> str:
    """Say what is measured, such as ``mean intensity of a nucleus``; its unit is grey values."""
    return _WORDS[kind][0]


def axis_label(kind: str) -> str:
    """Say the same beside an axis, where there is less room."""
    return _WORDS[kind][1]


def total_kind(measured: Measured, channel: str) -> str:
    """Say how much of a stain a nucleus has: with the background taken off where that is known."""
    corrected = "background_corrected_sum"
    return corrected if measured.has(f"{channel}_{corrected}") else "sum"


def nuclei_note(measured: Measured) -> str:
    """Say that a nucleus of a timelapse counts in each of its frames, where there are any."""
    return "; a nucleus counts in each frame of a timelapse" if measured.timelapses else ""
