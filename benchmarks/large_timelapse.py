"""Measure memory and how busy the cores are on timelapses of ever more gigabytes.

Timelapses of several scenes of 1024 x 1024 pixels, 16 bit, uncompressed, are made and analysed.
"""

import argparse
import tempfile
from collections import Counter
from pathlib import Path

from runs import WORKFLOW, Cost, analyse, busy, chunks_of, print_rules
from synthetic import make_scenes

SIDE = 1024


def phase_of_chunks(cost: Cost, chunks: int) -> tuple[float, float]:
    """Tell from when to when there were jobs of the rules that run once for each chunk."""
    jobs = Counter(each.rule for each in cost.processes)
    mine = [each for each in cost.processes if jobs[each.rule] == chunks]
    return min(each.started for each in mine), max(each.ended for each in mine)


def print_busy(cost: Cost, chunks: int, cores: int) -> None:
    """Print how busy the cores were, in all and while there were chunks."""
    everything = (
        min(each.started for each in cost.processes),
        max(each.ended for each in cost.processes),
    )
    spans = {"whole run": everything}
    if chunks > 1:
        spans["chunks"] = phase_of_chunks(cost, chunks)
        spans["after the chunks"] = (spans["chunks"][1], everything[1])
    for name, (since, until) in spans.items():
        share = busy(cost.processes, since, until, cores)
        print(f"{name:20} {until - since:9.1f} s, cores busy {share:4.0%}")


def main() -> None:
    """Make the timelapses, run the workflow on them and print what it used."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--method", default="threshold", choices=["threshold", "unet"])
    parser.add_argument("--gigabytes", type=float, nargs="+", default=[0.5, 1, 5], metavar="GB")
    parser.add_argument("--scenes", type=int, default=4)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--snakefile", type=Path, default=WORKFLOW / "workflow" / "Snakefile")
    parser.add_argument("--folder", type=Path, help="keeps the images for the next time")
    arguments = parser.parse_args()
    costs: dict[float, Cost] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = (arguments.folder or Path(temporary)).resolve()
        how = (arguments.method, arguments.cores, arguments.snakefile.resolve())
        for gigabytes in arguments.gigabytes:
            frames = max(2, round(gigabytes * 1e9 / (2 * SIDE * SIDE * arguments.scenes)))
            what = f"{arguments.scenes}_scenes_{frames}_frames"
            images = folder / f"seed{arguments.seed}" / what
            make_scenes(images / f"{what}.czi", arguments.scenes, frames, SIDE, arguments.seed)
            with tempfile.TemporaryDirectory(dir=folder) as name:
                cost = costs[gigabytes] = analyse(Path(name), images, *how)
            chunks, total = chunks_of(images), arguments.scenes * frames
            print(
                f"\n{gigabytes:g} GB: {arguments.scenes} scenes of {frames} frames, "
                f"{chunks} chunks; method {arguments.method}, {arguments.cores} cores: "
                f"{cost.wall:.0f} s, {cost.cpu:.0f} CPU s ({cost.cpu / total:.3f} per frame)"
            )
            print_busy(cost, chunks, arguments.cores)
            print_rules(cost)
            if not arguments.folder:
                (images / f"{what}.czi").unlink()
    print(f"\n{'peak MB':20} " + " ".join(f"{f'{size:g} GB':>8}" for size in costs))
    for rule in sorted({rule for cost in costs.values() for rule in cost.peak}):
        print(f"{rule:20} " + " ".join(f"{cost.peak[rule]:8.0f}" for cost in costs.values()))


if __name__ == "__main__":
    main()
