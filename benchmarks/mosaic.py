"""Measure what one large mosaic costs the workflow, by method.

A mosaic of tiles of 2000 x 2000 pixels, 16 bit, is made and analysed.
"""

import argparse
import tempfile
from pathlib import Path

from runs import WORKFLOW, analyse, print_rules
from synthetic import make_mosaic

TILE = 2000


def main() -> None:
    """Make the mosaic, run the workflow on it and print what it used."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--methods", nargs="+", default=["threshold", "unet"])
    parser.add_argument("--side", type=int, default=20_000, help="pixels")
    parser.add_argument("--channels", type=int, default=2)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--snakefile", type=Path, default=WORKFLOW / "workflow" / "Snakefile")
    parser.add_argument("--folder", type=Path, help="keeps the image for the next time")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (arguments.folder or Path(temporary)).resolve()
        side, channels = arguments.side, arguments.channels
        images = folder / f"seed{arguments.seed}" / f"mosaic_{side}_{channels}"
        made = make_mosaic(images / "mosaic.czi", side, TILE, channels, arguments.seed)
        for method in arguments.methods:
            with tempfile.TemporaryDirectory(dir=folder) as name:
                snakefile = arguments.snakefile.resolve()
                cost = analyse(Path(name), images, method, arguments.cores, snakefile)
                table = (Path(name) / "results" / "inventory.tsv").read_text().splitlines()
            row = dict(zip(*(line.split("\t") for line in table), strict=True))
            print(
                f"\nmethod {method}: {side} x {side} pixels, {channels} channels, about {made} "
                f"nuclei, {row['nuclei']} found; {cost.wall:.0f} s, {cost.cpu:.0f} CPU s"
            )
            print_rules(cost)


if __name__ == "__main__":
    main()
