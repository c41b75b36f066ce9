"""Tables and plots of how the nuclei of all images move."""

from pathlib import Path

import pandas as pd

from immunostain.excel.of_movement import EXPLAINED
from immunostain.movement import by_condition, plots_of_conditions
from immunostain.results import figures, writers
from immunostain.samples.sample_sheet import SampleSheet


def write_motility(
    folder: Path,
    movement_folders: dict[str, str],
    sheet: SampleSheet,
    condition: str | None,
) -> None:
    """Write tables and plots of all tracks, by image and by condition.

    Parameters
    ----------
    folder
        Where they go.
    movement_folders
        For each image that was tracked, the folder with its ``_motility.csv`` and ``_msd.csv``.
    sheet
        The sample sheet.
    condition
        Its column by which images are compared, None if there is none.

    Raises
    ------
    SettingsError
        The sample sheet has a column that a table has too.
    """

    def read(kind: str) -> dict[str, pd.DataFrame]:
        return {
            image: pd.read_csv(Path(place) / f"{image}_{kind}.csv")
            for image, place in movement_folders.items()
        }

    measured, msds = read("motility"), read("msd")
    tracks = by_condition.all_tracks(measured, sheet)
    curves = by_condition.all_msds(msds, sheet)
    images = by_condition.image_summary(measured, msds, sheet)
    written = {"motility_by_track": tracks, "motility_by_image": images, "motility_msd": curves}
    if condition:
        summary = by_condition.condition_summary(images, condition)
        written["motility_by_condition"] = summary
    for name, table in written.items():
        writers.write_csv(str(folder / f"{name}.csv"), table)
        sheet_name = name.removeprefix("motility_")
        writers.write_xlsx(str(folder / f"{name}.xlsx"), table, sheet_name, EXPLAINED[name])
    by = condition or "image"
    speeds = plots_of_conditions.speeds_by(tracks, by, f"Speeds by {by}")
    figures.save(speeds, folder / "motility_speeds.png")
    displacements = plots_of_conditions.msd_by(curves, by, f"Mean squared displacement by {by}")
    figures.save(displacements, folder / "motility_msd.png")
