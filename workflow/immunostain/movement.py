"""Follow the nuclei of one image over time: its tracks as tables and as a picture."""

from pathlib import Path
from typing import Any

import pandas as pd

from immunostain import czi, pictures, tables, tracks
from immunostain.normalise import brightness_range, to_8_bit
from immunostain.scale import length_in_pixels


def follow_nuclei(
    path: str,
    image_id: str,
    about: dict[str, Any],
    chunks: list[str],
    search_range: float | str,
    memory: int,
    z_projection: str | int,
    folder: Path,
    track_file: str,
) -> None:
    """Track the nuclei of an image and write what users see of it.

    Parameters
    ----------
    path, image_id
        The .czi file and its id.
    about
        What `inventory.read_image` gives.
    chunks
        The CSV tables of nuclei.
    search_range, memory, z_projection
        As in config.yaml.
    folder
        Where the table of tracks, the one for Excel and the picture of the paths go.
    track_file
        Where the table of tracks goes for the steps that follow.

    Raises
    ------
    ImageError
        The search range is in micrometres and the file has no pixel size, or the last frame is
        damaged.
    """
    nuclei = pd.concat([pd.read_csv(chunk) for chunk in chunks], ignore_index=True)
    size = about["pixel_size_um"]
    settings = {"search_range": length_in_pixels(search_range, size), "memory": memory}
    table = tracks.track_table(tracks.link_nuclei(nuclei, settings), size)
    tables.write_csv(track_file, table)
    tables.write_csv(str(folder / f"{image_id}_tracks.csv"), table)
    movement = tables.movement_stat(table)
    tables.write_xlsx(str(folder / f"{image_id}_movement_stat.xlsx"), movement, "movement")
    image = czi.open_czi(path)
    channel = image.channels[czi.find_channel(image.channels, about["nuclear_channel"])]
    for number, mine in _by_scene(table, len(image.scenes)):
        frames = [frame for frame in image.frames if frame.scene == number]
        if not frames:
            continue  # left out, because planes are missing
        picture = czi.read_frame(image, frames[-1], channel, z_projection)
        picture = to_8_bit(picture, *brightness_range(picture))
        areas = nuclei.loc[nuclei["scene"] == number, "area_px"].to_numpy()
        drawn = pictures.paths(picture, mine, pictures.letter_size(areas, picture.shape))
        scene = f"_s-{number}" if len(image.scenes) > 1 else ""
        pictures.write_png(folder / f"{image_id}{scene}_overall_movement.png", drawn)


def _by_scene(
    table: pd.DataFrame, scenes: int
) -> list[tuple[int, dict[int, list[tuple[float, float]]]]]:
    """Give for each scene the places of each track in order of time."""
    by_scene = []
    for number in range(scenes):
        mine = table[table["scene"] == number]
        places = {
            int(track): list(zip(part["x_px"], part["y_px"], strict=True))
            for track, part in mine.groupby("track_id")
        }
        by_scene.append((number, places))
    return by_scene
