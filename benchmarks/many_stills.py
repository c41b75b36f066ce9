"""Measure how the workflow does with folders of ever more small stills.

Stills of 512 x 512 pixels in 3 channels, 16 bit, are made. For each folder the plan (a dry run),
the whole run and a run that finds nothing to do are timed.
"""

import argparse
import tempfile
from pathlib import Path

from runs import SNAKEMAKE, WORKFLOW, Cost, analyse
from synthetic import make_small_stills


def print_by_rule(results: dict[int, Cost]) -> None:
    """Print for each rule the CPU seconds per file and the peak memory, by number of files."""
    print(f"\n{'':20} " + " ".join(f"{f'{count} files':>22}" for count in results))
    print(f"{'':20} " + " ".join(f"{'CPU s per file':>14} {'MB':>7}" for _ in results))
    most = results[max(results)]
    for rule in sorted(most.by_rule, key=lambda r: -most.by_rule[r]):
        cells = [
            f"{cost.by_rule.get(rule, 0) / count:14.3f} {cost.peak.get(rule, 0):7.0f}"
            for count, cost in results.items()
        ]
        print(f"{rule:20} " + " ".join(cells))


def main() -> None:
    """Make the stills, plan, run, run again, and print what that took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--method", default="threshold", choices=["threshold", "unet"])
    parser.add_argument("--counts", type=int, nargs="+", default=[10, 100, 1000], metavar="N")
    parser.add_argument("--plan-only", action="store_true", help="only the dry run")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--snakefile", type=Path, default=WORKFLOW / "workflow" / "Snakefile")
    parser.add_argument("--folder", type=Path, help="keeps the images for the next time")
    arguments = parser.parse_args()
    results: dict[int, Cost] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = (arguments.folder or Path(temporary)).resolve()
        how = (arguments.method, arguments.cores, arguments.snakefile.resolve())
        print(f"method {arguments.method}, {arguments.cores} cores")
        print("  files    plan s   no-op s    wall s   per file   CPU s per file   Snakemake MB")
        for count in arguments.counts:
            images = folder / f"seed{arguments.seed}" / f"small_stills_{count}"
            make_small_stills(images, count, arguments.seed)
            with tempfile.TemporaryDirectory(dir=folder) as name:
                plan = analyse(Path(name), images, *how, "--dry-run")
                print(f"{count:7} {plan.wall:9.1f}", end=" ", flush=True)
                if arguments.plan_only:
                    print()
                    continue
                cost = results[count] = analyse(Path(name), images, *how)
                again = analyse(Path(name), images, *how)
                if "Nothing to be done" not in (Path(name) / "console.txt").read_text():
                    raise SystemExit("the second run found something to do")
            print(
                f"{again.wall:9.1f} {cost.wall:9.1f} {cost.wall / count:10.2f} "
                f"{cost.cpu / count:16.2f} {cost.peak[SNAKEMAKE]:14.0f}",
                flush=True,
            )
    if results:
        print_by_rule(results)


if __name__ == "__main__":
    main()
