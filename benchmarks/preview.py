"""Measure how long `snakemake preview` takes, and how much memory all its processes use together.

Four stills of 2048 x 2048 pixels are made, 16 bit, whose nuclei are 20 to 110 pixels wide.
"""

import argparse
import contextlib
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
from runs import WORKFLOW, analyse, print_rules
from synthetic import light, nucleus, photograph, places, write_czi

DIAMETERS = (20, 30, 50, 110)
COVERED, MOST = 0.1, 400  # share of a picture that is nucleus, and nuclei at most
SIDE = 2048


def make_images(folder: Path, seed: int) -> None:
    """Make the stills, one for each diameter."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    for diameter in DIAMETERS:
        count = min(MOST, int(COVERED * SIDE**2 / (np.pi / 4 * diameter**2)))
        radii = rng.uniform(0.4, 0.6, count) * diameter
        stamps = [nucleus(rng, radius) * rng.uniform(0.3, 1) for radius in radii]
        picture = light((SIDE, SIDE), stamps, places(rng, (SIDE, SIDE), 0.8 * radii))
        write_czi(folder / f"nuclei_{diameter}_px.czi", {(0, 0): photograph(rng, 900 * picture)}, 1)


@contextlib.contextmanager
def memory_of_all() -> Iterator[list[float]]:
    """Look every 0.1 s how many MB all processes that were started use; shared ones count once."""
    seen, ended = [0.0], threading.Event()

    def look() -> None:
        while not ended.wait(0.1):
            total = 0
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    total += process.memory_full_info().pss
            seen.append(total / 1e6)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


def main() -> None:
    """Make the images, run the preview on them and print what it used."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--images", type=Path, help="a folder of other .czi files")
    parser.add_argument("--snakefile", type=Path, default=WORKFLOW / "workflow" / "Snakefile")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        images = arguments.images
        if images is None:
            make_images(images := Path(temporary, "images"), arguments.seed)
        for number in range(arguments.repeat):
            place = Path(temporary, f"run{number}")
            place.mkdir()
            how = ("unet", arguments.cores, arguments.snakefile.resolve())
            with memory_of_all() as seen:
                cost = analyse(place, images.resolve(), *how, "--keep-going", "preview")
            page = place / "results" / "preview.html"
            print(
                f"{cost.wall:.1f} s, {cost.cpu:.1f} CPU s on {arguments.cores} cores; "
                f"at most {max(seen):.0f} MB at a time; page: {page.stat().st_size / 1e6:.1f} MB"
            )
            print_rules(cost)


if __name__ == "__main__":
    main()
