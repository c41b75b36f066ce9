"""Measure the least that a still and a frame can cost: reading, a blur, a labelling, a PNG.

The same still and frame as in whole_workflow.py are read and taken through one of each, and Python
is started as often as the workflow starts it for a still.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from runs import WORKFLOW, analyse
from scipy import ndimage
from synthetic import make_stills, make_timelapse

sys.path.insert(0, str(WORKFLOW / "workflow"))

from immunostain.czi.image import open_czi
from immunostain.czi.planes import read_frame
from immunostain.images import eight_bit
from immunostain.pictures import colours
from immunostain.pictures.png import write_png

# What Snakemake puts at the head of each script.
PREAMBLE = "import pickle; from snakemake.logging import logger; import snakemake.iocontainers"


def seconds_of(work: Callable[[], object], repeat: int) -> float:
    """Give the CPU seconds that something takes, the median of some times."""
    taken = []
    for _ in range(repeat):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return median(taken)


def seconds_of_python(code: str, repeat: int) -> float:
    """Give the CPU seconds of a Python that runs some code, the median of some times."""
    taken = []
    for _ in range(repeat):
        process = subprocess.Popen([sys.executable, "-c", code])
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"Python can't run: {code}")
        taken.append(used.ru_utime + used.ru_stime)
    return median(taken)


def jobs_per_still(folder: Path, method: str, snakefile: Path) -> int:
    """Count the jobs that a further still adds to a plan."""
    totals = []
    for count in (1, 2):
        images = folder / f"planned_{count}"
        images.mkdir()
        for number in range(count):
            (images / f"{number}.czi").touch()
        with tempfile.TemporaryDirectory(dir=folder) as name:
            analyse(Path(name), images, method, 1, snakefile, "--dry-run")
            printed = (Path(name) / "console.txt").read_text()
        totals.append(int(re.search(r"^total +(\d+)$", printed, re.MULTILINE)[1]))
    return totals[1] - totals[0]


def floor(path: Path, repeat: int) -> dict[str, float]:
    """Give the CPU seconds of each step for one frame of a file."""
    image = open_czi(str(path))
    planes = [read_frame(image, image.frames[0], c, "max") for c in image.channels]
    grey = [eight_bit.to_8_bit(p, *eight_bit.brightness_range(p)) for p in planes]
    blurred = eight_bit.smooth(grey[0])
    size = path.stat().st_size / len(image.frames)
    none = np.zeros(planes[0].shape, bool)
    colour = colours.colour(grey, 0, none, none)

    def read_bytes() -> None:
        with path.open("rb") as file:
            file.read(int(size))

    def decode() -> None:
        for channel in image.channels:
            read_frame(image, image.frames[0], channel, "max")

    with tempfile.TemporaryDirectory() as name:
        picture = Path(name) / "picture.png"
        times = {
            "reading the bytes": seconds_of(read_bytes, repeat),
            f"decoding ({len(planes)} channels)": seconds_of(decode, repeat),
            "one Gaussian": seconds_of(lambda: eight_bit.smooth(grey[0]), repeat),
            "one labelling": seconds_of(lambda: ndimage.label(blurred > 50), repeat),
        }
        for title, drawn in (("one grey PNG", grey[0]), ("the colour PNG", colour)):
            times[title] = seconds_of(lambda p=drawn: write_png(picture, p), repeat)
    times["all"] = sum(times.values()) + (len(planes) - 1) * times["one grey PNG"]
    return times


def main() -> None:
    """Print what a still and a frame cost at least."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--methods", nargs="+", default=["threshold", "unet"])
    parser.add_argument("--repeat", type=int, default=9, help="times; medians are printed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--snakefile", type=Path, default=WORKFLOW / "workflow" / "Snakefile")
    arguments = parser.parse_args()
    starts = {"Python": "pass", "with Snakemake's preamble": PREAMBLE}
    starts["with numpy too"] = f"{PREAMBLE}; import numpy"
    started = {what: seconds_of_python(code, arguments.repeat) for what, code in starts.items()}
    print("CPU seconds of starting a process")
    for what, seconds in started.items():
        print(f"  {what:28} {seconds:8.3f}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_stills(folder / "stills", 1, arguments.seed)
        make_timelapse(folder / "frames", 2, arguments.seed)
        for what in ("still", "frame"):
            (path,) = (folder / f"{what}s").iterdir()
            times = floor(path, arguments.repeat)
            print(f"\nCPU seconds of a {what}")
            for step, seconds in times.items():
                print(f"  {step:28} {seconds:8.3f}")
            for method in arguments.methods if what == "still" else []:
                jobs = jobs_per_still(folder, method, arguments.snakefile.resolve())
                least = times["all"] + jobs * started["with numpy too"]
                print(f"  {f'and {jobs} processes ({method})':28} {least:8.3f}")
                for planned in folder.glob("planned_*"):
                    planned.rename(folder / f"{method}_{planned.name}")


if __name__ == "__main__":
    main()
