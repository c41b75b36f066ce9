"""Damage .czi files in many ways and see that each is read or refused with a sentence.

    .venv/bin/python benchmarks/fuzz_czi.py FOLDER [--count 10000] [--first 0] [--keep FOLDER]

Prints how many were read and refused, the longest time and the highest memory, and every file that
fared badly: its number makes the same damage again. `--keep` writes those files.
"""

import argparse
import random
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "workflow"), str(ROOT / "tests")]

from fuzz_czi import Fate, damaged, fates  # noqa: E402

from immunostain.czi.standard_view import standard_views  # noqa: E402

LARGEST_BYTES = 5_000_000
AT_A_TIME = 50


def views(contents: list[bytes], folder: Path) -> list[str]:
    """Give aicsimageio's view of files of these contents, as the inventory has it."""
    paths = [folder / f"{number}.czi" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return list(standard_views([str(path) for path in paths]))


def kind(fate: Fate) -> str:
    """Name the sentence by what all of its kind have in common."""
    return fate.outcome if fate.outcome == "read" else re.sub(r"\d+", "#", fate.sentence)[:70]


def main() -> None:
    """Print what became of the files."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--count", type=int, default=10_000)
    options.add_argument("--first", type=int, default=0)
    options.add_argument("--keep", type=Path)
    asked = options.parse_args()
    files = [p for p in sorted(asked.folder.glob("*.czi")) if p.stat().st_size <= LARGEST_BYTES]
    kinds: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    slowest = highest = no_view = 0.0
    with tempfile.TemporaryDirectory() as scratch:
        for number in range(asked.first, asked.first + asked.count, AT_A_TIME):
            numbers = range(number, min(number + AT_A_TIME, asked.first + asked.count))
            sources = [random.Random(-n - 1).choice(files) for n in numbers]
            contents = [damaged(p.read_bytes(), n) for p, n in zip(sources, numbers, strict=True)]
            found = list(fates(contents, Path(scratch)))
            seen = [n for n, fate in enumerate(found) if fate.outcome == "read"]
            no_view += sum(
                "no answer" in view or "SIG" in view
                for view in views([contents[n] for n in seen], Path(scratch))
            )
            for n, source, content, fate in zip(numbers, sources, contents, found, strict=True):
                outcomes[fate.outcome] += 1
                kinds[kind(fate)] += 1
                slowest = max(slowest, fate.seconds)
                highest = max(highest, fate.peak_memory_bytes)
                if not fate.well:
                    print(f"BAD: {source.name}, damage {n}: {fate.outcome}: {fate.sentence}")
                    if asked.keep:
                        asked.keep.mkdir(parents=True, exist_ok=True)
                        (asked.keep / f"{n}_{source.name}").write_bytes(content)
            print(f"{numbers[-1] + 1 - asked.first}: {dict(outcomes)}", flush=True)
    for sentence, count in kinds.most_common(40):
        print(f"{count:6}  {sentence}")
    print(f"longest {slowest:.1f} s, highest memory {highest / 1e6:.0f} MB")
    print(f"aicsimageio ended or gave no answer for {no_view:.0f} files")


if __name__ == "__main__":
    main()
