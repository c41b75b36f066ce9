"""The columns of tables of nuclei."""

NUCLEUS_COLUMNS = [
    "scene",
    "frame",
    "time_s",
    "nucleus_id",
    "x_px",
    "y_px",
    "area_px",
    "area_um2",
    "perimeter_px",
    "eccentricity",
    "touches_border",
    "perinuclear_area_px",
]
CHANNEL_COLUMNS = ["sum", "mean", "background_corrected_sum", "perinuclear_sum"]


def column_names(channels: list[str]) -> list[str]:
    """Give the columns of a table of nuclei with these channels."""
    return NUCLEUS_COLUMNS + [f"{name}_{part}" for name in channels for part in CHANNEL_COLUMNS]
