"""Measure what a further still and a further frame cost the whole workflow, by method.

Stills of 2048 x 2048 pixels in 3 channels and timelapses of 1024 x 1024 pixels, 16 bit, are made
and analysed, few of them and more of them. What the larger run costs beyond the smaller one,
divided by what it has more, is the price of one; what is left at none is the fixed cost. CPU
seconds and peak memory are those that the kernel (Linux) counted for each process.
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from pylibCZIrw import czi
from scipy import ndimage

WORKFLOW = Path(__file__).resolve().parents[1]
OFFSET, READ_NOISE = 100, 3.0  # camera counts
CHANNELS = ("DAPI", "AF488", "mCher")
STORED = "zstd1:ExplicitLevel=2;PreProcess=HiLoByteUnpack"  # as ZEN does without loss

# Python runs this at the start of every process that finds it on its path; the process then tells
# at its end what it has used. (Snakemake's own benchmark files miss jobs that last a second.)
AT_EXIT = """
import atexit, json, os, resource, sys
def tell():
    used = resource.getrusage(resource.RUSAGE_SELF)
    # Not ru_maxrss: that is at least what the process that started this one had.
    peak = next(int(row.split()[1]) for row in open("/proc/self/status") if "VmHWM" in row)
    told = [os.path.basename(sys.argv[0]), used.ru_utime + used.ru_stime, peak / 1024]
    with open(os.path.join(os.environ["BENCHMARK_FOLDER"], f"{os.getpid()}.json"), "w") as file:
        json.dump(told, file)
atexit.register(tell)
"""


@dataclass
class Cost:
    """What a run used: seconds by the clock, CPU seconds, and those and the peak MB by rule."""

    wall: float
    cpu: float
    by_rule: dict[str, float]
    peak: dict[str, float]


def nucleus(rng: np.random.Generator, radius: float) -> np.ndarray:
    """Draw a textured nucleus, (Y, X), about 1 inside and 0 outside."""
    side = int(2.6 * radius)
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    aspect, angle = rng.uniform(1.05, 1.3), rng.uniform(0, np.pi)
    u = (np.cos(angle) * x + np.sin(angle) * y) / (radius * np.sqrt(aspect))
    v = (np.cos(angle) * y - np.sin(angle) * x) / (radius / np.sqrt(aspect))
    outline = 1 + 0.04 * np.cos(3 * np.arctan2(v, u) + rng.uniform(0, 6))
    grain = ndimage.gaussian_filter(rng.standard_normal((side, side)), max(1, radius / 12))
    texture = 1 + 0.15 * (grain / grain.std()).clip(-2, 3)
    return (np.hypot(u, v) < outline) * texture * (1.2 - 0.3 * np.hypot(u, v))


def places(rng: np.random.Generator, shape: tuple[int, int], radii: np.ndarray) -> np.ndarray:
    """Place discs, (N, 2) as y and x: every fourth touches the one before it, the others don't."""
    found: list[np.ndarray] = []
    while len(found) < len(radii):
        k = len(found)
        place = rng.uniform((0, 0), shape)
        apart = 1.15 * (radii[:k] + radii[k])
        if k % 4 == 3:
            angle = rng.uniform(0, 2 * np.pi)
            step = 0.93 * (radii[k - 1] + radii[k])
            place = found[-1] + step * np.array([np.sin(angle), np.cos(angle)])
            apart[-1] = 0
        if k == 0 or np.all(np.hypot(*(np.array(found) - place).T) >= apart):
            found.append(place)
    return np.array(found)


def light(shape: tuple[int, int], stamps: list[np.ndarray], at: np.ndarray) -> np.ndarray:
    """Lay nuclei on an empty picture, (Y, X); beyond its edge it goes on at the other side."""
    picture = np.zeros(shape, np.float32)
    for stamp, (y, x) in zip(stamps, np.rint(at).astype(int), strict=True):
        rows = (np.arange(stamp.shape[0]) + y - stamp.shape[0] // 2) % shape[0]
        columns = (np.arange(stamp.shape[1]) + x - stamp.shape[1] // 2) % shape[1]
        here = np.ix_(rows, columns)
        picture[here] = np.maximum(picture[here], stamp)
    return ndimage.gaussian_filter(picture, 1.2)


def photograph(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Add a haze that is brighter to one side, and the camera's noise; (Y, X) uint16."""
    haze = np.linspace(20, 60, picture.shape[1], dtype=np.float32)
    counts = rng.poisson(picture + haze) + rng.normal(OFFSET, READ_NOISE, picture.shape)
    return np.rint(counts).clip(0, 65535).astype(np.uint16)


def write_czi(path: Path, planes: dict[tuple[int, int], np.ndarray], channels: int) -> None:
    """Write planes (Y, X) by T and C."""
    with czi.create_czi(str(path), compression_options=STORED) as file:
        for (t, c), plane in planes.items():
            file.write(plane[..., None], plane={"T": t, "Z": 0, "C": c}, scene=0)
        names = dict(enumerate(CHANNELS[:channels]))
        file.write_metadata(path.stem, channel_names=names, scale_x=1.3e-7, scale_y=1.3e-7)


def make_stills(folder: Path, count: int, seed: int) -> None:
    """Make stills, all different: two pictures, turned and shifted."""
    wanted = [folder / f"still_{number:02d}.czi" for number in range(count)]
    if all(path.exists() for path in wanted):
        return
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    shape, bases = (2048, 2048), []
    for _ in range(2):
        radii = rng.uniform(50, 80, 40)
        at = places(rng, shape, radii)
        stamps = [nucleus(rng, radius) for radius in radii]
        stains = [stamps] + [[s * rng.uniform(0.2, 1.5) for s in stamps] for _ in CHANNELS[1:]]
        bases.append([photograph(rng, 800 * light(shape, stain, at)) for stain in stains])
    for number, path in enumerate(wanted):
        shift = tuple(rng.integers(0, 2048, 2))
        turned = [np.rot90(np.roll(p, shift, (0, 1)), number // 2 % 4) for p in bases[number % 2]]
        write_czi(path, {(0, c): np.ascontiguousarray(p) for c, p in enumerate(turned)}, 3)


def make_timelapse(folder: Path, frames: int, seed: int) -> None:
    """Make a timelapse of nuclei that wander."""
    path = folder / f"timelapse_{frames}.czi"
    if path.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    shape, radii = (1024, 1024), rng.uniform(13, 17, 40)
    stamps, at = [nucleus(rng, radius) for radius in radii], places(rng, shape, 1.5 * radii)
    speed, planes = rng.normal(0, 1, at.shape), {}
    for t in range(frames):
        planes[t, 0] = photograph(rng, 800 * light(shape, stamps, at))
        speed = 0.9 * speed + rng.normal(0, 0.5, at.shape)
        at = at + speed
    write_czi(path, planes, 1)


def run_workflow(images: Path, scratch: Path, method: str, cores: int, snakefile: Path) -> Cost:
    """Analyse a folder from nothing and give what that used."""
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        place = Path(name)
        (place / "told").mkdir()
        (place / "sitecustomize.py").write_text(AT_EXIT)
        command = [
            *(sys.executable, "-m", "snakemake", "--cores", str(cores), "--directory", name),
            *("--snakefile", str(snakefile)),
            *("--configfile", str(WORKFLOW / "config" / "config.yaml")),
            *("--config", f"input_folder={images}", f"output_folder={place / 'results'}"),
            f"segmentation={{method: {method}}}",
        ]
        told = {"PYTHONPATH": name, "BENCHMARK_FOLDER": str(place / "told")}
        started = time.perf_counter()
        with (place / "console.txt").open("w+") as console:
            process = subprocess.Popen(
                command, stdout=console, stderr=console, env={**os.environ, **told}
            )
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - started
        if process.returncode:
            raise SystemExit(f"the workflow failed:\n{(place / 'console.txt').read_text()}")
        by_rule: dict[str, float] = defaultdict(float)
        peak: dict[str, float] = defaultdict(float)
        for file in (place / "told").iterdir():
            script, seconds, megabytes = json.loads(file.read_text())
            # A job's script is called tmpabc123.split_frames.py.
            rule = script.split(".")[-2] if script.startswith("tmp") else "Snakemake itself"
            peak[rule] = max(peak[rule], megabytes)
            by_rule[rule] += seconds
        cpu = used.ru_utime + used.ru_stime
        by_rule["Snakemake itself"] += cpu - sum(by_rule.values())
        return Cost(wall, cpu, by_rule, peak)


def report(
    what: str, method: str, small: int, few: list[Cost], large: int, more: list[Cost]
) -> tuple[float, float]:
    """Print the price of a further still or frame, of the medians of the repeated runs.

    Gives its wall and CPU seconds.
    """

    def price(low: list[float], high: list[float]) -> tuple[float, float]:
        each = (median(high) - median(low)) / (large - small)
        return each, median(low) - small * each

    def line(name: str, low: list[float], high: list[float], note: str = "") -> None:
        each, fixed = price(low, high)
        print(f"{name:20} {each:14.3f} {fixed:14.2f} {note:>10}")

    print(f"\nmethod {method}: {small} and {large} {what}s, {len(few)} runs of each")
    print(f"{'':20} {'further ' + what:>14} {'fixed':>14} {'peak MB':>10}")
    line("wall seconds", [c.wall for c in few], [c.wall for c in more])
    line("CPU seconds", [c.cpu for c in few], [c.cpu for c in more])
    both = few + more
    rules = sorted({rule for cost in both for rule in cost.by_rule})
    for rule in sorted(rules, key=lambda r: -median(c.by_rule.get(r, 0) for c in more)):
        low, high = ([c.by_rule.get(rule, 0.0) for c in costs] for costs in (few, more))
        line(f"  {rule}", low, high, f"{max(c.peak.get(rule, 0) for c in both):.0f}")
    return tuple(
        price([getattr(c, name) for c in few], [getattr(c, name) for c in more])[0]
        for name in ("wall", "cpu")
    )


def main() -> None:
    """Make the images, run the workflow on them and print what it cost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--methods", nargs="+", default=["threshold", "unet"])
    parser.add_argument("--stills", type=int, nargs=2, default=(2, 6), metavar="N")
    parser.add_argument("--frames", type=int, nargs=2, default=(10, 40), metavar="N")
    parser.add_argument("--repeat", type=int, default=1, help="runs of each; medians are printed")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--snakefile", type=Path, default=WORKFLOW / "workflow" / "Snakefile")
    parser.add_argument("--folder", type=Path, help="keeps the images for the next time")
    arguments = parser.parse_args()
    snakefile = arguments.snakefile.resolve()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (arguments.folder or Path(temporary)).resolve()
        images = folder / f"seed{arguments.seed}"
        for what, sizes in (("still", arguments.stills), ("frame", arguments.frames)):
            make = make_stills if what == "still" else make_timelapse
            small, large = sorted(sizes)
            for size in (small, large):
                make(images / f"{what}s_{size}", size, arguments.seed)
            costs: dict[tuple[str, int], list[Cost]] = defaultdict(list)
            # All in turn, so that what else the computer does meets the methods alike.
            for _ in range(arguments.repeat):
                for method, size in itertools.product(arguments.methods, (small, large)):
                    costs[method, size].append(
                        run_workflow(
                            images / f"{what}s_{size}", folder, method, arguments.cores, snakefile
                        )
                    )
            prices = {
                method: report(
                    what, method, small, costs[method, small], large, costs[method, large]
                )
                for method in arguments.methods
            }
            first, *others = arguments.methods
            for other in others:
                wall, cpu = (b / a for a, b in zip(prices[first], prices[other], strict=True))
                print(
                    f"\nA further {what} with {other} takes {wall:.2f} times as long as with "
                    f"{first}, and {cpu:.2f} times the CPU seconds."
                )


if __name__ == "__main__":
    main()
