"""Follow the nuclei of one image over time and write what users see of it."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

from immunostain.czi.image import open_czi
from immunostain.excel.of_movement import EXPLAINED
from immunostain.exports.label_stack import paint_tracks
from immunostain.exports.of_scene import export_scene
from immunostain.images.eight_bit import brightness_range, to_8_bit
from immunostain.images.facts import FileFacts
from immunostain.images.runs import runs_of
from immunostain.measuring.shapes import centres
from immunostain.measuring.stains import sum_per_label
from immunostain.movement import lineage_plot, motility, plots_of_image
from immunostain.pictures import of_tracks
from immunostain.pictures.annotate import letter_size
from immunostain.pictures.movie import movie_size, time_stamps, write_movie
from immunostain.pictures.of_tracks import draw_tracks, moments
from immunostain.pictures.paths import paths
from immunostain.pictures.png import write_png
from immunostain.results import stat_tables, writers
from immunostain.results.figures import save
from immunostain.shared.errors import ImageError
from immunostain.shared.left_out import pixels_that_count
from immunostain.shared.pace import counted
from immunostain.tracking.drift import stage_drift
from immunostain.tracking.link import link_nuclei
from immunostain.tracking.scene import TrackedScene, tracked_scenes
from immunostain.tracking.settings import LinkingSettings, TrackingSettings
from immunostain.tracking.table import track_table

log = logging.getLogger("immunostain")

_BRIGHTNESS = "nuclear_stain_mean"  # the column that linking compares
_LOOKED_AT = 9  # frames, for a movie's brightness
_BLACK_AND_WHITE = 0.1, 99.9  # percentiles


def follow_nuclei(
    path: str,
    image_id: str,
    facts: FileFacts,
    label_folders: list[str],
    settings: TrackingSettings,
    z_projection: str | int,
    folder: Path,
    track_file: str,
    threads: int,
) -> None:
    """Track the nuclei of an image and write its tables, plots, pictures, movies and exports.

    Parameters
    ----------
    path, image_id
        The .czi file and its id.
    facts
        What is known of all its chunks together.
    label_folders
        The folders of label images.
    settings
        What is asked for.
    z_projection
        As in config.yaml.
    folder
        Where all that users see goes.
    track_file
        Where the table of tracks goes for the steps that follow.
    threads
        How many scenes, movies and exports are worked on at a time.

    Raises
    ------
    ImageError
        The search range is in micrometres and the file has no pixel size, or a frame is damaged.
    """
    scenes = tracked_scenes(open_czi(path), facts, label_folders, z_projection)
    filled = [scene for scene in scenes if scene.frames]  # others lack planes
    with ThreadPoolExecutor(threads) as pool:
        nuclei = pd.concat(pool.map(_nuclei, filled), ignore_index=True)
    drift = _drift(scenes) if settings.drift_correction else None
    linked = _link(nuclei, settings.linking(facts.pixel_size_um), drift)
    table = track_table(linked, facts.pixel_size_um)
    _write_tables(folder, image_id, track_file, table, drift)
    still = track_table(_without_drift(linked, drift), facts.pixel_size_um)
    _write_motility(folder, image_id, still)
    with ThreadPoolExecutor(threads) as pool:
        tasks = []
        for scene in filled:
            name = f"{image_id}_s-{scene.number}" if len(scenes) > 1 else image_id
            mine = linked[linked["scene"] == scene.number]
            seen = (table[table["scene"] == scene.number], mine["area_px"], settings.movie)
            exported = (mine, settings.exports, Path(path))
            tasks.append(pool.submit(_write_pictures, folder, name, scene, *seen))
            tasks.append(pool.submit(export_scene, folder / "exports", name, scene, *exported))
        for task in tasks:
            task.result()  # raises what went wrong


def _nuclei(scene: TrackedScene) -> pd.DataFrame:
    """Measure what tracking needs: places and areas as in the tables of nuclei, and brightness."""
    parts = []
    for frame, time in zip(scene.frames, scene.times_s, strict=True):
        nuclei = runs_of(scene.label_image(frame))
        area, x, y = centres(nuclei)
        sums = sum_per_label(nuclei, scene.picture(frame))[1:]
        part = {"nucleus_id": np.arange(len(area)), "x_px": x, "y_px": y, "area_px": area}
        part[_BRIGHTNESS] = sums / area
        part["time_s"] = np.full(len(area), np.nan if time is None else time)
        parts.append(pd.DataFrame(part).assign(scene=scene.number, frame=frame))
    return pd.concat(parts, ignore_index=True)


def _link(
    nuclei: pd.DataFrame, settings: LinkingSettings, drift: pd.DataFrame | None
) -> pd.DataFrame:
    """Link nuclei where they would be had the stage stood still."""
    linked = link_nuclei(_without_drift(nuclei, drift), settings, _BRIGHTNESS)
    return linked.assign(x_px=nuclei["x_px"], y_px=nuclei["y_px"])


def _drift(scenes: list[TrackedScene]) -> pd.DataFrame:
    """Give ``drift_x_px, drift_y_px`` for each scene and frame."""
    parts = []
    for scene in scenes:
        moved = stage_drift(scene.picture(frame) for frame in scene.frames)
        table = pd.DataFrame(moved, columns=["drift_x_px", "drift_y_px"])
        parts.append(table.assign(scene=scene.number, frame=scene.frames))
    return pd.concat(parts, ignore_index=True)


def _without_drift(nuclei: pd.DataFrame, drift: pd.DataFrame | None) -> pd.DataFrame:
    """Move nuclei to where they would be had the stage stood still."""
    if drift is None:
        return nuclei
    moved = nuclei[["scene", "frame"]].merge(drift, "left", on=["scene", "frame"])
    x, y = (nuclei[f"{a}_px"] - moved[f"drift_{a}_px"].to_numpy() for a in "xy")
    return nuclei.assign(x_px=x, y_px=y)


def _write_tables(
    folder: Path, image_id: str, track_file: str, table: pd.DataFrame, drift: pd.DataFrame | None
) -> None:
    if drift is not None:
        table = table.merge(drift, "left", on=["scene", "frame"])
    writers.write_csv(track_file, table)
    writers.write_csv(str(folder / f"{image_id}_tracks.csv"), table)
    movement = stat_tables.movement_stat(table)
    path = str(folder / f"{image_id}_movement_stat.xlsx")
    writers.write_xlsx(path, movement, "movement", EXPLAINED["movement_stat"])


def _write_motility(folder: Path, image_id: str, table: pd.DataFrame) -> None:
    msds = motility.track_msds(table)
    measured, ensemble = motility.motility_table(table, msds), motility.ensemble_msd(msds)
    writers.write_csv(str(folder / f"{image_id}_motility.csv"), measured)
    writers.write_csv(str(folder / f"{image_id}_msd.csv"), ensemble)
    figures = {
        "rose": plots_of_image.rose(table, image_id),
        "speeds": plots_of_image.speeds(measured, image_id),
        "msd": plots_of_image.msd_curves(msds, ensemble, image_id),
    }
    if table["parent_track_id"].notna().any():
        figures["lineages"] = lineage_plot.family_trees(table, image_id)
    for name, figure in figures.items():
        save(figure, folder / f"{image_id}_{name}.png")


def _write_pictures(
    folder: Path,
    name: str,
    scene: TrackedScene,
    tracks: pd.DataFrame,
    areas: pd.Series,
    with_movie: bool,
) -> None:
    """Draw the paths of all nuclei on the last frame, and the movie.

    Where a frame can't be read a second time, as happens on network drives, they are left out.
    """
    try:
        _write_paths(folder, name, scene, tracks, areas)
        if with_movie:
            _write_movie(folder / f"{name}_movie.mp4", scene, tracks, areas.to_numpy())
    except ImageError as error:
        log.exception("%s: pictures and movie were left out: %s", name, error)


def _write_paths(
    folder: Path, name: str, scene: TrackedScene, tracks: pd.DataFrame, areas: pd.Series
) -> None:
    last = scene.picture(scene.frames[-1])
    places = {
        int(part["track_id"].iloc[0]): list(zip(part["x_px"], part["y_px"], strict=True))
        for _, part in tracks.groupby("track_id")
    }
    letters = letter_size(areas.to_numpy(), scene.shape)
    drawn = paths(to_8_bit(last, *brightness_range(last)), places, letters)
    write_png(folder / f"{name}_overall_movement.png", drawn)


def _write_movie(path: Path, scene: TrackedScene, tracks: pd.DataFrame, areas: np.ndarray) -> None:
    shape = movie_size(scene.shape, len(scene.frames))
    most = int(tracks["track_id"].max()) if len(tracks) else 0
    style = of_tracks.style(areas, most, scene.shape, shape)
    # One range for all frames, so that the movie doesn't flicker; medians, as one bright frame
    # would make all others dark.
    some = np.unique(np.linspace(0, len(scene.frames) - 1, _LOOKED_AT).astype(int))
    seen = [pixels_that_count(scene.picture(scene.frames[index])) for index in some]
    ranges = [np.percentile(pixels, _BLACK_AND_WHITE) for pixels in seen if pixels.size]
    low, high = np.median(ranges, axis=0) if ranges else (0.0, 0.0)
    by_frame = dict(iter(tracks.groupby("frame")[["nucleus_id", "track_id"]]))
    none = tracks[["nucleus_id", "track_id"]].iloc[:0]

    def drawn() -> Iterator[np.ndarray]:
        for frame, moment in zip(scene.frames, moments(tracks, scene.frames), strict=True):
            picture = to_8_bit(scene.picture(frame), low, high)
            ids = by_frame.get(frame, none).to_numpy()
            masks = paint_tracks(scene.label_image(frame), *ids.T)
            yield draw_tracks(picture, masks, moment, shape, style)

    shown = counted(drawn(), len(scene.frames), "frames of the movie", log)
    write_movie(path, shown, time_stamps(scene.frames, scene.times_s))
