"""The paths of tracks on the last frame of a timelapse."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from immunostain.pictures.colours import track_colour


def paths(
    picture: np.ndarray, tracks: dict[int, list[tuple[float, float]]], letters: int
) -> np.ndarray:
    """Draw each track in a colour of its own on a picture, its id where it ends.

    Parameters
    ----------
    picture
        (Y, X) uint8, the last frame.
    tracks
        Places (x, y) in pixels in order of time, by track id.
    letters
        Height of the ids' letters in pixels.

    Returns
    -------
    numpy.ndarray
        (Y, X, 3) uint8, enlarged by a whole number where the picture is small, for thin lines.
    """
    scale = max(1, 1000 // max(picture.shape))
    canvas = Image.fromarray(picture).convert("RGB")
    canvas = canvas.resize((canvas.width * scale, canvas.height * scale), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(max(12, letters))
    width = 1 + max(canvas.size) // 700
    ends = []
    for track, places in tracks.items():
        tint = track_colour(track)
        line = [((x + 0.5) * scale - 0.5, (y + 0.5) * scale - 0.5) for x, y in places]
        if len(line) > 1:
            draw.line(line, fill=tint, width=width, joint="curve")
        x, y = line[-1]
        draw.ellipse((x - 2 * width, y - 2 * width, x + 2 * width, y + 2 * width), fill=tint)
        ends.append((track, x + 4 * width, y))
    for track, x, y in ends:  # after all lines, so that none hides an id
        draw.text(
            (x, y), str(track), "white", font, anchor="lm", stroke_width=2, stroke_fill="black"
        )
    return np.asarray(canvas)
