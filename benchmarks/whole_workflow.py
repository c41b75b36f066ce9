"""Measure what a further still and a further frame cost the whole workflow, by method.

Stills of 2048 x 2048 pixels in 3 channels and timelapses of 1024 x 1024 pixels, 16 bit, are made
and analysed, few of them and more of them. What the larger run costs beyond the smaller one,
divided by what it has more, is the price of one; what is left at none is the fixed cost. CPU
seconds and peak memory are those that the kernel (Linux) counted for each process.
"""

import argparse
import itertools
import tempfile
from collections import defaultdict
from pathlib import Path
from statistics import median

from runs import WORKFLOW, Cost, run_workflow
from synthetic import make_stills, make_timelapse


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
