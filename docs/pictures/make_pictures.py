"""Make the pictures of README.md from the results of `make example`.

python docs/pictures/make_pictures.py [RESULTS_FOLDER] [WHERE_THEY_GO]
"""

import sys
from pathlib import Path

import av
from PIL import Image

HERE = Path(__file__).parent
SIDE = 400  # pixels; README.md shows two pictures beside each other
COLOURS = 256
ROUNDS = 8  # in which colours are moved to where most pixels are, so that thin lines keep theirs
STILL = "analysis_data/nuclei_area_verification/still_1/still_1_color_t-0.png"
MOVIE = "analysis_data/movement_tracking/timelapse_1_movie.mp4"
FRAME = 13  # of the movie: some time after a nucleus has divided


def frame_of(movie: Path, number: int) -> Image.Image:
    """Read a frame of a movie, counted from 0.

    Raises
    ------
    ValueError
        The movie is shorter.
    """
    with av.open(movie) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index == number:
                return frame.to_image()
    raise ValueError(f"{movie} has no frame {number}")


def write_small(picture: Image.Image, path: Path) -> None:
    """Write a picture as PNG, `SIDE` pixels wide, in so few colours that it is half as large."""
    size = (SIDE, round(picture.height * SIDE / picture.width))
    scaled = picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    few = scaled.quantize(COLOURS, kmeans=ROUNDS, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


def make_pictures(results: Path, folder: Path) -> None:
    """Write ``verification.png`` and ``tracks.png``.

    Parameters
    ----------
    results
        The output folder of a run on the example images.
    folder
        Where the pictures go.
    """
    with Image.open(results / STILL) as still:
        write_small(still, folder / "verification.png")
    write_small(frame_of(results / MOVIE, FRAME), folder / "tracks.png")


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:3]]
    make_pictures(*given, *[Path("results"), HERE][len(given) :])
